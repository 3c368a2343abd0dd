// find_mismatch: which step of a plan cannot take the shapes that it is given. It needs nothing of the host, so that
// firmware can check the shape of its pictures at compile time.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/plan.hpp"

namespace depix {

/// The first step that cannot take the shapes that it is given; -1 if all can. Some layers fix their input's height and
/// width, the two inputs of a join must be equally large (a factor may be of 1x1), and no output may be empty.
template <std::size_t T, std::size_t S>
constexpr int find_mismatch(const Plan<T, S>& plan, const std::array<Shape, T>& shapes) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const auto takes = [&](int tensor, int height, int width) {
            const Shape& given = shapes[static_cast<std::size_t>(tensor)];
            return (height == 0 || given.height == height) && (width == 0 || given.width == width);
        };
        const Shape& input = shapes[static_cast<std::size_t>(step.input)];
        const Shape& output = shapes[static_cast<std::size_t>(step.output)];
        if (!takes(step.input, step.layer.info->in_height, step.layer.info->in_width)) return i;
        const bool repeats = step.layer.info->traits.role == Role::Multiply && takes(step.other, 1, 1);
        if (step.other >= 0 && !repeats && !takes(step.other, input.height, input.width)) return i;
        if (output.height <= 0 || output.width <= 0) return i;
    }
    return -1;
}

}  // namespace depix
