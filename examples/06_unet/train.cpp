#include "train.hpp"

#include "../device.hpp"

namespace example {

// Compiled in other files: each network takes seconds, and only nvcc can compile for a GPU.
extern template int train_unet<16, depix::Cpu>(const TrainOptions&);
extern template int train_unet<16, Cuda>(const TrainOptions&);
extern template int train_unet<32, Cuda>(const TrainOptions&);

}  // namespace example

int example::train(const TrainOptions& options) {
    return on_device(options.device, [&]<class Backend> {
        return options.filters == 16 ? train_unet<16, Backend>(options) : train_unet<32, Backend>(options);
    });
}
