// Which algorithm computes a convolution of the plan, and what it needs.
#pragma once

#include <cstddef>

#include "depix/kernels/cpu/conv/kernels.hpp"
#include "depix/plan/plan.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// Chooses Winograd's tiles, of either kind, or pairs of rows, if they pay and can store what follows the convolution.
constexpr Algorithm choose_algorithm(const ConvKernels& kernels, const PlanStep& step) {
    if (step.upsample) return Algorithm::Upsampled;
    if (step.norm) return Algorithm::Pointwise;
    const bool can_store = !step.shuffle || step.shuffle.info->traits.up == 2;
    if (kernels.winograd && can_store) return Algorithm::Winograd;
    if (kernels.strided_winograd && !step.pool && !step.shuffle) return Algorithm::StridedWinograd;
    if (kernels.pointwise() && !step.pool && !step.shuffle) return Algorithm::Pointwise;
    return kernels.row_pair_block > 0 && !step.shuffle ? Algorithm::RowPairs : Algorithm::Taps;
}

/// Floats of scratch that each thread needs for a step: tiles, or convolved rows of `width`, which are the input of the
/// step's next layer.
constexpr std::size_t step_scratch(const ConvKernels& kernels, const PlanStep& step, Algorithm algorithm, int width) {
    if (algorithm == Algorithm::Winograd) return kernels.winograd_forward().scratch();
    if (algorithm == Algorithm::StridedWinograd) return kernels.strided_forward().scratch();
    if (algorithm == Algorithm::Upsampled) return kernels.upsampled().scratch();
    if (algorithm == Algorithm::Pointwise) return pointwise_scratch(kernels.geometry.in_channels);
    const int rows = step.pool ? 2 * largest_block : step.shuffle ? step.shuffle.info->traits.up * largest_block : 0;
    return static_cast<std::size_t>(rows) * static_cast<std::size_t>(round_up(width, 2 * vector_width));
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
