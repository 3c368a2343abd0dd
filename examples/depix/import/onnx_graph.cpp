// The graph of an ONNX file, opset 9 to 17 (https://github.com/onnx/onnx/blob/main/docs/Operators.md).
#include <algorithm>
#include <limits>
#include <map>
#include <optional>

#include "graph_builder.hpp"
#include "onnx_constants.hpp"
#include "read_graph.hpp"

namespace tool {

namespace {

using depix::OnnxFile;
using Integers = std::vector<std::int64_t>;

// A map seen with other dimensions, on the way from one Reshape to another.
struct Reshaped {
    int map = 0;
    Integers shape;  // of the map, in its own order
    Integers order;  // of the dimensions, as Transpose has it
    Integers then;   // the shape that the values in that order were given; empty: none yet
};

class OnnxLowering {
  public:
    OnnxLowering(const OnnxFile& file, Shape input) : file_(file), build_(file.path, "ONNX", input) {
        for (const OnnxTensor& tensor : file.initializers) constants_[tensor.name] = tensor;
        if (file.opset < 9 || file.opset > 17)
            build_.fail("has opset " + std::to_string(file.opset) + "; graphs of 9 to 17 are read");
        if (file.inputs.size() != 1 || file.outputs.size() != 1)
            build_.fail("has " + std::to_string(file.inputs.size()) + " inputs and " +
                        std::to_string(file.outputs.size()) + " outputs; networks with one of each are read");
        maps_[file.inputs[0].name] = 0;
    }

    Graph run() {
        for (const OnnxNode& node : file_.nodes) {
            node_ = &node;
            build_.context = "node " + node.name + " (" + node.type + ") ";
            if (!node.domain.empty()) build_.fail("is of the domain " + node.domain + ", which depix does not know");
            if (node.outputs.empty()) continue;
            if (!fold()) lower();
        }
        build_.context.clear();
        const auto output = maps_.find(file_.outputs[0].name);
        if (output == maps_.end()) build_.fail("has an output that does not depend on its input, or is no picture");
        return build_.finish(output->second);
    }

  private:
    // ---- what nodes read
    // ---------------------------------------------------------------------------------------------

    bool has(std::size_t index) const { return index < node_->inputs.size() && !node_->inputs[index].empty(); }
    const OnnxTensor* constant(std::size_t index) const {
        if (!has(index)) return nullptr;
        const auto found = constants_.find(node_->inputs[index]);
        return found == constants_.end() ? nullptr : &found->second;
    }
    const OnnxTensor& need_constant(std::size_t index, const char* what) const {
        const OnnxTensor* found = constant(index);
        if (found == nullptr) build_.fail(std::string("has no constant ") + what);
        return *found;
    }
    std::vector<float> reals(std::size_t index, const char* what) const {
        return real_values(need_constant(index, what));
    }
    bool is_map(std::size_t index) const { return has(index) && maps_.contains(node_->inputs[index]); }
    int map(std::size_t index) const {
        const auto found = has(index) ? maps_.find(node_->inputs[index]) : maps_.end();
        if (found == maps_.end()) build_.fail("reads something that is no picture");
        return found->second;
    }
    // The input, if it is a map seen with other dimensions; otherwise null.
    const Reshaped* view(std::size_t index) const {
        const auto found = has(index) ? reshaped_.find(node_->inputs[index]) : reshaped_.end();
        return found == reshaped_.end() ? nullptr : &found->second;
    }
    std::int64_t integer(const char* name, std::int64_t otherwise) const {
        const auto found = node_->attributes.find(name);
        return found == node_->attributes.end() ? otherwise : found->second.integer;
    }
    int small(const char* name, int otherwise) const { return narrow(integer(name, otherwise)); }
    int narrow(std::int64_t value) const {
        if (value < -(1 << 30) || value > 1 << 30) build_.fail("has a number that is too large");
        return static_cast<int>(value);
    }
    float real(const char* name, float otherwise) const {
        const auto found = node_->attributes.find(name);
        return found == node_->attributes.end() ? otherwise : found->second.real;
    }
    std::string text(const char* name, const char* otherwise) const {
        const auto found = node_->attributes.find(name);
        return found == node_->attributes.end() ? otherwise : found->second.text;
    }
    // A list that is an attribute in older opsets and an input in newer ones.
    std::optional<Integers> list(const char* name, std::size_t input) const {
        if (const auto found = node_->attributes.find(name); found != node_->attributes.end())
            return found->second.integers;
        if (!has(input)) return std::nullopt;
        const OnnxTensor& tensor = need_constant(input, name);
        if (!tensor.is_integer) build_.fail(std::string("has ") + name + " that are no whole numbers");
        return tensor.integers;
    }
    static constexpr std::size_t attribute_only = 1000;

