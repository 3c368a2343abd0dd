#include "train.hpp"

#include "../device.hpp"
#include "../ranks.hpp"

namespace example {

// Compiled in other files: each network takes seconds, and only nvcc can compile for a GPU.
extern template int train_networks<AuthorsNetworks<8, 16>, depix::Cpu>(const TrainOptions&, const Settings&);
extern template int train_networks<AuthorsNetworks<64, 64>, depix::Cpu>(const TrainOptions&, const Settings&);
extern template int train_networks<PyTorchNetworks<8, 16>, depix::Cpu>(const TrainOptions&, const Settings&);
extern template int train_networks<PyTorchNetworks<64, 64>, depix::Cpu>(const TrainOptions&, const Settings&);
extern template int train_networks<AuthorsNetworks<8, 16>, Cuda>(const TrainOptions&, const Settings&);
extern template int train_networks<AuthorsNetworks<64, 64>, Cuda>(const TrainOptions&, const Settings&);
extern template int train_networks<PyTorchNetworks<8, 16>, Cuda>(const TrainOptions&, const Settings&);
extern template int train_networks<PyTorchNetworks<64, 64>, Cuda>(const TrainOptions&, const Settings&);

}  // namespace example

int example::train(const TrainOptions& options) {
    const Settings settings = settings_of(options.recipe, options.changes);
    if (is_rank()) {
#ifdef DEPIX_WITH_MPI
        return train_on_ranks(options, settings);
#endif
    }
    return on_device(options.device, [&]<class Backend> {
        if (options.recipe == Recipe::PyTorch)
            return options.filters == 8 ? train_networks<PyTorchNetworks<8, 16>, Backend>(options, settings)
                                        : train_networks<PyTorchNetworks<64, 64>, Backend>(options, settings);
        return options.filters == 8 ? train_networks<AuthorsNetworks<8, 16>, Backend>(options, settings)
                                    : train_networks<AuthorsNetworks<64, 64>, Backend>(options, settings);
    });
}
