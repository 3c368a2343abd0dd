#include "published_input.hpp"

#include <array>
#include <cstddef>

depix::Image tool::published_input(depix::Image image, PublishedInput input, float noise) {
    const std::size_t area = image.shape.area();
    switch (input) {
        case PublishedInput::Picture:
            break;
        case PublishedInput::NoiseMap:
            image.pixels.insert(image.pixels.end(), area, noise);
            ++image.shape.channels;
            break;
        case PublishedInput::Centred: {
            constexpr std::array<float, 3> mean{0.4488f, 0.4371f, 0.4040f};
            for (std::size_t i = 0; i < image.pixels.size(); ++i)
                image.pixels[i] = (image.pixels[i] - mean[i / area]) * 255;
            break;
        }
        case PublishedInput::Bytes:
            for (float& value : image.pixels) value *= 255;
            break;
    }
    return image;
}