    void give(int result) { maps_[node_->outputs[0]] = result; }

    // ---- constants
    // ---------------------------------------------------------------------------------------------------

    // Shapes, and what is computed from constants alone.
    bool fold() {
        if (node_->type == "Shape" && (is_map(0) || view(0) != nullptr)) {
            constants_[node_->outputs[0]] = integer_tensor(shape_of(0));
            return true;
        }
        std::vector<const OnnxTensor*> inputs;
        for (std::size_t i = 0; i < node_->inputs.size(); ++i) {
            if (has(i) && constant(i) == nullptr) return false;
            inputs.push_back(constant(i));
        }
        std::optional<OnnxTensor> result = constant_result(*node_, inputs);
        if (!result) build_.fail("computes with constants alone in a way that is not read");
        folded_ += result->floats.size() + result->integers.size();
        if (folded_ > std::size_t{1} << 25) build_.fail("computes more constants than 2^25");
        constants_[node_->outputs[0]] = std::move(*result);
        return true;
    }
    Integers shape_of(std::size_t index) const {
        if (const Reshaped* found = view(index)) {
            if (!found->then.empty()) return found->then;
            Integers shape;
            for (const std::int64_t axis : found->order) shape.push_back(found->shape[static_cast<std::size_t>(axis)]);
            return shape;
        }
        const Shape shape = build_.shape(map(index));
        if (flat_.contains(map(index))) return {1, shape.channels};
        return {1, shape.channels, shape.height, shape.width};
    }

    // ---- nodes
    // -------------------------------------------------------------------------------------------------------

    void lower() {
        const std::string& type = node_->type;
        if (type == "Reshape" || type == "Flatten" || type == "Transpose" || type == "Squeeze" || type == "Unsqueeze")
            return reshape();
        if (type == "LayerNormalization") return layer_norm();
        if (type == "InstanceNormalization" && view(0) != nullptr) return group_norm();
        if (type == "Split") return split();
        if (type == "Gemm" || type == "MatMul") return dense();
        if (type == "Concat") return concatenate();
        if (type == "Add" || type == "Sub" || type == "Mul" || type == "Div") return give(binary());
        if (type == "Sum") {
            int result = map(0);
            for (std::size_t i = 1; i < node_->inputs.size(); ++i) result = build_.add(result, map(i));
            return give(result);
        }
        const int x = map(0), result = unary(x);
        const Shape shape = build_.shape(result);
        if (flat_.contains(x) && shape.height == 1 && shape.width == 1) flat_[result] = true;
        give(result);
    }

