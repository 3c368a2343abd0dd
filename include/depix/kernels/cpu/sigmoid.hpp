// Sigmoid, whose kernels are made from its formula.
#pragma once

#include "depix/kernels/cpu/elementwise.hpp"
#include "depix/layers/sigmoid.hpp"
