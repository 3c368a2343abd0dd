// Architecture: a network as the tool sees it. A network is a type. Here it becomes a value, so that a command can
// choose one when it runs. Each network is compiled in its own file.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "commands.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/shape.hpp"
#include "depix/tensor.hpp"
#include "embed/embedded_network.hpp"

namespace tool {

struct EmbeddedInt8;

enum class Backend { Cpu, Reference };

/// How a picture is cut.
struct Tiles {
    int size = 512;                                          // side, in pixels of the input
    int jobs = 1;                                            // tiles at the same time; always 1 for a blended network
    int reach = 0;                                           // that tiles see around them; 0: all that they depend on
    std::function<void(int done, int count)> progress = {};  // what it throws ends the restoring
};

/// A network with its weights. Const calls are safe from many threads at once.
class Restorer {
  public:
    Restorer() = default;
    Restorer(const Restorer&) = delete;
    Restorer& operator=(const Restorer&) = delete;
    virtual ~Restorer() = default;

    /// Takes a picture of any size with the architecture's channels, and the mask's if it takes one, and values 0..1.
    /// Returns one of `scale` times its size, not yet clamped.
    virtual depix::Image restore(const depix::Image& image, Tiles tiles) const = 0;
};

/// How pictures are cut. Exact: a tile includes everything that its part of the result depends on, so that tiles change
/// nothing. Blended: tiles have the size that the network was trained on, and overlap by a quarter. Whole: the picture
/// is not cut.
enum class TileKind { Exact, Blended, Whole };

/// What is known of a network from its type, without weights.
struct Architecture {
    std::string name;
    std::string about;
    std::string type;         // as depix::identify writes it; empty for depix's own
    int channels = 3;         // of its pictures: 1 or 3
    bool takes_mask = false;  // it fills holes, and takes the mask as one more channel
    int scale = 1;
    int size_multiple = 1;
    int receptive_field = 0;
    TileKind tiles = TileKind::Exact;
    int reach = 0;    // that its tiles see around them at most; 0: all that they depend on
    float black = 0;  // in the network's output; white is 1
    std::size_t parameters = 0;

    // All shapes are those of pictures whose sides divide by size_multiple.
    std::function<std::size_t(depix::Shape, Backend, int threads)> workspace_bytes = {};
    std::function<std::size_t(depix::Shape)> multiply_adds = {};
    std::string (*summary)(depix::Shape) = nullptr;

    /// Throws depix::FileError if the weights are another network's. Each call uses `threads` threads. `noise` is the
    /// standard deviation, of pictures in 0..1, for networks that want to be told.
    std::function<std::unique_ptr<const Restorer>(const depix::TensorFile&, Backend, int threads, float noise)> load =
        {};

    /// The weights under this network's names, from a file whose names say nothing (depix::in_order_of). Throws
    /// depix::FileError if they are another network's. Null for networks whose weights are never in such files.
    depix::TensorFile (*in_order)(const depix::TensorFile&) = nullptr;

    /// Runs the network on a picture with its channels and with sides that divide by size_multiple, and calls the
    /// visitor after every layer, as depix::observe does. Returns the filters of the first layer, (Out, In, K, K), or
    /// nothing if that is no convolution. Throws depix::FileError as `load` does. Null for published networks, and for
    /// those that take a mask.
    using LayerVisitor = std::function<void(std::string_view name, std::string_view kind, depix::View<const float>)>;
    depix::Tensor<float> (*observe)(const depix::TensorFile&, Backend, int threads, const depix::Image&,
                                    const LayerVisitor&) = nullptr;

    /// The network with its weights as a value. Throws depix::FileError as `load` does.
    EmbeddedNetwork (*embed)(const depix::TensorFile&) = nullptr;

    /// The same in 8-bit integers, calibrated with these pictures (embed/quantize.hpp). Null for most networks.
    EmbeddedInt8 (*quantize)(const depix::TensorFile&, std::span<const depix::Image>) = nullptr;

    /// Null if the tool does not train it. `start` holds the weights to begin with, or is null.
    using Train = int (*)(const TrainOptions&, const depix::TensorFile* start);
    Train train = nullptr;

    /// The shape with its sides rounded up to size_multiple.
    depix::Shape padded(depix::Shape image) const {
        return {image.channels, depix::round_up(image.height, size_multiple),
                depix::round_up(image.width, size_multiple)};
    }
};

// The files in architectures/ are compiled once for each instruction set (instruction_set.hpp), each time into a
// namespace of its own: without it the linker would take one of them for all.
#ifndef DEPIX_TOOL_LEVEL
#define DEPIX_TOOL_LEVEL native
#endif
inline namespace DEPIX_TOOL_LEVEL {

// Each is defined in its own file in architectures/.
Architecture denoiser();
Architecture enlarger();
Architecture inpainter();
Architecture depixelizer();
Architecture text_restorer();
Architecture documents_autoencoder();
Architecture page_cleaner();
Architecture binarizer();
Architecture unet_16();
Architecture unet_32();
Architecture de_gan_8();
Architecture de_gan_pytorch_8();
Architecture srresnet_small();

// Published networks, for weights that others trained: several of a family in each file of architectures/published/.
std::vector<Architecture> compact();
std::vector<Architecture> compact_32();
std::vector<Architecture> upconv_7();
std::vector<Architecture> rrdbnet();
std::vector<Architecture> span();
std::vector<Architecture> denoising();

/// All of them, in the order in which `depix list` shows them.
std::vector<Architecture> all_architectures();

int train_depixelizer(const TrainOptions& options, const depix::TensorFile* start);
#ifdef DEPIX_TOOL_ALL_NETWORKS
int train_page_cleaner(const TrainOptions& options, const depix::TensorFile* start);
int train_unet_16(const TrainOptions& options, const depix::TensorFile* start);
int train_srresnet_small(const TrainOptions& options, const depix::TensorFile* start);
#else  // the tests train one
inline constexpr Architecture::Train train_page_cleaner = nullptr, train_unet_16 = nullptr,
                                     train_srresnet_small = nullptr;
#endif

}  // namespace DEPIX_TOOL_LEVEL
}  // namespace tool
