// GraphBuilder: makes a Graph of depix's layers from what other formats call their operators. The readers of ncnn's and
// ONNX's graphs call it node by node.
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "depix/error.hpp"
#include "depix/io/tensor_file.hpp"
#include "depix/shape.hpp"
#include "graph.hpp"

namespace tool {

/// "std::ratio<1, 5>": the simplest fraction that is this number as a float. No value for what is not finite, or has no
/// fraction of numbers below 10^9.
std::optional<std::string> ratio_of(double value);

/// Where the windows of a convolution or a pooling lie. Rows first, then columns.
struct Windows {
    int kernel[2] = {1, 1};
    int stride[2] = {1, 1};
    int dilation[2] = {1, 1};
    int before[2] = {0, 0};
    int after[2] = {0, 0};
    int output_padding[2] = {0, 0};
    int groups = 1;
    bool ceil = false;               ///< of a pooling: the number of windows is rounded up
    bool same = false, late = true;  ///< the padding keeps size / stride; of an odd number the larger half is after
};

class GraphBuilder {
  public:
    /// The nodes so far. Types that begin with '*' are no layers yet; finish() replaces them.
    Graph graph;
    std::string context;  ///< what stands before messages: "layer conv_0 (Convolution): "

    /// Throws FileError where the input is larger than a map may be.
    GraphBuilder(std::string path, std::string format, Shape input);

    Shape shape(int map) const { return graph.map(map).shape; }

    // Convolutions. `weight` has PyTorch's shape; `bias` may be empty.
    int conv(int input, Windows windows, GraphTensor weight, std::vector<float> bias);
    int conv_transpose(int input, Windows windows, GraphTensor weight, std::vector<float> bias);
    /// In * H * W inputs; the weight is (Out, In * H * W).
    int dense(int input, GraphTensor weight, std::vector<float> bias);

    // Pooling.
    int max_pool(int input, Windows windows);
    int average_pool(int input, Windows windows, bool counts_padding);
    int global_average_pool(int input);

    // Activations and what is elementwise.
    int leaky_relu(int input, double slope);
    int prelu(int input, std::vector<float> slopes);
    int clamp(int input, double low, double high);
    int elu(int input, double alpha);
    int hard_sigmoid(int input, double alpha, double beta);
    /// A layer without parameters that keeps the shape: "Sigmoid", "Tanh", "SiLU"; or "*Erf", "*Softplus".
    int elementwise(int input, const std::string& type) { return add_node(type, {input}, shape(input)); }
    /// scale[c] * x + shift[c]; either has one value or one for each channel, or is empty.
    int affine(int input, std::vector<float> scale, std::vector<float> shift);
    int batch_norm(int input, std::vector<float> weight, std::vector<float> bias, std::vector<float> mean,
                   std::vector<float> variance, double epsilon);
    int group_norm(int input, int groups, std::vector<float> weight, std::vector<float> bias, double epsilon);

    int layer_norm(int input, std::vector<float> weight, std::vector<float> bias, double epsilon);

    // Joins.
    int add(int a, int b);
    int multiply(int a, int b);
    int concatenate(const std::vector<int>& inputs);
    int slice(int input, int first, int count);

    // Sizes.
    int pixel_shuffle(int input, int factor, bool depth_first = false);
    int pixel_unshuffle(int input, int factor, bool depth_first = false);
    int upsample(int input, double factor_height, double factor_width, std::string_view mode, bool align_corners);
    /// `mode` is "constant" (zeros), "reflect" or "edge"; top, bottom, left, right.
    int pad(int input, const int (&rows)[2], const int (&columns)[2], std::string_view mode);
    /// Fewer rows and columns: `before` at top and left, `after` at bottom and right.
    int crop(int input, int before, int after);
    int permute(int input, std::vector<int> permutation);

    /// Replaces the types that begin with '*' and drops what the output does not need. Throws if one is left over.
    Graph finish(int output);

    /// Throws FileError with the context.
    [[noreturn]] void fail(const std::string& what) const {
        depix::detail::fail(depix::FileError(graph.path, context + what));
    }

  private:
    int add_node(std::string type, std::vector<int> inputs, Shape output, std::vector<GraphTensor> tensors = {},
                 int in_channels = 0);
    int pool(int input, const Windows& windows, const std::string& layer);
    int solid(int map);
    void expect_channels(int input, int channels) const;
    std::string options(const Windows& windows, bool default_is_same, bool bias) const;
    void check(const Windows& windows) const;
    void resolve_same(Windows& windows, Shape input) const;

    // Zeros around a map, which a convolution that follows may take over; or fewer rows and columns.
    struct Padded {
        int source = 0;
        Windows windows{};
        bool cuts = false;  // rows and columns are cut off, not added
        int result = -1;    // the map that a convolution of its own padded, for other layers
    };
    std::map<int, Padded> padded_;
};

/// Finds activations that are written as several nodes, as x * sigmoid(x); folds permutations into convolutions; writes
/// a concatenation that begins with another as one of it. Part of GraphBuilder::finish.
void simplify(Graph& graph);

}  // namespace tool
