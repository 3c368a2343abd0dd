// PairSource: what a loader gets its pairs from. The sources are in pair_sources.hpp; image_source.hpp and
// documents.hpp have more.
#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <type_traits>
#include <utility>

#include "depix/view.hpp"

namespace depix {

/// A set of pairs that many threads read at once. pair() fills two views of one picture, of input_shape() and
/// target_shape(), and depends only on the epoch and the index.
template <class Source>
concept PairSource = requires(const Source& source, std::uint64_t epoch, std::size_t index, View<float> view) {
    { source.size() } -> std::convertible_to<std::size_t>;
    { source.input_shape() } -> std::convertible_to<Shape>;
    { source.target_shape() } -> std::convertible_to<Shape>;
    source.pair(epoch, index, view, view);
};

/// Whether a source of drawn pairs draws new ones every epoch (training) or those of epoch 0 again (validation, test).
enum class Redraw { EveryEpoch, Never };

/// Where a folder's pictures are kept between two epochs: on disk, or decoded in memory, one byte per value (the
/// published 18,000 training pairs take 1.8 GB; 16-bit pictures lose their lower bits).
enum class Keep { OnDisk, InMemory };

namespace detail {

/// Converts contiguous pixels, (channels, height, width), into a view of one picture.
template <class T, class Convert>
void fill_view(View<float> view, const T* source, Convert convert) {
    for (int channel = 0; channel < view.channels; ++channel) {
        for (int y = 0; y < view.height; ++y, source += view.width) {
            std::transform(source, source + view.width, view.row(0, channel, y), convert);
        }
    }
}

}  // namespace detail

/// Any source, chosen when the program runs. One Loader type works with all sources and is compiled once.
class AnyPairSource {
  public:
    template <PairSource Source>
    requires(!std::is_same_v<Source, AnyPairSource>)
        AnyPairSource(Source source)  // NOLINT: implicit, since any source is an AnyPairSource
        : size_(source.size()),
          input_shape_(source.input_shape()),
          target_shape_(source.target_shape()),
          pair_([held = std::move(source)](std::uint64_t epoch, std::size_t index, View<float> input,
                                           View<float> target) { held.pair(epoch, index, input, target); }) {}

    std::size_t size() const { return size_; }
    Shape input_shape() const { return input_shape_; }
    Shape target_shape() const { return target_shape_; }
    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        pair_(epoch, index, input, target);
    }

  private:
    std::size_t size_;
    Shape input_shape_, target_shape_;
    std::function<void(std::uint64_t, std::size_t, View<float>, View<float>)> pair_;
};

}  // namespace depix
