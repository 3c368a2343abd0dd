// All of depix that needs nothing but the compiler. Pictures are in io/image.hpp (stb), data sets in data/ (xtensor).
#pragma once

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/layers/dropout.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/models/depixelizer.hpp"
#include "depix/plan/summary.hpp"
#include "depix/static_inference.hpp"
#include "depix/train/fit.hpp"
#include "depix/train/trainer.hpp"
