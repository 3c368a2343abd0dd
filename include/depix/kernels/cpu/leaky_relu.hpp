// LeakyReLU, whose kernels are made from its formula.
#pragma once

#include "depix/kernels/cpu/elementwise.hpp"
#include "depix/layers/leaky_relu.hpp"
