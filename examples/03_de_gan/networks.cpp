#include "networks.hpp"

#include <string>

#include "../device.hpp"
#include "depix/io/safetensors_file.hpp"
#include "load.hpp"

namespace example {

// Only cuda.cu can compile these.
extern template depix::AnyRestorer load_generator<depix::DeGanGenerator<8>, Cuda>(const std::filesystem::path&, int,
                                                                                  depix::ValueRange);
extern template depix::AnyRestorer load_generator<depix::DeGanGenerator<64>, Cuda>(const std::filesystem::path&, int,
                                                                                   depix::ValueRange);
extern template depix::AnyRestorer load_generator<NarrowGenerator, Cuda>(const std::filesystem::path&, int,
                                                                         depix::ValueRange);
extern template depix::AnyRestorer load_generator<depix::DeGanPyTorchGenerator<8>, Cuda>(const std::filesystem::path&,
                                                                                         int, depix::ValueRange);
extern template depix::AnyRestorer load_generator<depix::DeGanPyTorchGenerator<64>, Cuda>(const std::filesystem::path&,
                                                                                          int, depix::ValueRange);
extern template depix::AnyRestorer load_binarizer<Cuda>(const std::filesystem::path&, int);

}  // namespace example

depix::AnyRestorer example::load_network(const std::filesystem::path& weights, int threads, const std::string& device) {
    const auto file = depix::SafetensorsFile::read(weights.string());
    // The number of output channels of a convolution that every generator of its kind has.
    const auto channels = [&](const char* name) -> std::size_t {
        return file.contains(name) && !file.shape(name).empty() ? file.shape(name)[0] : 0;
    };
    const std::size_t filters = channels("conv1.0.weight"), widest = channels("conv5.0.weight");
    const std::size_t pytorch_filters = channels("downs.0.conv.0.weight");
    constexpr depix::ValueRange plain{}, with_sign{-1, 1};
    return on_device(device, [&]<class Backend>() -> depix::AnyRestorer {
        if (filters == 8 && widest == 128)
            return load_generator<depix::DeGanGenerator<8>, Backend>(weights, threads, plain);
        if (filters == 64 && widest == 1024)
            return load_generator<depix::DeGanGenerator<64>, Backend>(weights, threads, plain);
        if (filters == 64 && widest == 512) return load_generator<NarrowGenerator, Backend>(weights, threads, plain);
        if (pytorch_filters == 8)
            return load_generator<depix::DeGanPyTorchGenerator<8>, Backend>(weights, threads, with_sign);
        if (pytorch_filters == 64)
            return load_generator<depix::DeGanPyTorchGenerator<64>, Backend>(weights, threads, with_sign);
        if (file.contains("quarter.eighth.farthest.conv2.weight")) return load_binarizer<Backend>(weights, threads);
        if (filters > 0 || pytorch_filters > 0)
            throw depix::FileError(
                weights.string(),
                "is of a generator with " + std::to_string(filters + pytorch_filters) + " filters" +
                    (filters > 0 ? " and " + std::to_string(widest) + " channels at the bottom" : "") +
                    "; this program has generators of 8 and 64, with 16 times as many at the bottom "
                    "(for the authors' 64 also 512)");
        throw depix::FileError(weights.string(),
                               "is of no generator of DE-GAN: it has neither conv1.0.weight nor downs.0.conv.0.weight; "
                               "nor is it of the binarizer");
    });
}