    int unary(int x) {
        const std::string& type = node_->type;
        if (type == "Conv")
            return build_.conv(x, windows(false), weight(1), has(2) ? reals(2, "bias") : std::vector<float>{});
        if (type == "ConvTranspose") {
            if (node_->attributes.contains("output_shape")) build_.fail("states the size of its output");
            return build_.conv_transpose(x, windows(true), weight(1), has(2) ? reals(2, "bias") : std::vector<float>{});
        }
        if (type == "Relu") return build_.elementwise(x, "ReLU");
        if (type == "LeakyRelu") return build_.leaky_relu(x, real("alpha", 0.01f));
        if (type == "PRelu") return build_.prelu(x, per_channel(need_constant(1, "slope")));
        if (type == "Sigmoid" || type == "Tanh") return build_.elementwise(x, type);
        if (type == "Erf" || type == "Softplus") return build_.elementwise(x, "*" + type);
        if (type == "Elu") return build_.elu(x, real("alpha", 1));
        if (type == "HardSigmoid") return build_.hard_sigmoid(x, real("alpha", 0.2f), real("beta", 0.5f));
        if (type == "HardSwish") return build_.elementwise(x, "Hardswish");
        if (type == "Softmax") return softmax(x);
        if (type == "Clip") return clip(x);
        if (type == "Neg") return build_.affine(x, {-1.f}, {});
        if (type == "Identity" || type == "Dropout" || type == "Cast") return x;
        if (type == "BatchNormalization")
            return build_.batch_norm(x, reals(1, "scale"), reals(2, "bias"), reals(3, "mean"), reals(4, "variance"),
                                     real("epsilon", 1e-5f));
        if (type == "InstanceNormalization") {
            std::vector<float> scale = reals(1, "scale"), shift = reals(2, "bias");
            if (all_are(scale, 1) && all_are(shift, 0)) scale.clear(), shift.clear();  // ONNX always has both
            return build_.group_norm(x, build_.shape(x).channels, scale, shift, real("epsilon", 1e-5f));
        }
        if (type == "MaxPool" || type == "AveragePool") {
            Windows pool = windows(false);
            pool.ceil = integer("ceil_mode", 0) != 0;
            if (type == "AveragePool") return build_.average_pool(x, pool, integer("count_include_pad", 0) != 0);
            return build_.max_pool(x, pool);
        }
        if (type == "GlobalAveragePool") return build_.global_average_pool(x);
        if (type == "ReduceMean") return reduce_mean(x);
        if (type == "DepthToSpace") return build_.pixel_shuffle(x, small("blocksize", 0), text("mode", "DCR") == "DCR");
        if (type == "SpaceToDepth") return build_.pixel_unshuffle(x, small("blocksize", 0), true);
        if (type == "Resize" || type == "Upsample") return resize(x);
        if (type == "Pad") return pad(x);
        if (type == "Gather") return gather(x);
        if (type == "Slice") return slice(x);
        build_.fail("has no layer in depix");
    }

    static bool all_are(const std::vector<float>& values, float wanted) {
        return std::all_of(values.begin(), values.end(), [&](float value) { return value == wanted; });
    }

    GraphTensor weight(std::size_t index) const {
        const OnnxTensor& tensor = need_constant(index, "weight");
        if (tensor.is_integer) build_.fail("has a weight of whole numbers");
        return {"weight", tensor.shape, tensor.floats};
    }

    Windows windows(bool transposed) const {
        Windows result;
        const auto pair = [&](const char* name, int(&to)[2], int otherwise) {
            to[0] = to[1] = otherwise;
            const auto given = list(name, attribute_only);
            if (!given) return;
            if (given->size() != 2) build_.fail("is of other dimensions than height and width");
            for (std::size_t axis = 0; axis < 2; ++axis) to[axis] = narrow((*given)[axis]);
        };
        pair("kernel_shape", result.kernel, 1);
        pair("strides", result.stride, 1);
        pair("dilations", result.dilation, 1);
        if (transposed) pair("output_padding", result.output_padding, 0);
        result.groups = small("group", 1);
        const std::string automatic = text("auto_pad", "NOTSET");
        result.same = automatic.starts_with("SAME");
        result.late = automatic == "SAME_UPPER";
        if (const auto pads = list("pads", attribute_only); pads && automatic == "NOTSET") {
            if (pads->size() != 4) build_.fail("is of other dimensions than height and width");
            for (std::size_t axis = 0; axis < 2; ++axis) {
                result.before[axis] = narrow((*pads)[axis]);
                result.after[axis] = narrow((*pads)[axis + 2]);
            }
        }
        return result;
    }

