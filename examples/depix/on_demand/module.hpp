// DEPIX_MODULE(Network): a network as a module, which the tool loads. The tool writes a source file of some lines that
// includes this one, and compiles it.
#pragma once

#include <algorithm>
#include <cstdio>
#include <exception>
#include <span>
#include <string>
#include <vector>

#include "depix/inference.hpp"
#include "depix/io/safetensors.hpp"
#include "depix/model.hpp"
#include "depix/plan/summary.hpp"
#include "depix/restore/blended_tiles.hpp"
#include "depix/restore/restore.hpp"
#include "module_interface.hpp"

namespace depix_module_code {

using namespace depix;

template <class Function>
bool no_failure(DepixModuleError error, Function function) {
    try {
        function();
        return true;
    } catch (const std::exception& failure) {
        std::snprintf(error.text, error.size, "%s", failure.what());
    } catch (...) {
        std::snprintf(error.text, error.size, "unknown error");
    }
    return false;
}

template <class Network>
struct Functions {
    using Restoring = Inference<Network, Cpu>;
    static constexpr Scaling scale = scale_after<Network>(Scaling{});
    static constexpr bool is_local = receptive_field<Network>() != whole_image;

    static Shape input(int height, int width) { return {Network::in_channels, height, width}; }

    static int output_shape(int height, int width, int* output) {
        Shape shape;
        char unused[1];
        if (!no_failure({unused, 1}, [&] { shape = Network::output(input(height, width)); })) return 0;
        output[0] = shape.channels, output[1] = shape.height, output[2] = shape.width;
        return 1;
    }

    static void* load_weights(const DepixModuleTensor* tensors, std::size_t count, const char* path, int threads,
                              DepixModuleError error) {
        Restoring* network = nullptr;
        no_failure(error, [&] {
            TensorFile file(path, "memory");
            for (const DepixModuleTensor& tensor : std::span(tensors, count)) {
                std::vector<std::size_t> shape(tensor.shape, tensor.shape + tensor.dimensions);
                const std::span values(tensor.values, *element_count(shape));
                file.add(tensor.name, DataType::F32, std::move(shape), std::as_bytes(values));
            }
            Model<Network> model;
            load(model, file);
            network = new Restoring(model, threads);
        });
        return network;
    }

    static int restore_picture(const void* network, const float* picture, int height, int width, float* result,
                               DepixModuleTiles tiles, DepixModuleError error) {
        return no_failure(error, [&] {
            const auto& restoring = *static_cast<const Restoring*>(network);
            Image image(input(height, width));
            std::copy_n(picture, image.pixels.size(), image.pixels.begin());
            const Image restored = restore_cut(restoring, image, tiles);
            std::copy(restored.pixels.begin(), restored.pixels.end(), result);
        });
    }

  private:
    static Image restore_cut(const Restoring& network, const Image& image, DepixModuleTiles tiles) {
        if constexpr (is_local) {
            std::function<void(int, int)> progress;
            if (tiles.progress != nullptr)
                progress = [&](int done, int count) { tiles.progress(tiles.context, done, count); };
            return restore(network, image,
                           Tiles{.size = tiles.size, .jobs = tiles.jobs, .reach = tiles.reach, .progress = progress});
        } else {
            // Tiles of a network that sees the whole picture are blended; one that enlarges has none.
            const int size = round_up(tiles.size, Network::size_multiple);
            const bool whole = size >= (std::max)(image.shape.height, image.shape.width);
            if (whole || scale.up != scale.down) return restore(network, image);
            return restore_by_tiles(network, image, {.size = size, .overlap = size / 4});
        }
    }
};

template <class Network>
inline constexpr DepixModule module_of{
    depix_module_version,
    Network::in_channels,
    Functions<Network>::scale.up,
    Functions<Network>::scale.down,
    Network::size_multiple,
    Functions<Network>::is_local ? receptive_field<Network>() : -1,
    Network::parameter_count,
    &Functions<Network>::output_shape,
    [](int height, int width, int threads) -> std::uint64_t {
        return workspace_bytes<Network, Cpu>(Functions<Network>::input(height, width), threads);
    },
    [](int height, int width) -> std::uint64_t {
        return multiply_adds<Network>(Functions<Network>::input(height, width));
    },
    &Functions<Network>::load_weights,
    [](void* network) { delete static_cast<typename Functions<Network>::Restoring*>(network); },
    &Functions<Network>::restore_picture};

}  // namespace depix_module_code

#define DEPIX_MODULE(Network)                                                     \
    extern "C" [[gnu::visibility("default")]] const DepixModule* depix_module() { \
        return &depix_module_code::module_of<Network>;                            \
    }
