// xtensor, included quietly: the one place of depix that names its headers.
#pragma once
// A system header, and whatever it includes, raises no warnings, wherever xtensor is installed and with any flags.
#pragma GCC system_header

#include <xtensor/xadapt.hpp>
#include <xtensor/xmath.hpp>
#include <xtensor/xtensor.hpp>
#include <xtensor/xview.hpp>