    // A constant with one value, or with one for each channel: (C, 1, 1), or (1, C, 1, 1), or for a Dense layer's (C).
    std::vector<float> per_channel(const OnnxTensor& tensor, bool is_vector = false) const {
        std::vector<float> values = real_values(tensor);
        const std::size_t rank = tensor.shape.size();
        const std::size_t axis = is_vector ? rank - 1 : rank - 3;  // beyond the end where there is none
        if (values.size() != 1 && (axis >= rank || tensor.shape[axis] != values.size()))
            build_.fail("has a constant of shape " + depix::to_string(tensor.shape) +
                        ", which is not one value a channel");
        return values;
    }

    int binary() {
        const std::string& type = node_->type;
        if (is_map(0) && is_map(1)) {
            if (type == "Add") return build_.add(map(0), map(1));
            if (type == "Sub") return build_.add(map(0), build_.affine(map(1), {-1.f}, {}));
            if (type == "Mul") return build_.multiply(map(0), map(1));
            build_.fail("divides one map by another, which depix has no layer for");
        }
        const bool constant_first = constant(0) != nullptr;
        const int x = map(constant_first ? 1 : 0);
        std::vector<float> values = per_channel(need_constant(constant_first ? 0 : 1, "operand"), flat_.contains(x));
        if (type == "Add") return build_.affine(x, {}, values);
        if (type == "Mul") return build_.affine(x, values, {});
        if (type == "Sub" && constant_first) return build_.affine(x, {-1.f}, values);
        for (float& value : values) value = type == "Sub" ? -value : 1 / value;
        if (type == "Sub") return build_.affine(x, {}, values);
        if (constant_first) build_.fail("divides by a map, which depix has no layer for");
        return build_.affine(x, values, {});
    }

    int softmax(int x) {
        const std::int64_t axis = integer("axis", file_.opset < 13 ? 1 : -1);
        const Shape shape = build_.shape(x);
        const bool one_pixel = shape.height == 1 && shape.width == 1;
        const bool channels = axis == 1 || axis == -3 || (flat_.contains(x) && axis == -1);
        if (!channels || (file_.opset < 13 && !one_pixel)) build_.fail("is taken along another axis than the channels");
        return build_.elementwise(x, "Softmax");
    }

    int clip(int x) {
        constexpr float most = (std::numeric_limits<float>::max)();
        const auto bound = [&](const char* name, std::size_t input, float otherwise) {
            if (!has(input)) return real(name, otherwise);
            const std::vector<float> value = reals(input, name);
            if (value.size() != 1) build_.fail("has a bound that is not one number");
            return value[0];
        };
        return build_.clamp(x, bound("min", 1, -most), bound("max", 2, most));
    }

    int reduce_mean(int x) {
        Integers axes = list("axes", 1).value_or(Integers{});
        for (std::int64_t& axis : axes)
            if (axis < 0) axis += 4;
        std::sort(axes.begin(), axes.end());
        if (axes != Integers{2, 3}) build_.fail("takes the mean of something else than of a whole channel");
        const int result = build_.global_average_pool(x);
        if (integer("keepdims", 1) == 0) flat_[result] = true;
        return result;
    }

