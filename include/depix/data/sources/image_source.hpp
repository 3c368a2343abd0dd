// Picture source: a user's own photographs, cut to size and damaged as they are read.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "depix/data/damage.hpp"
#include "depix/data/parallel.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/error.hpp"
#include "depix/image/pixelate.hpp"
#include "depix/image/resize.hpp"
#include "depix/io/image.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// How pictures of any sizes become pictures of one size.
enum class Fit {
    Crop,           ///< A part in full resolution, at a random place.
    Resize,         ///< The whole picture, squeezed or stretched (bicubic).
    ResizeAndCrop,  ///< A part of random size, at a random place, resized (bicubic); its proportions are the shape's.
};

struct ImageOptions {
    Shape shape{3, 256, 256};  ///< Shape of both pictures of a pair: 1 channel (grey) or 3.
    Fit fit = Fit::Crop;
    bool enlarge = false;    ///< With Fit::Crop: the largest part of a smaller picture is resized instead of refused.
    double min_scale = 0.5;  ///< With Fit::ResizeAndCrop: the part's smallest sides, as a fraction of the largest part.
    double max_scale = 1;    ///< Likewise its largest sides; at most 1. The largest part just fits into the picture.
    bool flips_and_rotations = true;  ///< Applies any of the square's eight symmetries (four if not square).
    std::size_t crops_per_image = 1;  ///< Number of pairs per picture in an epoch.
    Damage damage = any_noise();
    std::uint64_t seed = 0;
    Redraw redraw = Redraw::EveryEpoch;
};

/// Pairs from a folder of pictures. Input: the damaged part; target: the clean one, rounded to 8 bits.
///
///     Loader loader{DamagedImageSource(ImageFolder("photos"), {.shape = {3, 128, 128}}), {.batch_size = 8}};
///
/// Pair `index` shows picture `index` modulo the folder's size. Where it is cut, how it is turned and what damages it
/// comes from Random(seed, epoch, index) and does not depend on the threads. With Keep::OnDisk, a picture is decoded
/// for each of its pairs, on the threads of the loader. Copies share the memory.
class DamagedImageSource {
  public:
    /// With Keep::InMemory reads all pictures, on `threads` threads, and throws FileError, which names the file, if one
    /// cannot be read. Throws Error for no picture, no damage and impossible options.
    explicit DamagedImageSource(ImageFolder folder, ImageOptions options = {}, Keep keep = Keep::OnDisk,
                                int threads = hardware_threads())
        : folder_(std::move(folder)), options_(std::move(options)) {
        check_options();
        if (keep == Keep::OnDisk) return;
        std::vector<Bytes> images(folder_.size());
        for_each_index(folder_.size(), threads, [&](std::size_t i) {
            const Image image = convert(folder_.read(i));
            images[i] = {image.shape, std::vector<std::uint8_t>(image.pixels.size())};
            std::transform(image.pixels.begin(), image.pixels.end(), images[i].pixels.begin(), to_byte);
        });
        images_ = std::make_shared<const std::vector<Bytes>>(std::move(images));
    }

    std::size_t size() const { return folder_.size() * options_.crops_per_image; }
    Shape input_shape() const { return options_.shape; }
    Shape target_shape() const { return options_.shape; }
    const ImageFolder& folder() const { return folder_; }
    const ImageOptions& options() const { return options_; }

    /// Throws FileError, which names the picture, if it cannot be read or is smaller than what is to be cut from it;
    /// Error if the damage changes the shape; and what the damage throws.
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        Random random(options_.seed, options_.redraw == Redraw::EveryEpoch ? epoch : 0, index);
        Image image = cut(index % folder_.size(), random);
        if (options_.flips_and_rotations) {
            const bool square = options_.shape.height == options_.shape.width;
            image = transformed(image, static_cast<Symmetry>(random.integer(0, square ? 7 : 3)));
        }
        const auto same = [](float value) { return value; };
        detail::fill_view(target, image.pixels.data(), same);
        options_.damage(image, random);
        if (image.shape != options_.shape) {
            throw Error("DamagedImageSource: the damage made a picture of " + to_string(image.shape) + " of one of " +
                        to_string(options_.shape));
        }
        detail::fill_view(input, image.pixels.data(), same);
    }

  private:
    struct Bytes {
        Shape shape;
        std::vector<std::uint8_t> pixels;
    };

    /// A part of a picture, pixels.
    struct Part {
        int top, left, height, width;
    };

    Image convert(Image image) const { return quantized(convert_channels(std::move(image), options_.shape.channels)); }

    /// Chooses which part of picture `index` is shown; `whole` is the picture's shape.
    Part choose(const Shape& whole, std::size_t index, Random& random) const {
        if (options_.fit == Fit::Resize) return {0, 0, whole.height, whole.width};
        const auto [channels, height, width] = options_.shape;
        const double room =
            (std::min)(static_cast<double>(whole.height) / height, static_cast<double>(whole.width) / width);
        double factor = 1;
        if (options_.fit == Fit::ResizeAndCrop) {
            factor = room * random.uniform(options_.min_scale, options_.max_scale);
        } else if (room < 1) {
            if (!options_.enlarge) {
                throw FileError(folder_.path(index), "is " + to_string(whole) + ", from which no " +
                                                         to_string(options_.shape) +
                                                         " can be cut; `enlarge` resizes such pictures");
            }
            factor = room;
        }
        Part part{0, 0, std::clamp(static_cast<int>(std::lround(factor * height)), 1, whole.height),
                  std::clamp(static_cast<int>(std::lround(factor * width)), 1, whole.width)};
        part.top = random.integer(0, whole.height - part.height);
        part.left = random.integer(0, whole.width - part.width);
        return part;
    }

    /// The chosen part of picture `index`, in the shape of the options.
    Image cut(std::size_t index, Random& random) const {
        const Shape& shape = options_.shape;
        Image image;
        if (images_ == nullptr) {
            const Image whole = folder_.read(index);
            const auto [top, left, height, width] = choose(whole.shape, index, random);
            image = convert(crop(whole, top, left, height, width));
        } else {
            const Bytes& whole = (*images_)[index];
            const auto [top, left, height, width] = choose(whole.shape, index, random);
            image = Image({shape.channels, height, width});
            for (int channel = 0; channel < shape.channels; ++channel) {
                for (int y = 0; y < height; ++y) {
                    const std::size_t row =
                        static_cast<std::size_t>(channel) * whole.shape.area() +
                        static_cast<std::size_t>(top + y) * static_cast<std::size_t>(whole.shape.width);
                    const std::uint8_t* source = whole.pixels.data() + row + left;
                    std::transform(source, source + width, &image(channel, y, 0), from_byte);
                }
            }
        }
        return image.shape == shape ? image : quantized(resize(image, shape.height, shape.width));
    }

    void check_options() const {
        const auto require = [](bool condition, const std::string& complaint) {
            if (!condition) throw Error("DamagedImageSource: " + complaint);
        };
        const Shape& shape = options_.shape;
        require(folder_.size() > 0, "no picture");
        require((shape.channels == 1 || shape.channels == 3) && shape.height > 0 && shape.width > 0,
                "pictures of " + to_string(shape) + "; they have 1 or 3 channels, and pixels");
        detail::check_range("DamagedImageSource", "the scale", options_.min_scale, options_.max_scale, 0, 1);
        require(options_.crops_per_image > 0, "crops_per_image is 0");
        require(options_.damage != nullptr, "no damage given");
    }

    ImageFolder folder_;
    ImageOptions options_;
    std::shared_ptr<const std::vector<Bytes>> images_;  // null if on disk
};

}  // namespace depix
