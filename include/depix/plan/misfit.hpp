// find_misfit: which step of a plan cannot take the shapes that come to it. Needs nothing of the host, so that firmware
// checks its pictures' shape at compile time with it.
#pragma once

#include <array>
#include <cstddef>

#include "depix/plan/plan.hpp"

namespace depix {

/// The first step that cannot take what these shapes give it, -1: all can. Some layers fix their input's height and
/// width, the two sides of a join are equally large, and there must be something left to give.
template <std::size_t T, std::size_t S>
constexpr int find_misfit(const Plan<T, S>& plan, const std::array<Shape, T>& shapes) {
    for (int i = 0; i < plan.step_count; ++i) {
        const PlanStep& step = plan.step(i);
        const auto takes = [&](int tensor, int height, int width) {
            const Shape& given = shapes[static_cast<std::size_t>(tensor)];
            return (height == 0 || given.height == height) && (width == 0 || given.width == width);
        };
        const Shape& input = shapes[static_cast<std::size_t>(step.input)];
        const Shape& output = shapes[static_cast<std::size_t>(step.output)];
        if (!takes(step.input, step.layer.info->in_height, step.layer.info->in_width)) return i;
        if (step.other >= 0 && !takes(step.other, input.height, input.width)) return i;
        if (output.height <= 0 || output.width <= 0) return i;
    }
    return -1;
}

}  // namespace depix