    int resize(int x) {
        const Shape from = build_.shape(x);
        const bool is_upsample = node_->type == "Upsample";
        const std::size_t scale_input = is_upsample || file_.opset < 11 ? 1 : 2;
        double height = 0, width = 0;
        if (has(3) && !need_constant(3, "sizes").integers.empty()) {
            const Integers& sizes = constant(3)->integers;
            if (sizes.size() != 4 || sizes[0] != 1 || sizes[1] != from.channels) build_.fail("resizes channels");
            height = static_cast<double>(sizes[2]) / from.height;
            width = static_cast<double>(sizes[3]) / from.width;
        } else {
            const std::vector<float> scales = reals(scale_input, "scales");
            if (scales.size() != 4 || scales[0] != 1 || scales[1] != 1) build_.fail("resizes channels");
            height = scales[2];
            width = scales[3];
        }
        const std::string mode = text("mode", "nearest");
        const bool old = is_upsample || file_.opset < 11;  // whose coordinates are not stated
        const std::string coordinates = text("coordinate_transformation_mode", old ? "asymmetric" : "half_pixel");
        const bool half_pixel = coordinates == "half_pixel" || coordinates == "pytorch_half_pixel";
        if (mode == "nearest") {
            const std::string rounding = text("nearest_mode", old ? "floor" : "round_prefer_floor");
            // Both give pixel i / factor, rounded down.
            if (!(coordinates == "asymmetric" && rounding == "floor") &&
                !(half_pixel && rounding.starts_with("round")) &&
                !(coordinates == "asymmetric" && height == 2 && width == 2 && rounding == "round_prefer_floor"))
                build_.fail("takes other nearest neighbours (" + coordinates + ", " + rounding +
                            ") than depix's Upsample");
        } else if (!half_pixel && coordinates != "align_corners") {
            build_.fail("places its pixels in a way (" + coordinates + ") that depix's Upsample does not have");
        }
        if (mode == "cubic" && real("cubic_coeff_a", -0.75f) != -0.75f)
            build_.fail("has another cubic coefficient than -0.75");
        return build_.upsample(x, height, width, mode, coordinates == "align_corners");
    }

    int pad(int x) {
        const std::string mode = text("mode", "constant");
        const auto pads = list("pads", 1);
        if (!pads || pads->size() != 8) build_.fail("is of other dimensions than height and width");
        const Integers& p = *pads;
        if (p[0] != 0 || p[1] != 0 || p[4] != 0 || p[5] != 0) build_.fail("pads channels");
        if (mode == "constant") {
            const std::vector<float> value = has(2) ? reals(2, "value") : std::vector<float>{real("value", 0)};
            if (value.size() != 1 || value[0] != 0) build_.fail("pads with a number that is not 0");
        }
        return build_.pad(x, {narrow(p[2]), narrow(p[6])}, {narrow(p[3]), narrow(p[7])}, mode);
    }

    // All channels in another order.
    int gather(int x) {
        const Integers indices = need_constant(1, "indices").integers;
        if (const std::int64_t axis = integer("axis", 0); axis != 1 && axis != -3)
            build_.fail("gathers along another axis than the channels");
        std::vector<int> permutation;
        for (const std::int64_t index : indices)
            permutation.push_back(narrow(index < 0 ? index + build_.shape(x).channels : index));
        return build_.permute(x, permutation);
    }

    int slice(int x) {
        const auto starts = list("starts", 1), ends = list("ends", 2), steps = list("steps", 4);
        auto axes = list("axes", 3);
        if (!starts || !ends || starts->size() != ends->size() || starts->size() > 4) build_.fail("lacks its bounds");
        if (!axes) {
            axes = Integers{};
            for (std::size_t i = 0; i < starts->size(); ++i) axes->push_back(static_cast<std::int64_t>(i));
        }
        if (axes->size() != starts->size()) build_.fail("has another number of axes than of bounds");
        for (std::size_t i = 0; i < axes->size(); ++i) {
            if (steps && (steps->size() != axes->size() || (*steps)[i] != 1))
                build_.fail("takes every second value or so");
            const Shape shape = build_.shape(x);
            const std::int64_t axis = (*axes)[i] < 0 ? (*axes)[i] + 4 : (*axes)[i];
            if (axis < 0 || axis > 3) build_.fail("has an axis that is not there");
            const std::int64_t size =
                Integers{1, shape.channels, shape.height, shape.width}[static_cast<std::size_t>(axis)];
            const auto inside = [&](std::int64_t at) {
                return static_cast<int>(std::clamp<std::int64_t>(at < 0 ? std::max(at, -size) + size : at, 0, size));
            };
            const int first = inside((*starts)[i]), last = inside((*ends)[i]);
            if (axis == 1) x = build_.slice(x, first, last - first);
            const int after = static_cast<int>(size) - last;
            if (axis == 2) x = build_.pad(x, {-first, -after}, {0, 0}, "constant");
            if (axis == 3) x = build_.pad(x, {0, 0}, {-first, -after}, "constant");
            if (axis == 0 && (first != 0 || last != 1)) build_.fail("cuts the batch");
        }
        return x;
    }

