// A graph's type is what the test writes, and its weights have the names and shapes of that type.
#pragma once

#include <doctest/doctest.h>

#include <string>

#include "../../examples/depix/import/network_type.hpp"
#include "../io/error_message.hpp"
#include "depix/layers/average_pool.hpp"
#include "depix/layers/batch_norm.hpp"
#include "depix/layers/channel_scale.hpp"
#include "depix/layers/clamp.hpp"
#include "depix/layers/conv_transpose.hpp"
#include "depix/layers/crop.hpp"
#include "depix/layers/dense.hpp"
#include "depix/layers/edge_padding.hpp"
#include "depix/layers/elu.hpp"
#include "depix/layers/gelu.hpp"
#include "depix/layers/global_average_pool.hpp"
#include "depix/layers/hardswish.hpp"
#include "depix/layers/instance_norm.hpp"
#include "depix/layers/leaky_relu.hpp"
#include "depix/layers/max_pool.hpp"
#include "depix/layers/mish.hpp"
#include "depix/layers/pixel_shuffle.hpp"
#include "depix/layers/pixel_unshuffle.hpp"
#include "depix/layers/prelu.hpp"
#include "depix/layers/relu.hpp"
#include "depix/layers/scale.hpp"
#include "depix/layers/sigmoid.hpp"
#include "depix/layers/silu.hpp"
#include "depix/layers/simple_gate.hpp"
#include "depix/layers/softmax.hpp"
#include "depix/layers/tanh.hpp"
#include "depix/layers/upsample.hpp"
#include "depix/model.hpp"
#include "depix/network/split.hpp"
#include "depix/network/tap.hpp"

namespace depix_test {

// One line, with one space where there were several or a new line, and none after '<'.
inline std::string on_one_line(const std::string& text) {
    std::string result;
    for (const char c : text) {
        const bool blank = c == ' ' || c == '\n';
        if (blank && (result.empty() || result.back() == ' ' || result.back() == '<')) continue;
        result += blank ? ' ' : c;
    }
    return result;
}

// Dense<In, Out> as Conv<In, Out, 1>, which is the same for a vector. ncnn has one layer for both.
inline std::string without_dense(std::string text) {
    for (std::size_t i = 0; (i = text.find("Dense<", i)) != std::string::npos;) {
        text.replace(i, 5, "Conv");
        text.insert(text.find_first_of(",>", text.find(',', i) + 1), ", 1");
    }
    return text;
}

template <class Network>
void check_type(const tool::NetworkType& imported, const std::string& type) {
    CHECK(on_one_line(imported.definitions) == "using Net = " + type + "; ");
    CHECK(imported.parameters == Network::parameter_count);
    CHECK(Network::output(imported.input) == imported.output);
    const depix::Model<Network> model;
    const auto tensors = model.tensors();
    REQUIRE(imported.tensors.size() == tensors.size());
    for (std::size_t i = 0; i < tensors.size(); ++i) {
        CHECK(imported.tensors[i].name == tensors[i].name);
        CHECK(imported.tensors[i].shape == tensors[i].shape);
    }
}

}  // namespace depix_test

/// CHECK_TYPE(imported, Sequential<Conv<3, 4>, ReLU>): the text, and that type's tensors.
#define CHECK_TYPE(imported, ...) depix_test::check_type<__VA_ARGS__>(imported, #__VA_ARGS__)
