// SPAN's files of training: the three convolutions that were trained together become the one that runs.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/models/fold_span.hpp"

namespace depix {

namespace detail {

/// One convolution with its weight (Out, In, K, K), of double, and its bias.
struct PlainConv {
    std::size_t out = 0, in = 0;
    std::vector<double> weight, bias;
};

inline PlainConv read_conv(const TensorFile& file, const std::string& layer, std::size_t kernel) {
    const std::vector<std::size_t>& shape = file.shape(layer + ".weight");
    if (shape.size() != 4 || shape[0] == 0 || shape[1] == 0 || shape[2] != kernel || shape[3] != kernel ||
        file.shape(layer + ".bias") != std::vector<std::size_t>{shape[0]})
        fail(FileError(file.path, layer + ": no convolution of " + std::to_string(kernel) + "x" +
                                      std::to_string(kernel) + " with a bias, but " + to_string(shape)));
    return {shape[0], shape[1], file.values<double>(layer + ".weight"), file.values<double>(layer + ".bias")};
}

}  // namespace detail

/// SPAN's weights as they run, with a new eval_conv for each layer that has `sk` and `conv.0` to `conv.2`
/// (fold_branches says how it is computed). What a file has as eval_conv may be older than the rest, because PyTorch's
/// module makes it anew before it runs. Other tensors stay; the trained ones are left out. A tensor called no_norm, by
/// which neosr's files say that the network takes the picture as it is and not (picture - mean) * 255, becomes an entry
/// of the metadata. Throws FileError where shapes do not fit.
inline TensorFile fold_span(const TensorFile& file) {
    TensorFile folded(file.path, file.format);
    folded.metadata = file.metadata;
    for (const std::string& name : file.names) {
        if (name == "no_norm") {
            folded.metadata[name] = "";
            continue;
        }
        const std::size_t end = name.find(".eval_conv.");
        const std::string layer = name.substr(0, end);
        if (name.find(".sk.") != std::string::npos || name.find(".conv.") != std::string::npos) continue;
        if (end == std::string::npos || !file.contains(layer + ".sk.weight")) {
            folded.add(name, file.entry(name).dtype, file.shape(name), file.bytes(name));
            continue;
        }
        if (!name.ends_with(".weight")) continue;
        const detail::PlainConv a = detail::read_conv(file, layer + ".conv.0", 1),
                                b = detail::read_conv(file, layer + ".conv.1", 3),
                                c = detail::read_conv(file, layer + ".conv.2", 1),
                                skip = detail::read_conv(file, layer + ".sk", 1);
        if (b.in != a.out || c.in != b.out || skip.in != a.in || skip.out != c.out)
            detail::fail(FileError(file.path, layer + ": its convolutions do not fit each other"));
        std::vector<double> weight(c.out * a.in * 9), bias(c.out);
        fold_branches<double>({a.weight, a.bias, b.weight, b.bias, c.weight, c.bias, skip.weight, skip.bias},
                              std::span(weight), std::span(bias));
        folded.add(layer + ".eval_conv.weight", DataType::F64, {c.out, a.in, 3, 3}, std::as_bytes(std::span(weight)));
        folded.add(layer + ".eval_conv.bias", DataType::F64, {c.out}, std::as_bytes(std::span(bias)));
    }
    return folded;
}

}  // namespace depix