    void split() {
        const int x = map(0), channels = build_.shape(x).channels;
        if (const std::int64_t axis = integer("axis", 0); axis != 1 && axis != -3)
            build_.fail("cuts along another axis than the channels");
        const auto sizes = list("split", 1);
        const int parts = static_cast<int>(node_->outputs.size());
        if (sizes ? sizes->size() != node_->outputs.size() : channels % parts != 0)
            build_.fail("cuts " + std::to_string(channels) + " channels into " + std::to_string(parts));
        int first = 0;
        for (std::size_t i = 0; i < node_->outputs.size(); ++i) {
            const int count = sizes ? narrow((*sizes)[i]) : channels / parts;
            maps_[node_->outputs[i]] = build_.slice(x, first, count);
            first += count;
        }
    }

    void concatenate() {
        if (const std::int64_t axis = integer("axis", 1); axis != 1 && axis != -3)
            build_.fail("joins along another axis than the channels");
        std::vector<int> inputs;
        for (std::size_t i = 0; i < node_->inputs.size(); ++i) inputs.push_back(map(i));
        give(build_.concatenate(inputs));
    }

    // x W + b after the picture has become a vector.
    void dense() {
        int x = -1;
        if (const Reshaped* found = view(0)) {
            if (found->shape.size() != 2) build_.fail("multiplies something else than a vector");
            x = found->map;
        } else {
            x = map(0);
            if (!flat_.contains(x)) build_.fail("multiplies a map, and not a vector");
        }
        OnnxTensor matrix = need_constant(1, "matrix");
        if (matrix.shape.size() != 2 || matrix.is_integer) build_.fail("has a matrix of other dimensions");
        if (real("alpha", 1) != 1 || real("beta", 1) != 1 || integer("transA", 0) != 0)
            build_.fail("has factors that depix's Dense does not have");
        if (node_->type == "MatMul" || integer("transB", 0) == 0) {
            OnnxNode transpose;
            transpose.type = "Transpose";
            matrix = constant_result(transpose, {&matrix}).value();
        }
        const int result = build_.dense(x, {"weight", matrix.shape, matrix.floats},
                                        has(2) ? per_channel(need_constant(2, "bias"), true) : std::vector<float>{});
        flat_[result] = true;
        give(result);
    }

    // ---- Reshape and Transpose, where they spell a pixel shuffle, groups of channels, or a vector
    // --------------------

    void reshape() {
        Reshaped view;
        if (const Reshaped* found = this->view(0)) {
            view = *found;
        } else {
            view = {map(0), shape_of(0), {}, {}};
            for (std::size_t i = 0; i < view.shape.size(); ++i) view.order.push_back(static_cast<std::int64_t>(i));
        }
        if (node_->type == "Transpose") {
            const auto perm = list("perm", attribute_only);
            if (!perm || perm->size() != view.order.size() || !view.then.empty())
                build_.fail("has no order of its dimensions");
            Integers order;
            for (const std::int64_t axis : *perm) {
                if (axis < 0 || axis >= static_cast<std::int64_t>(view.order.size()))
                    build_.fail("has an axis too many");
                order.push_back(view.order[static_cast<std::size_t>(axis)]);
            }
            view.order = order;
            const Shape own = build_.shape(view.map);
            if (std::is_sorted(order.begin(), order.end()) &&
                view.shape == Integers{1, own.channels, own.height, own.width})
                return give(view.map);  // it turns an earlier one back
            reshaped_[node_->outputs[0]] = view;
            return;
        }
        const Integers shape = new_shape(shape_of(0));
        const bool ordered = std::is_sorted(view.order.begin(), view.order.end());
        int result = view.map;
        if (!ordered && shape.size() != 4) {
            view.then = shape;
            reshaped_[node_->outputs[0]] = view;
            return;
        }
        if (!ordered) result = reordered(view, shape);
        const Shape own = build_.shape(result);
        const bool vector = shape.size() == 2 && shape[0] == 1, one_pixel = own.height == 1 && own.width == 1;
        if (shape == Integers{1, own.channels, own.height, own.width} || (vector && one_pixel)) {
            vector ? flat_[result] = true : flat_.erase(result) > 0;
            return give(result);
        }
        if (!ordered) build_.fail("gives another shape than its Transpose prepares");
        view.shape = shape;
        view.order.clear();
        for (std::size_t i = 0; i < shape.size(); ++i) view.order.push_back(static_cast<std::int64_t>(i));
        reshaped_[node_->outputs[0]] = view;
    }

