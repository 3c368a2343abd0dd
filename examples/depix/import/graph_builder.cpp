#include "graph_builder.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace tool {

namespace {

constexpr int most = 1 << 20;  // rows or columns, so that no product of two sizes overflows

bool is_possible(Shape map) {
    const auto fits = [](int extent) { return extent >= 1 && extent <= most; };
    return fits(map.channels) && fits(map.height) && fits(map.width);
}

std::string text(int number) { return std::to_string(number); }

std::vector<float> repeated(std::vector<float> values, int count) {
    if (values.size() == 1) values.assign(static_cast<std::size_t>(count), values[0]);
    return values;
}

GraphTensor vector_tensor(const char* name, std::vector<float> values) {
    return {name, {values.size()}, std::move(values)};
}

int extent(const Windows& windows, int axis) { return windows.dilation[axis] * (windows.kernel[axis] - 1) + 1; }

int output_size(const Windows& windows, int axis, int size) {
    const int space = size + windows.before[axis] + windows.after[axis] - extent(windows, axis);
    return space < 0 ? 0 : (space + (windows.ceil ? windows.stride[axis] - 1 : 0)) / windows.stride[axis] + 1;
}

}  // namespace

std::optional<std::string> ratio_of(double value) {
    const auto wanted = static_cast<float>(value);
    if (!std::isfinite(wanted)) return std::nullopt;
    // The continued fraction's convergents: numerators and denominators, the newest first.
    std::int64_t n[2] = {1, 0}, d[2] = {0, 1};
    double rest = std::abs(value);
    for (int i = 0; i < 40; ++i) {
        const double whole = std::floor(rest);
        if (whole > 1e9) break;
        const auto digit = static_cast<std::int64_t>(whole);
        const std::int64_t next_n = digit * n[0] + n[1], next_d = digit * d[0] + d[1];
        if (next_n > 1'000'000'000 || next_d > 1'000'000'000) break;
        n[1] = std::exchange(n[0], next_n);
        d[1] = std::exchange(d[0], next_d);
        if (static_cast<float>(static_cast<double>(n[0]) / static_cast<double>(d[0])) == std::abs(wanted)) {
            const std::string sign = value < 0 && n[0] != 0 ? "-" : "";
            return "std::ratio<" + sign + std::to_string(n[0]) + (d[0] == 1 ? "" : ", " + std::to_string(d[0])) + ">";
        }
        if (rest == whole) break;
        rest = 1 / (rest - whole);
    }
    return std::nullopt;
}

GraphBuilder::GraphBuilder(std::string path, std::string format, Shape input) {
    graph.path = std::move(path);
    graph.format = std::move(format);
    if (!is_possible(input)) fail("takes a picture of " + depix::to_string(input) + ", which no map may be");
    graph.maps.push_back({input, -1});
}

