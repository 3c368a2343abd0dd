#include "train.hpp"

#include "../device.hpp"

namespace example {

// Compiled in other files: each network takes seconds, and only nvcc can compile for a GPU.
extern template int train_de_gan<8, 16, depix::Cpu>(const TrainOptions&);
extern template int train_de_gan<8, 16, Cuda>(const TrainOptions&);
extern template int train_de_gan<64, 64, Cuda>(const TrainOptions&);

}  // namespace example

int example::train(const TrainOptions& options) {
    return on_device(options.device, [&]<class Backend> {
        return options.filters == 8 ? train_de_gan<8, 16, Backend>(options) : train_de_gan<64, 64, Backend>(options);
    });
}