    // What the Reshape says, with its 0 (as before) and -1 (what is left) filled in.
    Integers new_shape(const Integers& old) const {
        std::int64_t count = 1;
        for (const std::int64_t extent : old) count *= extent;
        Integers shape;
        if (node_->type == "Flatten") {
            if (integer("axis", 1) != 1) build_.fail("keeps more than the batch");
            return {1, count};
        }
        if (node_->type == "Squeeze" || node_->type == "Unsqueeze") return squeezed(old);
        shape = list("shape", 1).value_or(Integers{});
        std::int64_t known = 1;
        if (shape.empty() || shape.size() > 8) build_.fail("has no shape");
        for (std::size_t i = 0; i < shape.size(); ++i) {
            if (shape[i] == 0 && i < old.size()) shape[i] = old[i];
            if (shape[i] < -1 || shape[i] == 0 || shape[i] > count) build_.fail("has a shape that does not fit");
            if (shape[i] > 0) known *= shape[i];
            if (known > count) build_.fail("has a shape that does not fit");
        }
        for (std::int64_t& extent : shape)
            if (extent == -1) extent = count / std::exchange(known, count);
        std::int64_t product = 1;
        for (const std::int64_t extent : shape) product *= extent;
        if (product != count) build_.fail("has a shape that does not fit");
        return shape;
    }

    // Dimensions of 1 left out or put in.
    Integers squeezed(Integers shape) const {
        Integers axes = list("axes", 1).value_or(Integers{});
        const bool removes = node_->type == "Squeeze";
        const auto rank = static_cast<std::int64_t>(shape.size() + (removes ? 0 : axes.size()));
        if (axes.empty() || rank > 8) build_.fail("does not say which dimensions");
        for (std::int64_t& axis : axes)
            if (axis < 0) axis += rank;
        std::sort(axes.begin(), axes.end());
        if (removes) std::reverse(axes.begin(), axes.end());
        for (const std::int64_t axis : axes) {
            const auto size = static_cast<std::int64_t>(shape.size());
            if (axis < 0 || axis > (removes ? size - 1 : size)) build_.fail("has an axis that is not there");
            if (removes && shape[static_cast<std::size_t>(axis)] != 1)
                build_.fail("leaves out a dimension that is not 1");
            removes ? shape.erase(shape.begin() + axis) : shape.insert(shape.begin() + axis, 1);
        }
        return shape;
    }

