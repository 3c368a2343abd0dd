// fold_span: makes the SPAN that runs of the one that was trained.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "depix/error.hpp"
#include "depix/named_tensor.hpp"

namespace depix {

/// The weights and biases of convolutions of 1x1, 3x3 and 1x1 one after the other, and of one of 1x1 whose output is
/// added to theirs, in PyTorch's layout. Channels are in -> middle -> wide -> out, and in -> out.
template <class T>
struct ConvBranches {
    std::span<const T> first, first_bias;    ///< (middle, in, 1, 1), (middle)
    std::span<const T> second, second_bias;  ///< (wide, middle, 3, 3), (wide)
    std::span<const T> third, third_bias;    ///< (out, wide, 1, 1), (out)
    std::span<const T> skip, skip_bias;      ///< (out, in, 1, 1), (out)
};

/// Writes the weight (out, in, 3, 3) and the bias (out) of the one convolution of 3x3 that computes the same:
///
///     weight = third * second * first, plus skip at the centre
///     bias   = third * (second * first_bias + second_bias) + third_bias + skip_bias
///
/// It is exact at the edges too, because the padding comes before `first`, which turns it into first_bias. Sums are in
/// double. It can run while the compiler does.
template <class T>
constexpr void fold_branches(const ConvBranches<T>& from, std::span<T> weight, std::span<T> bias) {
    constexpr std::size_t taps = 9, centre = 4;
    const std::size_t out = from.third_bias.size(), wide = from.second_bias.size();
    const std::size_t middle = from.first_bias.size(), in = from.first.size() / middle;
    std::vector<double> joined(middle * taps);  // third * second, of one output channel
    for (std::size_t o = 0; o < out; ++o) {
        double constant = static_cast<double>(from.third_bias[o]) + static_cast<double>(from.skip_bias[o]);
        for (double& value : joined) value = 0;
        for (std::size_t w = 0; w < wide; ++w) {
            const auto factor = static_cast<double>(from.third[o * wide + w]);
            constant += factor * static_cast<double>(from.second_bias[w]);
            for (std::size_t k = 0; k < joined.size(); ++k)
                joined[k] += factor * static_cast<double>(from.second[w * joined.size() + k]);
        }
        for (std::size_t k = 0; k < joined.size(); ++k)
            constant += joined[k] * static_cast<double>(from.first_bias[k / taps]);
        bias[o] = static_cast<T>(constant);
        for (std::size_t i = 0; i < in; ++i)
            for (std::size_t k = 0; k < taps; ++k) {
                double sum = k == centre ? static_cast<double>(from.skip[o * in + i]) : 0;
                for (std::size_t m = 0; m < middle; ++m)
                    sum += joined[m * taps + k] * static_cast<double>(from.first[m * in + i]);
                weight[(o * in + i) * taps + k] = static_cast<T>(sum);
            }
    }
}

/// Folds a trained model's weights into those of the network that runs: from Model<TrainedSPAN<...>> into
/// Model<SPAN<...>>, or any other pair whose names are so. Throws Error, naming the tensor, if one is missing or of
/// another size; `folded` is then partly written.
///
///     Model<SPAN<>> fast;
///     fold_span(trained, fast);
template <class Trained, class Folded>
void fold_span(const Trained& trained, Folded& folded) {
    const auto named = trained.tensors();
    const auto find = [&](const std::string& name) {
        for (const auto& tensor : named)
            if (tensor.name == name) return tensor.values;
        detail::fail(Error("depix: fold_span: the trained model has no " + name));
    };
    const std::string folded_weight = "eval_conv.weight", folded_bias = "eval_conv.bias";
    const auto require = [&](std::size_t own, std::size_t other, const std::string& name) {
        if (own != other) detail::fail(Error("depix: fold_span: " + name + " is of another size in the trained model"));
    };
    auto own = folded.tensors();
    for (std::size_t i = 0; i < own.size(); ++i) {
        const std::string& name = own[i].name;
        if (name.ends_with(folded_bias)) continue;  // written with its weight
        if (!name.ends_with(folded_weight)) {
            const auto values = find(name);
            require(own[i].values.size(), values.size(), name);
            for (std::size_t k = 0; k < values.size(); ++k) own[i].values[k] = values[k];
            continue;
        }
        const std::string path = name.substr(0, name.size() - folded_weight.size());
        using T = std::remove_cvref_t<decltype(own[i].values[0])>;
        const ConvBranches<T> branches{find(path + "conv.0.weight"), find(path + "conv.0.bias"),
                                       find(path + "conv.1.weight"), find(path + "conv.1.bias"),
                                       find(path + "conv.2.weight"), find(path + "conv.2.bias"),
                                       find(path + "sk.weight"),     find(path + "sk.bias")};
        require(own[i].values.size(), 9 * branches.skip.size(), name);
        fold_branches<T>(branches, own[i].values, own[i + 1].values);
    }
}

}  // namespace depix
