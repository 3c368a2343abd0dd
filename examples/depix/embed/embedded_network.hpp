// EmbeddedNetwork: a network with its weights as a value, from which `depix embed` writes files for firmware.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "depix/layers/conv.hpp"
#include "depix/layers/layer.hpp"

namespace tool {

/// One tensor of a layer.
struct EmbeddedTensor {
    std::string name;  // "encoder.0.weight"
    std::vector<std::size_t> shape;
    std::vector<float> values;
    bool trainable = true;
};

/// One layer or join, in the order of execution. Maps are numbered; 0 is the picture.
struct EmbeddedLayer {
    std::string name, kind;  // "encoder.0", "Conv2d" (PyTorch's)
    depix::Role role = depix::Role::Other;
    int input = 0, other = -1, output = 0;
    int out_channels = 0;
    std::vector<EmbeddedTensor> tensors;

    bool has_geometry = false;       // of a convolution
    depix::ConvGeometry geometry{};  //
    int output_padding = 0;          // of a transposed convolution
    double epsilon = 0;              // of a batch norm
    float negative_slope = 1;        // of a rectifier
    int window = 0, stride = 1;      // of a pooling whose windows lie inside the map; 0: of none
    int up = 1;                      // of a pixel shuffle or an enlargement

    // Of a network of integers (mix_integers.hpp).
    int integer_step = -1;        // its number in the program; -1: the layer is computed in float
    bool is_elementwise = false;  // a table, or a conversion between integers and floats
};

struct EmbeddedNetwork {
    int channels = 0;  // of the picture
    int size_multiple = 1;
    int output = 0;                // the map that is the result
    bool integer_picture = false;  // the picture is in integers
    std::vector<EmbeddedLayer> layers;

    int map_channels(int map) const {
        for (const EmbeddedLayer& layer : layers)
            if (layer.output == map) return layer.out_channels;
        return channels;
    }
};

}  // namespace tool
