// ValueRange: networks that want black and white as other numbers than 0 and 1.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <utility>

#include "depix/data/sources/pair_source.hpp"
#include "depix/tensor.hpp"
#include "depix/view.hpp"

namespace depix {

/// The values that black and white have in a batch. Pictures are 0..1.
struct ValueRange {
    float black = 0, white = 1;

    constexpr float from_image(float value) const { return black + (white - black) * value; }
    constexpr float to_image(float value) const { return (value - black) / (white - black); }
};

/// Converts a picture, 0..1, to the range of a network's input or target.
inline Image to_range(Image image, ValueRange range) {
    for (float& value : image.pixels) value = range.from_image(value);
    return image;
}

/// Converts a network's output to a picture. It may be outside 0..1; quantized() clamps it.
inline Image from_range(Image values, ValueRange range) {
    for (float& value : values.pixels) value = range.to_image(value);
    return values;
}

/// The pairs of another source, which gives 0..1, in another range of values.
class PairsInRange {
  public:
    PairsInRange(AnyPairSource source, ValueRange range) : source_(std::move(source)), range_(range) {}

    std::size_t size() const { return source_.size(); }
    Shape input_shape() const { return source_.input_shape(); }
    Shape target_shape() const { return source_.target_shape(); }

    void pair(std::uint64_t epoch, std::size_t index, View<float> input, View<float> target) const {
        source_.pair(epoch, index, input, target);
        for (const View<float>& view : {input, target})
            for (int channel = 0; channel < view.channels; ++channel)
                for (int y = 0; y < view.height; ++y)
                    for (float& value : std::span(view.row(0, channel, y), static_cast<std::size_t>(view.width)))
                        value = range_.from_image(value);
    }

  private:
    AnyPairSource source_;
    ValueRange range_;
};

}  // namespace depix
