// Pictures of any size: all of restore/. Programs that include this file, which is older than the folder, keep working.
#pragma once

#include "depix/restore/any_restorer.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/restore/flips.hpp"
#include "depix/restore/restore.hpp"
