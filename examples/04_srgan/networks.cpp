#include "networks.hpp"

#include "../device.hpp"
#include "foreign.hpp"

depix::AnyRestorer example::load_network(const Choice& generator, const std::filesystem::path& weights, int threads,
                                         const std::string& device) {
    return on_device(device, [&]<class Backend> {
        if (generator.width == Width::Foreign && generator.network == Architecture::SRResNet && generator.channels == 3)
            return load_generator<ForeignSrgan, Backend>(weights, threads);
        return with_generator(generator,
                              [&]<class Generator> { return load_generator<Generator, Backend>(weights, threads); });
    });
}
