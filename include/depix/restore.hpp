// Includes all of restore/, which restores pictures of any size. This file is older than the folder; programs that
// include it keep working.
#pragma once

#include "depix/restore/any_restorer.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/restore/flips.hpp"
#include "depix/restore/restore.hpp"
