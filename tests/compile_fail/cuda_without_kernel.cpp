// A layer for which the GPU has no kernel must not silently run on the host.
// expect: depix: this backend has no kernel for this layer
// expect: Kernel<.*CudaWith<.*Float32.*Negate
#include <depix/cuda/inference.cuh>
using namespace depix;

struct Negate : LayerBase<Negate> {
    static constexpr const char* name = "Negate";
    static constexpr Traits traits{.elementwise = true};
};

void restore(const Model<Sequential<Conv<3, 3>, Negate>>& model, const Image& image) {
    Inference<Sequential<Conv<3, 3>, Negate>, Cuda>{model}(image);
}
