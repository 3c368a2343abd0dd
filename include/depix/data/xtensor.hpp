// xtensor, included without its warnings. This is the only file of depix that includes its headers.
#pragma once
// A system header and all that it includes cause no warnings, wherever xtensor is installed and with any flags.
#pragma GCC system_header

#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
