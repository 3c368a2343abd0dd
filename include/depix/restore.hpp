// Pictures of any size: all of restore/. Whoever knew these files before they had a folder finds them here.
#pragma once

#include "depix/restore/any_restorer.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/restore/flips.hpp"
#include "depix/restore/restore.hpp"
