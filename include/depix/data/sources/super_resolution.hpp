// Super-resolution: a folder of pictures as pairs of small and large ones, and how results are scored.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

#include "depix/data/parallel.hpp"
#include "depix/data/sources/image_folder.hpp"
#include "depix/data/sources/image_source.hpp"
#include "depix/data/sources/pair_source.hpp"
#include "depix/data/sources/value_range.hpp"
#include "depix/error.hpp"
#include "depix/image/resize.hpp"
#include "depix/metrics/fidelity.hpp"
#include "depix/random.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// The ranges that super-resolution networks are trained on: C. Ledig et al., "Photo-realistic single image
/// super-resolution using a generative adversarial network", CVPR 2017, section 3.2. A squared error in
/// high_resolution_range is 4 times the picture's.
inline constexpr ValueRange low_resolution_range{0, 1}, high_resolution_range{-1, 1};

/// One picture in two sizes: `low` has 1/scale of the sides of `high`. Both hold whole multiples of 1/255, like files.
struct SuperResolutionPair {
    Image low, high;
};

/// Makes a test pair of a picture: `high` is its upper left part whose sides are multiples of `scale`, in 8 bits; `low`
/// is `high` shrunk by antialiased bicubic resampling (MATLAB's imresize), in 8 bits. Throws ShapeError if a side is
/// below `scale`; Error for a scale below 2.
inline SuperResolutionPair make_super_resolution_pair(const Image& image, int scale = 4) {
    if (scale < 2) throw Error("make_super_resolution_pair: the scale is " + std::to_string(scale));
    const int height = image.shape.height / scale, width = image.shape.width / scale;
    if (height < 1 || width < 1) {
        throw ShapeError("make_super_resolution_pair: a picture of " + to_string(image.shape) +
                         " cannot be shrunk by " + std::to_string(scale));
    }
    SuperResolutionPair pair;
    pair.high = quantized(crop(image, 0, 0, scale * height, scale * width));
    pair.low = quantized(resize(pair.high, height, width));
    return pair;
}

struct SuperResolutionOptions {
    int scale = 4;
    int high = 96;       ///< Side of the squares in high resolution, pixels; a multiple of the scale.
    int high_width = 0;  ///< Not 0: rectangles of this width and of height `high`; likewise a multiple.
    int channels = 3;    ///< 1: pictures become grey (luma).
    ValueRange target_range = high_resolution_range;  ///< The values of black and white in targets.
    bool enlarge = false;  ///< If a picture is smaller, its largest square is resized (bicubic) instead of refused.
    bool flips_and_rotations = true;  ///< Applies any of the square's eight symmetries.
    std::size_t crops_per_image = 1;  ///< Number of pairs per picture in an epoch.
    std::uint64_t seed = 0;
    Redraw redraw = Redraw::EveryEpoch;
};

/// Pairs from a folder of any pictures (CelebA's img_align_celeba is one), cut and turned at random. Input: the small
/// picture, (channels, high / scale, high / scale), in low_resolution_range; target: the large one, (channels, high,
/// high), in options.target_range. Both were rounded to 8 bits before, like the pictures that the network will restore.
///
///     Loader loader{SuperResolutionSource(ImageFolder("photos"), {.high = 96}), {.batch_size = 16}};
///
/// Pair `index` shows picture `index` modulo the folder's size; where it is cut and how it is turned comes from
/// Random(seed, epoch, index) and does not depend on the threads. With Keep::OnDisk, a picture is decoded for each of
/// its pairs, on the threads of the loader. Copies share the memory.
class SuperResolutionSource {
  public:
    /// With Keep::InMemory reads all pictures, on `threads` threads, and throws FileError, which names the file, if one
    /// cannot be read. Throws Error for no picture and impossible options.
    explicit SuperResolutionSource(ImageFolder folder, const SuperResolutionOptions& options = {},
                                   Keep keep = Keep::OnDisk, int threads = hardware_threads())
        : options_(checked(options, folder)), crops_(std::move(folder), crop_options(options), keep, threads) {}

