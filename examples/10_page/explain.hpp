// One pixel of a layer's output, as the terms that it is the sum of: the textbook's formulas, read for a single pixel.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "depix/layers/conv.hpp"
#include "depix/plan/flatten.hpp"
#include "depix/tensor.hpp"

namespace page {

/// What the textbook needs to know of a layer, besides its place in the plan.
struct LayerDetails {
    const depix::ConvGeometry* geometry = nullptr;  ///< of a convolution
    bool transposed = false;
    bool bias = false;
    double epsilon = 0;  ///< of a batch norm
};

namespace detail {

// A visitor that records the details of every layer and join, in the order of flatten<Network>()'s steps.
struct DetailsVisitor {
    std::vector<LayerDetails> layers;

    void enter(const char*) {}
    void enter(int) {}
    void leave() {}
    template <depix::Layer L>
    int layer(int) {
        LayerDetails details;
        if constexpr (requires { L::geometry.weight_count(); }) {
            details.geometry = &L::geometry;
            details.transposed = L::traits.role == depix::Role::TransposedConvolution;
            details.bias = L::bias;
        } else if constexpr (requires { L::epsilon; }) {
            details.epsilon = L::epsilon;
        }
        layers.push_back(details);
        return 0;
    }
    template <class Join>
    int join(int, int) {
        layers.emplace_back();
        return 0;
    }
};

}  // namespace detail

template <depix::Module Network>
std::vector<LayerDetails> layer_details() {
    detail::DetailsVisitor visitor;
    depix::walk<Network>(visitor, 0);
    return std::move(visitor.layers);
}

/// A factor and what it is multiplied by: the value of an input map at a pixel.
struct Term {
    int input;  ///< 0, or 1: the second input of a join
    int channel, row, column;
    float value, weight;
};

/// output = bias + sum of value * weight; of a max pooling the largest value; of an activation a function of the one.
struct Explanation {
    std::vector<Term> terms{};
    float bias = 0;
    float output = 0;
};

/// A pixel of a layer's output: `channel`, `row` and `column` are within it.
struct Pixel {
    int channel, row, column;
};

namespace detail {

/// conv_forward of kernels/reference/conv.hpp, for one pixel.
inline void explain_convolution(const depix::ConvGeometry& g, const depix::Image& x, const float* weight, Pixel at,
                                Explanation& result) {
    const int inputs = g.group_in(), first = at.channel / g.group_out() * inputs;
    for (int c = 0; c < inputs; ++c)
        for (int k = 0; k < g.kernel; ++k)
            for (int l = 0; l < g.kernel_width; ++l) {
                const int row = at.row * g.stride + k * g.dilation - g.padding_before;
                const int column = at.column * g.stride + l * g.dilation - g.width_padding_before;
                const bool inside = row >= 0 && row < x.shape.height && column >= 0 && column < x.shape.width;
                const int index = ((at.channel * inputs + c) * g.kernel + k) * g.kernel_width + l;
                result.terms.push_back(
                    {0, first + c, row, column, inside ? x(first + c, row, column) : 0.0f, weight[index]});
            }
}

/// conv_transpose_forward of kernels/reference/conv_transpose.hpp, for one pixel: the stamps that reach it.
inline void explain_transposed(const depix::ConvGeometry& g, const depix::Image& x, const float* weight, Pixel at,
                               Explanation& result) {
    const int outputs = g.group_out(), first = at.channel / outputs * g.group_in();
    for (int c = first; c < first + g.group_in(); ++c)
        for (int k = 0; k < g.kernel; ++k)
            for (int l = 0; l < g.kernel_width; ++l) {
                const int row = at.row + g.padding_before - k * g.dilation;
                const int column = at.column + g.width_padding_before - l * g.dilation;
                if (row < 0 || column < 0 || row % g.stride != 0 || column % g.stride != 0) continue;
                const int i = row / g.stride, j = column / g.stride;
                if (i >= x.shape.height || j >= x.shape.width) continue;
                const int index = ((c * outputs + at.channel % outputs) * g.kernel + k) * g.kernel_width + l;
                result.terms.push_back({0, c, i, j, x(c, i, j), weight[index]});
            }
}

/// y = gamma (x - mean) / sqrt(variance + epsilon) + beta, as one factor and a bias.
inline void explain_batch_norm(const depix::Image& x, double epsilon, const float* parameters, const float* statistics,
                               Pixel at, Explanation& result) {
    const int channels = x.shape.channels;
    const double deviation = std::sqrt(double{statistics[channels + at.channel]} + epsilon);
    const double factor = parameters[at.channel] / deviation;
    const float value = x(at.channel, at.row, at.column);
    result.terms.push_back({0, at.channel, at.row, at.column, value, static_cast<float>(factor)});
    result.bias = static_cast<float>(parameters[channels + at.channel] - factor * statistics[at.channel]);
}

inline void explain_max_pool(const depix::LayerInfo& info, const depix::Image& x, Pixel at, Explanation& result) {
    const depix::RowRange rows = info.needs({at.row, at.row}), columns = info.needs({at.column, at.column});
    for (int i = (std::max)(rows.first, 0); i <= (std::min)(rows.last, x.shape.height - 1); ++i)
        for (int j = (std::max)(columns.first, 0); j <= (std::min)(columns.last, x.shape.width - 1); ++j)
            result.terms.push_back({0, at.channel, i, j, x(at.channel, i, j), 1});
}

}  // namespace detail

/// Explains a pixel of a step's output. `other` is the second input of a join, and null elsewhere. Layers other than
/// convolutions, batch norm, max pooling, pixel shuffle, sum, concatenation and activations have no terms.
inline Explanation explain(const depix::PlanStep& step, const LayerDetails& details, const depix::Image& x,
                           const depix::Image* other, std::span<const float> parameters,
                           std::span<const float> statistics, const depix::Image& output, Pixel at) {
    using depix::Role;
    const depix::LayerInfo& info = *step.layer.info;
    const float* weight = parameters.data() + step.layer.parameters;
    Explanation result;
    result.output = output(at.channel, at.row, at.column);
    if (details.geometry) {
        if (details.bias) result.bias = weight[details.geometry->weight_count() + static_cast<std::size_t>(at.channel)];
        if (details.transposed)
            detail::explain_transposed(*details.geometry, x, weight, at, result);
        else
            detail::explain_convolution(*details.geometry, x, weight, at, result);
    } else if (info.traits.role == Role::BatchNorm) {
        detail::explain_batch_norm(x, details.epsilon, weight, statistics.data() + step.layer.statistics, at, result);
    } else if (info.traits.role == Role::MaxPool) {
        detail::explain_max_pool(info, x, at, result);
    } else if (info.traits.role == Role::PixelShuffle) {
        const int up = info.traits.up;
        const int channel = (at.channel * up + at.row % up) * up + at.column % up, i = at.row / up, j = at.column / up;
        result.terms.push_back({0, channel, i, j, x(channel, i, j), 1});
    } else if (info.traits.role == Role::Concatenate && other) {
        const int second = at.channel - x.shape.channels;
        const depix::Image& from = second < 0 ? x : *other;
        const int channel = second < 0 ? at.channel : second;
        result.terms.push_back({second < 0 ? 0 : 1, channel, at.row, at.column, from(channel, at.row, at.column), 1});
    } else if (info.traits.role == Role::Add && other) {
        result.terms.push_back({0, at.channel, at.row, at.column, x(at.channel, at.row, at.column), 1});
        result.terms.push_back({1, at.channel, at.row, at.column, (*other)(at.channel, at.row, at.column), 1});
    } else if (info.traits.elementwise) {
        result.terms.push_back({0, at.channel, at.row, at.column, x(at.channel, at.row, at.column), 1});
    }
    return result;
}

/// The input pixels that one pixel of a step's output depends on, along one axis: every path is followed backwards, as
/// in plan/receptive_field.hpp, which does it for the network's output. It may reach beyond the picture.
template <class Plan>
depix::RowRange seen_rows(const Plan& plan, int last_step, depix::RowRange output_rows) {
    std::vector<depix::RowRange> needed(plan.tensors.size(), {depix::every_row.last, depix::every_row.first});
    const auto widen = [&](int tensor, depix::RowRange rows) {
        depix::RowRange& now = needed[static_cast<std::size_t>(tensor)];
        now = {(std::min)(rows.first, now.first), (std::max)(rows.last, now.last)};
    };
    widen(plan.step(last_step).output, output_rows);
    for (int i = last_step; i >= 0; --i) {
        const depix::PlanStep& step = plan.step(i);
        const depix::RowRange wanted = needed[static_cast<std::size_t>(step.output)];
        if (wanted.first > wanted.last) continue;  // the pixel does not depend on this step
        const depix::RowRange rows = step.layer.info->needs(wanted);
        widen(step.input, rows);
        if (step.other >= 0) widen(step.other, rows);
    }
    return needed[static_cast<std::size_t>(plan.input)];
}

}  // namespace page
