// network_type: writes a graph down as a network of depix's, which is a type.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "graph.hpp"

namespace tool {

/// A network as C++, and its weights under the names that depix gives them.
struct NetworkType {
    std::string definitions;  ///< "using NameBlock1 = ...;\nusing Name = ...;\n"
    std::vector<GraphTensor> tensors;
    std::size_t parameters = 0;  ///< that are trained
    depix::Shape input, output;  ///< of one picture
};

/// Parts that branch and join again become Residual, SkipConcat, Gate, Sum, Concat, Product and Split; a map that is
/// used elsewhere too becomes Tap and Use. Repetitions become Series, and parts that occur more than once have names of
/// their own. Throws FileError for a graph that cannot be written so.
///
/// How it works: each map has a dominator, the nearest map before it that everything it is computed from passes
/// through. A join whose dominator is d is `Join<F1, F2, ...>` applied to d, where Fi leads from d to the join's i-th
/// input. What a branch needs and another branch has computed already is the other's Tap.
NetworkType network_type(const Graph& graph, const std::string& name);

}  // namespace tool