    // A pixel shuffle, its inverse, or groups of channels in another order.
    int reordered(const Reshaped& view, const Integers& to) {
        const Integers& s = view.shape;
        const Integers& order = view.order;
        if (s.size() == 6 && s[0] == 1 && to.size() == 4) {
            if (order == Integers{0, 1, 4, 2, 5, 3} && s[2] == s[3] && to[1] == s[1])
                return build_.pixel_shuffle(view.map, narrow(s[2]));
            if (order == Integers{0, 3, 4, 1, 5, 2} && s[1] == s[2] && to[1] == s[3])
                return build_.pixel_shuffle(view.map, narrow(s[1]), true);
            if (order == Integers{0, 1, 3, 5, 2, 4} && s[3] == s[5] && to[1] == s[1] * s[3] * s[5])
                return build_.pixel_unshuffle(view.map, narrow(s[3]));
            if (order == Integers{0, 3, 5, 1, 2, 4} && s[3] == s[5] && to[1] == s[1] * s[3] * s[5])
                return build_.pixel_unshuffle(view.map, narrow(s[3]), true);
        }
        if (s.size() == 5 && s[0] == 1 && to.size() == 4 && order == Integers{0, 2, 1, 3, 4}) {
            std::vector<int> permutation;
            for (std::int64_t c = 0; c < s[2]; ++c)
                for (std::int64_t g = 0; g < s[1]; ++g) permutation.push_back(narrow(g * s[2] + c));
            return build_.permute(view.map, permutation);
        }
        build_.fail("orders values in a way that is no pixel shuffle");
    }

    // PyTorch writes GroupNorm as an InstanceNormalization of (1, groups, rest), a Reshape, a factor and a summand.
    void group_norm() {
        Reshaped view = *this->view(0);
        if (view.shape.size() != 3 || !std::is_sorted(view.order.begin(), view.order.end()))
            build_.fail("normalises something else than groups of channels");
        if (!all_are(reals(1, "scale"), 1) || !all_are(reals(2, "bias"), 0))
            build_.fail("has a factor or a summand for each group");
        view.map = build_.group_norm(view.map, narrow(view.shape[1]), {}, {}, real("epsilon", 1e-5f));
        reshaped_[node_->outputs[0]] = view;
    }

    // Over the channels of each pixel, which a Transpose has moved to the end.
    void layer_norm() {
        const Reshaped* last = view(0);
        if (last == nullptr || last->order != Integers{0, 2, 3, 1} || !last->then.empty() || integer("axis", -1) != -1)
            build_.fail("normalises something else than the channels of each pixel");
        Reshaped result = *last;
        result.map = build_.layer_norm(result.map, reals(1, "scale"), reals(2, "bias"), real("epsilon", 1e-5f));
        reshaped_[node_->outputs[0]] = result;
    }

    const OnnxFile& file_;
    GraphBuilder build_;
    const OnnxNode* node_ = nullptr;
    std::map<std::string, int> maps_;
    std::map<std::string, OnnxTensor> constants_;
    std::map<std::string, Reshaped> reshaped_;
    std::size_t folded_ = 0;    // values that were computed from constants
    std::map<int, bool> flat_;  // maps of one pixel that the file has as vectors
};

}  // namespace

Graph graph_of(const OnnxFile& file, Shape input) { return OnnxLowering(file, input).run(); }

Graph read_graph(const OnnxFile& file) {
    const auto fail = [&](const std::string& what) { throw depix::FileError(file.path, what); };
    if (file.inputs.size() != 1)
        fail("has " + std::to_string(file.inputs.size()) + " inputs; networks with one are read");
    Integers shape = file.inputs[0].shape;
    if (shape.size() != 4 || shape[0] > 1)
        fail("takes something else than one picture (batch, channels, height, width)");
    if (shape[1] < 0) {  // the first convolution says it
        for (const OnnxNode& node : file.nodes)
            for (const OnnxTensor& tensor : file.initializers)
                if (shape[1] < 0 && node.type == "Conv" && node.inputs.size() > 1 && tensor.name == node.inputs[1] &&
                    tensor.shape.size() == 4)
                    shape[1] = static_cast<std::int64_t>(tensor.shape[1]);
    }
    for (const std::int64_t extent : shape)
        if (extent > 1 << 16) fail("takes a picture that is too large");
    if (shape[1] < 1) fail("does not say how many channels a picture has");
    const auto number = [&](std::size_t i) { return static_cast<int>(shape[i]); };
    if (shape[2] > 0 && shape[3] > 0) return graph_of(file, {number(1), number(2), number(3)});
    return read_for_two_sizes([&](Shape input) { return graph_of(file, input); }, number(1));
}

}  // namespace tool
