#include "depix/models/denoiser.hpp"
#include "make_architecture.hpp"

tool::Architecture tool::denoiser() {
    return make_architecture<depix::Denoiser>("denoiser", "photographs: a residual U-Net of depix's own");
}
