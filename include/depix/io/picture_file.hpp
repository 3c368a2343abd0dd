// The former name of image_file.hpp. Programs that include this file keep working.
#pragma once

#include "depix/io/image_file.hpp"
