#include "networks.hpp"

#include "../device.hpp"
#include "foreign.hpp"

depix::AnyRestorer example::load_network(const Choice& generator, const std::filesystem::path& weights,
                                         const std::string& device, int threads) {
    return on_device(device, [&]<class Backend> {
        if (generator.width == Width::Foreign && generator.network == Architecture::SRResNet && generator.channels == 3)
            return load_generator<ForeignSrgan, Backend>(weights, threads);
        return with_generator(generator, [&]<class G> { return load_generator<G, Backend>(weights, threads); });
    });
}