int GraphBuilder::add_node(std::string type, std::vector<int> inputs, Shape output, std::vector<GraphTensor> tensors,
                           int in_channels) {
    if (!is_possible(output))
        fail("gives a map of " + depix::to_string(output) + " from one of " + depix::to_string(shape(inputs[0])));
    for (int& input : inputs) input = solid(input);
    if (graph.nodes.size() == 20'000) fail("is one layer more than 20000");
    GraphNode node;
    node.type = std::move(type);
    node.name = context;
    node.inputs = std::move(inputs);
    node.output = static_cast<int>(graph.maps.size());
    node.in_channels = in_channels;
    node.tensors = std::move(tensors);
    graph.maps.push_back({output, static_cast<int>(graph.nodes.size())});
    graph.nodes.push_back(std::move(node));
    return graph.nodes.back().output;
}

// The map itself; if it is padding that only convolutions may take, a convolution that does nothing but pad.
int GraphBuilder::solid(int map) {
    const auto found = padded_.find(map);
    if (found == padded_.end()) return map;
    auto [source, one, cuts, result] = found->second;
    if (result >= 0) return result;
    if (cuts) {
        if (one.before[0] != one.before[1] || one.after[0] != one.after[1])
            fail("gets a map of which other numbers of rows and of columns were cut off");
        result = crop(source, -one.before[0], -one.after[0]);
        padded_[map].result = result;
        return result;
    }
    const int channels = shape(source).channels;
    one.groups = channels;
    result =
        conv(source, one, {"weight", {static_cast<std::size_t>(channels), 1, 1, 1}, repeated({1.f}, channels)}, {});
    found->second.result = result;
    return result;
}

void GraphBuilder::expect_channels(int input, int channels) const {
    if (shape(input).channels != channels)
        fail("takes " + text(channels) + " channels and gets " + text(shape(input).channels));
}

void GraphBuilder::check(const Windows& windows) const {
    for (const int number : {windows.kernel[0], windows.kernel[1], windows.stride[0], windows.stride[1],
                             windows.dilation[0], windows.dilation[1]})
        if (number < 1 || number > 1024) fail("has a kernel, stride or dilation of " + text(number));
    if (windows.groups < 1 || windows.groups > most) fail("has " + text(windows.groups) + " groups");
}

void GraphBuilder::resolve_same(Windows& windows, Shape input) const {
    if (!windows.same) return;
    const int sizes[2] = {input.height, input.width};
    for (int axis = 0; axis < 2; ++axis) {
        const int stride = windows.stride[axis], count = (sizes[axis] + stride - 1) / stride;
        const int total = std::max((count - 1) * stride + extent(windows, axis) - sizes[axis], 0);
        windows.before[axis] = windows.late ? total / 2 : (total + 1) / 2;
        windows.after[axis] = total - windows.before[axis];
    }
}

// ", 5, Stride<2>, NoBias": the kernel and what differs from the defaults.
std::string GraphBuilder::options(const Windows& windows, bool default_is_same, bool bias) const {
    for (const int number : {windows.before[0], windows.before[1], windows.after[0], windows.after[1]})
        if (number < 0 || number > most)
            fail("has a padding of " + text(number) + ", which depix's layer does not take");
    if (windows.stride[0] != windows.stride[1]) fail("has a stride of its own for rows and for columns");
    const bool dilates_rows = windows.kernel[0] > 1, dilates_columns = windows.kernel[1] > 1;
    if (dilates_rows && dilates_columns && windows.dilation[0] != windows.dilation[1])
        fail("has a dilation of its own for rows and for columns");
    const int dilation = dilates_rows ? windows.dilation[0] : dilates_columns ? windows.dilation[1] : 1;
    bool is_default = true;
    for (int axis = 0; axis < 2; ++axis) {
        const int reach = default_is_same ? extent(windows, axis) - 1 : 0;
        is_default = is_default && windows.before[axis] == reach / 2 && windows.after[axis] == reach - reach / 2;
    }
    std::string result;
    if (windows.stride[0] != 1) result += ", Stride<" + text(windows.stride[0]) + ">";
    if (!is_default) {
        if (windows.before[0] != windows.before[1] || windows.after[0] != windows.after[1])
            fail("has a padding of its own for rows and for columns");
        result += ", Padding<" + text(windows.before[0]);
        if (windows.after[0] != windows.before[0]) result += ", " + text(windows.after[0]);
        result += ">";
    }
    if (!bias) result += ", NoBias";
    if (windows.groups != 1) result += ", Groups<" + text(windows.groups) + ">";
    if (dilation != 1) result += ", Dilation<" + text(dilation) + ">";
    if (windows.kernel[0] != windows.kernel[1])
        result += ", KernelSize<" + text(windows.kernel[0]) + ", " + text(windows.kernel[1]) + ">";
    const int kernel = std::max(windows.kernel[0], windows.kernel[1]);
    return result.empty() && kernel == 3 ? "" : ", " + text(kernel) + result;
}

int GraphBuilder::conv(int input, Windows windows, GraphTensor weight, std::vector<float> bias) {
    if (weight.shape.size() != 4) fail("has a weight of shape " + depix::to_string(weight.shape));
    if (const auto found = padded_.find(input); found != padded_.end() && !windows.same && !found->second.cuts) {
        for (int axis = 0; axis < 2; ++axis) {
            windows.before[axis] += found->second.windows.before[axis];
            windows.after[axis] += found->second.windows.after[axis];
        }
        input = found->second.source;
    }
    const int out = static_cast<int>(weight.shape[0]), groups = windows.groups;
    windows.kernel[0] = static_cast<int>(weight.shape[2]);
    windows.kernel[1] = static_cast<int>(weight.shape[3]);
    check(windows);
    resolve_same(windows, shape(input));
    const std::string rest = options(windows, true, !bias.empty());
    expect_channels(input, static_cast<int>(weight.shape[1]) * groups);
    if (out % groups != 0) fail("has " + text(out) + " channels in " + text(groups) + " groups");
    const Shape from = shape(input);
    std::vector<GraphTensor> tensors{{"weight", weight.shape, std::move(weight.values)}};
    if (!bias.empty()) tensors.push_back(vector_tensor("bias", std::move(bias)));
    return add_node("Conv<" + text(from.channels) + ", " + text(out) + rest + ">", {input},
                    {out, output_size(windows, 0, from.height), output_size(windows, 1, from.width)},
                    std::move(tensors), from.channels);
}

int GraphBuilder::conv_transpose(int input, Windows windows, GraphTensor weight, std::vector<float> bias) {
    if (weight.shape.size() != 4) fail("has a weight of shape " + depix::to_string(weight.shape));
    if (windows.same) fail("says that its padding keeps the size, which transposed convolutions do in two ways");
    const int out = static_cast<int>(weight.shape[1]) * windows.groups;
    windows.kernel[0] = static_cast<int>(weight.shape[2]);
    windows.kernel[1] = static_cast<int>(weight.shape[3]);
    check(windows);
    std::string rest = options(windows, false, !bias.empty());
    expect_channels(input, static_cast<int>(weight.shape[0]));
    if (windows.output_padding[0] != windows.output_padding[1] || windows.output_padding[0] < 0 ||
        windows.output_padding[0] > most)
        fail("has an output padding of its own for rows and for columns");
    if (windows.output_padding[0] != 0) {
        if (rest.empty()) rest = ", 3";
        rest += ", OutputPadding<" + text(windows.output_padding[0]) + ">";
    }
    const Shape from = shape(input);
    const auto size = [&](int axis, int old) {
        return (old - 1) * windows.stride[axis] + extent(windows, axis) - windows.before[axis] - windows.after[axis] +
               windows.output_padding[axis];
    };
    std::vector<GraphTensor> tensors{{"weight", weight.shape, std::move(weight.values)}};
    if (!bias.empty()) tensors.push_back(vector_tensor("bias", std::move(bias)));
    return add_node("ConvTranspose<" + text(from.channels) + ", " + text(out) + rest + ">", {input},
                    {out, size(0, from.height), size(1, from.width)}, std::move(tensors), from.channels);
}

int GraphBuilder::dense(int input, GraphTensor weight, std::vector<float> bias) {
    const Shape from = shape(input);
    if (weight.shape.size() != 2 || weight.shape[1] != from.size())
        fail("takes " + (weight.shape.size() == 2 ? std::to_string(weight.shape[1]) : "?") + " values and gets " +
             depix::to_string(from));
    const int out = static_cast<int>(weight.shape[0]);
    std::string type = "Dense<" + text(from.channels) + ", " + text(out);
    if (from.height != 1 || from.width != 1) type += ", Size<" + text(from.height) + ", " + text(from.width) + ">";
    if (bias.empty()) type += ", NoBias";
    std::vector<GraphTensor> tensors{{"weight", weight.shape, std::move(weight.values)}};
    if (!bias.empty()) tensors.push_back(vector_tensor("bias", std::move(bias)));
    return add_node(type + ">", {input}, {out, 1, 1}, std::move(tensors), from.channels);
}

int GraphBuilder::pool(int input, const Windows& given, const std::string& layer) {
    Windows windows = given;
    const Shape from = shape(input);
    check(windows);
    resolve_same(windows, from);
    options(windows, false, true);  // which checks the numbers
    if (windows.kernel[0] != windows.kernel[1]) fail("has a window that is not square");
    if (windows.dilation[0] != 1 || windows.dilation[1] != 1) fail("has dilated windows");
    if (windows.before[0] != windows.before[1] || windows.after[0] != windows.after[1])
        fail("has a padding of its own for rows and for columns");
    std::string type = layer + "<" + text(windows.kernel[0]);
    if (windows.stride[0] != windows.kernel[0]) type += ", Stride<" + text(windows.stride[0]) + ">";
    if (windows.before[0] != 0 || windows.after[0] != 0) {
        type += ", Padding<" + text(windows.before[0]);
        if (windows.after[0] != windows.before[0]) type += ", " + text(windows.after[0]);
        type += ">";
    }
    if (windows.ceil) type += ", CeilMode";
    return add_node(type + ">", {input},
                    {from.channels, output_size(windows, 0, from.height), output_size(windows, 1, from.width)});
}

int GraphBuilder::max_pool(int input, Windows windows) { return pool(input, windows, "MaxPool"); }

int GraphBuilder::average_pool(int input, Windows windows, bool counts_padding) {
    const Shape from = shape(input);
    check(windows);
    resolve_same(windows, from);
    windows.same = false;
    if (windows.kernel[0] == from.height && windows.kernel[1] == from.width && windows.before[0] == 0 &&
        windows.after[0] == 0 && windows.before[1] == 0 && windows.after[1] == 0)
        return global_average_pool(input);
    const bool pads = windows.before[0] + windows.before[1] + windows.after[0] + windows.after[1] > 0;
    if (pads && !counts_padding) fail("leaves its padding out of the mean, which depix's AveragePool counts");
    const bool exact = (from.height - windows.kernel[0]) % windows.stride[0] == 0 &&
                       (from.width - windows.kernel[1]) % windows.stride[1] == 0;
    if (windows.ceil && (pads || !exact)) fail("has windows that reach beyond the map");
    windows.ceil = false;
    return pool(input, windows, "AveragePool");
}

int GraphBuilder::global_average_pool(int input) {
    return add_node("GlobalAveragePool", {input}, {shape(input).channels, 1, 1});
}

int GraphBuilder::leaky_relu(int input, double slope) {
    if (slope == 0) return elementwise(input, "ReLU");
    const auto ratio = ratio_of(slope);
    if (!ratio || !(slope > 0 && slope <= 1)) return prelu(input, {static_cast<float>(slope)});
    return elementwise(input, *ratio == "std::ratio<1, 100>" ? "LeakyReLU<>" : "LeakyReLU<" + *ratio + ">");
}

int GraphBuilder::prelu(int input, std::vector<float> slopes) {
    const int count = static_cast<int>(slopes.size());
    if (count != 1) expect_channels(input, count);
    return add_node(count == 1 ? "PReLU<>" : "PReLU<" + text(count) + ">", {input}, shape(input),
                    {vector_tensor("weight", std::move(slopes))}, count == 1 ? 0 : count);
}

int GraphBuilder::clamp(int input, double low, double high) {
    constexpr double largest = (std::numeric_limits<float>::max)();
    if (low == 0 && high >= largest) return elementwise(input, "ReLU");
    const auto first = ratio_of(low), last = ratio_of(high);
    if (!first || !last || !(low < high)) fail("clips to a range that depix's Clamp does not have");
    if (low == 0 && high == 6) return elementwise(input, "ReLU6");
    return elementwise(input, "Clamp<" + *first + ", " + *last + ">");
}

int GraphBuilder::elu(int input, double alpha) {
    const auto ratio = ratio_of(alpha);
    if (!ratio || !(alpha > 0)) fail("is an ELU whose alpha is not above 0");
    return elementwise(input, alpha == 1 ? "ELU<>" : "ELU<" + *ratio + ">");
}

int GraphBuilder::hard_sigmoid(int input, double alpha, double beta) {
    if (std::abs(alpha - 1.0 / 6) < 1e-7 && beta == 0.5) return elementwise(input, "Hardsigmoid");
    return clamp(affine(input, {static_cast<float>(alpha)}, {static_cast<float>(beta)}), 0, 1);
}

int GraphBuilder::affine(int input, std::vector<float> scale, std::vector<float> shift) {
    if (scale.empty()) scale = {1.f};
    if (shift.empty()) shift = {0.f};
    for (const auto& values : {scale, shift})
        if (values.size() != 1) expect_channels(input, static_cast<int>(values.size()));
    return add_node("*Affine", {input}, shape(input),
                    {vector_tensor("scale", std::move(scale)), vector_tensor("shift", std::move(shift))});
}

int GraphBuilder::batch_norm(int input, std::vector<float> weight, std::vector<float> bias, std::vector<float> mean,
                             std::vector<float> variance, double epsilon) {
    const int channels = shape(input).channels;
    for (const auto* values : {&weight, &bias, &mean, &variance})
        expect_channels(input, static_cast<int>(values->size()));
    const auto ratio = ratio_of(epsilon);
    if (!ratio) fail("has an epsilon that is no fraction of whole numbers");
    std::string type = "BatchNorm<" + text(channels);
    if (*ratio != "std::ratio<1, 100000>") type += ", Epsilon<" + *ratio + ">";
    return add_node(type + ">", {input}, shape(input),
                    {vector_tensor("weight", std::move(weight)), vector_tensor("bias", std::move(bias)),
                     vector_tensor("running_mean", std::move(mean)), vector_tensor("running_var", std::move(variance))},
                    channels);
}

int GraphBuilder::group_norm(int input, int groups, std::vector<float> weight, std::vector<float> bias,
                             double epsilon) {
    const int channels = shape(input).channels;
    const bool affine = !weight.empty();
    if (affine) {
        expect_channels(input, static_cast<int>(weight.size()));
        expect_channels(input, static_cast<int>(bias.size()));
    }
    if (groups < 1 || channels % groups != 0)
        fail("has " + text(channels) + " channels in " + text(groups) + " groups");
    const auto ratio = ratio_of(epsilon);
    if (!ratio) fail("has an epsilon that is no fraction of whole numbers");
    std::string type =
        groups == channels ? "InstanceNorm<" + text(channels) : "GroupNorm<" + text(groups) + ", " + text(channels);
    if (*ratio != "std::ratio<1, 100000>") type += ", Epsilon<" + *ratio + ">";
    if (groups == channels && affine) type += ", Affine<true>";
    if (groups != channels && !affine) type += ", NoAffine";
    std::vector<GraphTensor> tensors;
    if (affine) tensors = {vector_tensor("weight", std::move(weight)), vector_tensor("bias", std::move(bias))};
    return add_node(type + ">", {input}, shape(input), std::move(tensors), channels);
}

int GraphBuilder::layer_norm(int input, std::vector<float> weight, std::vector<float> bias, double epsilon) {
    const int channels = shape(input).channels;
    for (const auto* values : {&weight, &bias}) expect_channels(input, static_cast<int>(values->size()));
    const auto ratio = ratio_of(epsilon);
    if (!ratio) fail("has an epsilon that is no fraction of whole numbers");
    const std::string rest = *ratio == "std::ratio<1, 1000000>" ? ">" : ", Epsilon<" + *ratio + ">>";
    return add_node("LayerNorm2d<" + text(channels) + rest, {input}, shape(input),
                    {vector_tensor("weight", std::move(weight)), vector_tensor("bias", std::move(bias))}, channels);
}

int GraphBuilder::add(int a, int b) {
    if (shape(a) != shape(b))
        fail("adds maps of " + depix::to_string(shape(a)) + " and of " + depix::to_string(shape(b)));
    return add_node("Add", {a, b}, shape(a));
}

int GraphBuilder::multiply(int a, int b) {
    if (shape(a).size() < shape(b).size()) std::swap(a, b);
    const Shape large = shape(a), small = shape(b);
    const bool fits =
        (small.channels == 1 || small.channels == large.channels) &&
        ((small.height == 1 && small.width == 1) || (small.height == large.height && small.width == large.width));
    if (!fits) fail("multiplies maps of " + depix::to_string(large) + " and of " + depix::to_string(small));
    return add_node("Multiply", {a, b}, large);
}

int GraphBuilder::concatenate(const std::vector<int>& inputs) {
    if (inputs.empty() || inputs.size() > 1024) fail("joins " + std::to_string(inputs.size()) + " maps");
    Shape joined = shape(inputs[0]);
    for (std::size_t i = 1; i < inputs.size(); ++i) {
        const Shape other = shape(inputs[i]);
        if (other.height != joined.height || other.width != joined.width)
            fail("joins maps of " + depix::to_string(joined) + " and of " + depix::to_string(other));
        joined.channels += other.channels;
    }
    return inputs.size() == 1 ? inputs[0] : add_node("Concatenate", inputs, joined);
}

int GraphBuilder::slice(int input, int first, int count) {
    const Shape from = shape(input);
    if (first < 0 || count < 1 || first > from.channels - count)
        fail("takes " + text(count) + " channels from " + text(first) + " on, of " + text(from.channels));
    if (count == from.channels) return input;
    return add_node("Slice<" + text(from.channels) + ", " + text(first) + ", " + text(count) + ">", {input},
                    {count, from.height, from.width}, {}, from.channels);
}

int GraphBuilder::pixel_shuffle(int input, int factor, bool depth_first) {
    const int channels = shape(input).channels, square = factor * factor;
    if (factor < 1 || factor > 64 || channels % square != 0)
        fail("shuffles " + text(channels) + " channels by a factor of " + text(factor));
    if (depth_first) {  // in TensorFlow's order, k * Factor + l counts before the channel
        const int out = channels / square;
        std::vector<int> permutation;
        for (int c = 0; c < out; ++c)
            for (int k = 0; k < square; ++k) permutation.push_back(k * out + c);
        input = permute(input, std::move(permutation));
    }
    const Shape from = shape(input);
    return add_node("PixelShuffle<" + text(factor) + ">", {input},
                    {channels / square, from.height * factor, from.width * factor});
}

int GraphBuilder::pixel_unshuffle(int input, int factor, bool depth_first) {
    const Shape from = shape(input);
    if (factor < 1 || factor > 64 || from.height % factor != 0 || from.width % factor != 0)
        fail("makes channels of " + depix::to_string(from) + " by a factor of " + text(factor));
    const int square = factor * factor;
    // A network that begins with it has to say how many channels it takes.
    const std::string channels = input == 0 ? ", " + text(from.channels) : "";
    const int result = add_node("PixelUnshuffle<" + text(factor) + channels + ">", {input},
                                {from.channels * square, from.height / factor, from.width / factor}, {},
                                input == 0 ? from.channels : 0);
    if (!depth_first) return result;
    std::vector<int> permutation;
    for (int k = 0; k < square; ++k)
        for (int c = 0; c < from.channels; ++c) permutation.push_back(c * square + k);
    return permute(result, std::move(permutation));
}

int GraphBuilder::upsample(int input, double factor_height, double factor_width, std::string_view mode,
                           bool align_corners) {
    const Shape from = shape(input);
    if (factor_height == 1 && factor_width == 1) return input;
    if (mode == "linear" && !align_corners && factor_height == 0.5 && factor_width == 0.5 && from.height % 2 == 0 &&
        from.width % 2 == 0)
        return average_pool(input, {.kernel = {2, 2}, .stride = {2, 2}}, false);  // which is the same
    const int factor = factor_height > 1 && factor_height < 65 ? static_cast<int>(factor_height) : 0;
    if (factor_height != factor_width || factor != factor_height || factor < 1)
        fail("scales by " + std::to_string(factor_height) + " and " + std::to_string(factor_width) +
             "; depix's Upsample takes a whole number for both");
    std::string type = "Upsample<" + text(factor);
    if (mode == "linear") type += align_corners ? ", Bilinear, AlignCorners" : ", Bilinear";
    if (mode == "cubic") type += ", Bicubic";
    if (mode != "linear" && mode != "cubic" && mode != "nearest") fail("scales in a mode that depix has no layer for");
    if (mode == "cubic" && align_corners) fail("is cubic with aligned corners, which depix has no layer for");
    return add_node(type + ">", {input}, {from.channels, from.height * factor, from.width * factor});
}

int GraphBuilder::pad(int input, const int (&rows)[2], const int (&columns)[2], std::string_view mode) {
    const int sides[4] = {rows[0], rows[1], columns[0], columns[1]};
    if (std::all_of(std::begin(sides), std::end(sides), [](int n) { return n == 0; })) return input;
    for (const int number : sides)
        if (number < -most || number > most) fail("pads by " + text(number));
    const Shape from = shape(input),
                to{from.channels, from.height + rows[0] + rows[1], from.width + columns[0] + columns[1]};
    if (mode == "constant") {
        // It waits: a convolution that follows takes zeros over, and rows and columns may be cut off one after another.
        const bool cuts = std::any_of(std::begin(sides), std::end(sides), [](int n) { return n < 0; });
        Padded padded{.source = input, .windows = {.before = {rows[0], columns[0]}, .after = {rows[1], columns[1]}}};
        if (const auto found = padded_.find(input); found != padded_.end() && found->second.cuts && cuts) {
            padded.source = found->second.source;
            for (int axis = 0; axis < 2; ++axis) {
                padded.windows.before[axis] += found->second.windows.before[axis];
                padded.windows.after[axis] += found->second.windows.after[axis];
            }
        } else {
            padded.source = solid(input);
        }
        padded.cuts = cuts;
        if (to.height < 1 || to.width < 1 || to.height > most || to.width > most)
            fail("gives a map of " + depix::to_string(to));
        graph.maps.push_back({to, graph.map(padded.source).producer});
        const int map = static_cast<int>(graph.maps.size()) - 1;
        padded_[map] = padded;
        return map;
    }
    if (std::any_of(std::begin(sides), std::end(sides), [](int n) { return n < 0; })) fail("pads by a negative number");
    if (rows[0] != columns[0] || rows[1] != columns[1]) fail("pads rows and columns differently");
    if (mode != "reflect" && mode != "edge") fail("pads in a mode that depix has no layer for");
    std::string type = (mode == "reflect" ? "ReflectPadding<" : "ReplicationPadding<") + text(rows[0]);
    if (rows[1] != rows[0]) type += ", " + text(rows[1]);
    return add_node(type + ">", {input}, to);
}

int GraphBuilder::crop(int input, int before, int after) {
    const Shape from = shape(input);
    if (before < 0 || after < 0) fail("cuts off and pads at the same time");
    if (before == 0 && after == 0) return input;
    std::string type = "Crop<" + text(before);
    if (after != before) type += ", " + text(after);
    return add_node(type + ">", {input}, {from.channels, from.height - before - after, from.width - before - after});
}

int GraphBuilder::permute(int input, std::vector<int> permutation) {
    const auto channels = static_cast<std::size_t>(shape(input).channels);
    std::vector<int> sorted = permutation;
    std::sort(sorted.begin(), sorted.end());
    for (std::size_t i = 0; i < sorted.size(); ++i)
        if (sorted.size() != channels || sorted[i] != static_cast<int>(i)) fail("is no permutation of its channels");
    if (channels > 1024) fail("changes the order of more than 1024 channels");
    const int result = add_node("*Permute", {input}, shape(input));
    graph.nodes.back().permutation = std::move(permutation);
    return result;
}

}  // namespace tool