    std::size_t size() const { return crops_.size(); }
    Shape input_shape() const {
        const Shape target = target_shape();
        return {target.channels, target.height / options_.scale, target.width / options_.scale};
    }
    Shape target_shape() const { return crops_.target_shape(); }
    const ImageFolder& folder() const { return crops_.folder(); }
    const SuperResolutionOptions& options() const { return options_; }

    /// Throws FileError, which names the picture, if it cannot be read or is smaller than a crop.
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        const auto [low, high] = pair(epoch, index);
        const auto fill = [](View<float> view, const Image& image, ValueRange range) {
            detail::fill_view(view, image.pixels.data(), [range](float value) { return range.from_image(value); });
        };
        fill(input, low, low_resolution_range);
        fill(target, high, options_.target_range);
    }

    /// The same pair as pictures, 0..1, to look at.
    SuperResolutionPair pair(std::uint64_t epoch, std::size_t index) const {
        Image high(target_shape());
        crops_.pair(epoch, index, high.view(), high.view());  // without damage both are the same
        return make_super_resolution_pair(high, options_.scale);
    }

  private:
    static SuperResolutionOptions checked(const SuperResolutionOptions& options, const ImageFolder& folder) {
        const auto require = [](bool condition, const std::string& complaint) {
            if (!condition) throw Error("SuperResolutionSource: " + complaint);
        };
        require(folder.size() > 0, "no picture");
        require(options.scale >= 2, "the scale is " + std::to_string(options.scale));
        require(options.high > 0 && options.high % options.scale == 0,
                "squares of " + std::to_string(options.high) + " pixels; their side divides by the scale, " +
                    std::to_string(options.scale));
        require(options.high_width >= 0 && options.high_width % options.scale == 0,
                "rectangles " + std::to_string(options.high_width) +
                    " pixels wide; their width divides by the scale, " + std::to_string(options.scale));
        require(options.crops_per_image > 0, "crops_per_image is 0");
        return options;
    }

    static ImageOptions crop_options(const SuperResolutionOptions& options) {
        return {.shape = {options.channels, options.high, options.high_width > 0 ? options.high_width : options.high},
                .fit = Fit::Crop,
                .enlarge = options.enlarge,
                .flips_and_rotations = options.flips_and_rotations,
                .crops_per_image = options.crops_per_image,
                .damage = [](Image&, Random&) {},
                .seed = options.seed,
                .redraw = options.redraw};
    }

    SuperResolutionOptions options_;
    DamagedImageSource crops_;
};

/// The scores that papers on super-resolution report. PSNR is in dB.
struct LuminanceScores {
    double peak_signal_to_noise_ratio = 0;
    double structural_similarity = 0;
};

/// Compares an enlarged picture with the true one as is usual (Ledig et al. 2017, section 3.1). It uses only the luma
/// of ITU-R BT.601, 16..235 of 255 (MATLAB's rgb2ycbcr), not rounded, and leaves out `border` pixels on each side,
/// where a network has less information. Both pictures are 0..1, with 1, 3 or 4 channels; pass quantized() pictures,
/// which have the values that files hold. Throws ShapeError for unequal sizes, for pictures below 11x11 without their
/// border and for other channels; Error for a negative border.
inline LuminanceScores score_super_resolution(const Image& restored, const Image& truth, int border = 4) {
    if (border < 0) throw Error("score_super_resolution: a border of " + std::to_string(border) + " pixels");
    const int height = truth.shape.height - 2 * border, width = truth.shape.width - 2 * border;
    if (restored.shape.height != truth.shape.height || restored.shape.width != truth.shape.width) {
        throw ShapeError("score_super_resolution: compares " + to_string(restored.shape) + " with " +
                         to_string(truth.shape));
    }
    if (height < detail::ssim_window || width < detail::ssim_window) {
        throw ShapeError("score_super_resolution: a picture of " + to_string(truth.shape) + " without a border of " +
                         std::to_string(border) + " is smaller than SSIM's window of 11x11");
    }
    const auto inner_luma = [&](const Image& image) {
        return crop(luma(image, Luma::Studio), border, border, height, width);
    };
    const Image a = inner_luma(restored), b = inner_luma(truth);
    return {peak_signal_to_noise_ratio(a, b), structural_similarity(a, b)};
}

}  // namespace depix
