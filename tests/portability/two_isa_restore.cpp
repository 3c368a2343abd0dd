// Compiled twice, with -march=x86-64 and with -march=haswell: see two_isa.hpp.
#include "two_isa.hpp"

#ifdef __AVX2__
#define MAKE make_with_avx2
#else
#define MAKE make_with_sse2
#endif

Made MAKE(const depix::Model<depix::Depixelizer>& model, const depix::Image& image) {
    const depix::Inference<depix::Depixelizer, depix::Cpu> restore{model, 2};
    depix::Model<depix::Depixelizer> copy = model;
    depix::Trainer trainer{copy, depix::MeanSquaredError{}, depix::SGD{}, depix::Cpu{}, 2};
    trainer.gradient(image, image);
    return {restore(image), {trainer.gradients().begin(), trainer.gradients().end()}};
}
