// How a convolution's output pixel finds its inputs, described in plain numbers. One geometry describes a convolution,
// a transposed one, and the gradients of both with respect to their inputs.
//
// All four are the same sum, which gathers its inputs:
//
//     out[o][row][column] = sum over c, k, l of W(o, c, k, l) * in[c][row'(row, k)][column'(column, l)]
//
// A convolution strides over its input: row' = row * stride - before + k. A transposed one, which is also the input
// gradient of a convolution, strides over its output: row' = (row + before - k) / stride, where the division must leave
// no remainder. So its output pixels fall into stride x stride phases, by their row and column modulo the stride. Each
// phase has its own few taps of the kernel. Within a phase it is a convolution of stride 1, which never multiplies by a
// structural zero.
#pragma once

#include <cstddef>

#include "depix/kernels/cuda/precision.cuh"
#include "depix/layers/conv.hpp"

// Loops over registers must be unrolled, completely or by a number of steps. A compiler for the host needs no
// unrolling.
#ifdef __CUDACC__
#define DEPIX_PRAGMA(words) _Pragma(#words)
#define DEPIX_UNROLL _Pragma("unroll")
#define DEPIX_UNROLL_BY(steps) DEPIX_PRAGMA(unroll steps)
#else
#define DEPIX_UNROLL
#define DEPIX_UNROLL_BY(steps)
#endif

namespace depix::cuda {

/// Rows, or columns, of one phase. Output pixel i of the phase is the map's pixel i * out_step + out_first; its tap t
/// reads input pixel i * step + shift + t, with the weight's tap first_tap + t * tap_step.
struct GatherAxis {
    int size = 0;
    int out_step = 1;
    int out_first = 0;
    int step = 1;
    int shift = 0;
    int taps = 0;
    int first_tap = 0;
    int tap_step = 1;
};

/// The whole sum. Weights are indexed o * weight_out_stride + c * weight_in_stride + k * kernel + l.
struct Gather {
    int out_channels = 1;
    int in_channels = 1;
    int height = 0;  ///< of the output, all phases together, before it is pooled or shuffled
    int width = 0;
    int kernel = 1;
    int stride = 1;
    int padding_before = 0;
    bool transposed = false;
    int weight_out_stride = 1;
    int weight_in_stride = 1;

    /// Phases along an axis.
    constexpr int phases() const { return transposed ? stride : 1; }
    /// Input pixels from one output pixel of a phase to the next.
    constexpr int step() const { return transposed ? 1 : stride; }
    /// Taps along an axis, of the phase that has the most.
    constexpr int max_taps() const { return transposed ? (kernel + stride - 1) / stride : kernel; }

    /// The rows of a phase, for a map that has `size` rows; likewise for columns.
    constexpr GatherAxis axis(int phase, int size) const {
        GatherAxis result;
        if (!transposed) {
            result.size = size;
            result.step = stride;
            result.shift = -padding_before;
            result.taps = kernel;
            return result;
        }
        // Taps first, first + stride, ... reach row i * stride + phase from input rows i + reach, i + reach - 1, ...;
        // they are counted backwards, so that the input is read forwards.
        const int first = (phase + padding_before) % stride, reach = (phase + padding_before) / stride;
        result.size = size > phase ? (size - phase + stride - 1) / stride : 0;
        result.out_step = stride;
        result.out_first = phase;
        result.taps = first < kernel ? (kernel - first + stride - 1) / stride : 0;
        result.shift = reach - (result.taps - 1);
        result.first_tap = first + (result.taps - 1) * stride;
        result.tap_step = -stride;
        return result;
    }
};

/// The gather of convolution g, from its input to its output, which has this height and width.
constexpr Gather gather_forward(const ConvGeometry& g, int height, int width) {
    const int window = g.kernel * g.kernel;
    return {g.out_channels, g.in_channels,          height, width, g.kernel, g.stride, g.padding_before,
            false,          g.in_channels * window, window};
}
/// The gather of convolution g backwards: from its output, or the output's gradient, to its input, which has this
/// height and width.
constexpr Gather gather_backward(const ConvGeometry& g, int height, int width) {
    const int window = g.kernel * g.kernel;
    return {g.in_channels, g.out_channels,   height, width,  g.kernel,
            g.stride,      g.padding_before, true,   window, g.in_channels * window};
}
/// A transposed convolution's weights, (In, Out, K, K), are those of a convolution from Out to In channels, whose input
/// gradient it is.
constexpr ConvGeometry swapped(const ConvGeometry& g) { return g.swapped(); }

/// What is known of a gather at compile time. Kernels are chosen by this.
template <int Out, int In, int Kernel, int Stride, bool Transposed>
struct GatherKind {
    static constexpr int out_channels = Out;
    static constexpr int in_channels = In;
    static constexpr int step = Transposed ? 1 : Stride;
    static constexpr int max_taps = Transposed ? (Kernel + Stride - 1) / Stride : Kernel;
    /// Taps along an axis, if all phases have the same number and the direct kernel is compiled for it; else 0.
    static constexpr int fixed_taps = (!Transposed || Kernel % Stride == 0) && max_taps <= 3 ? max_taps : 0;
};

/// Divides small numbers by a number that is known only at run time, by means of a multiplication.
///
/// This is exact for dividends below 4096 with dividend * divisor <= 2^20. reciprocal * divisor exceeds 2^20 by less
/// than `divisor`, so the unrounded quotient is too large by less than dividend / 2^20 <= 1 / divisor. The next whole
/// number is at least that far away.
struct SmallDivisor {
    unsigned divisor;
    unsigned reciprocal;

    constexpr explicit SmallDivisor(int by)
        : divisor(static_cast<unsigned>(by)), reciprocal(((1u << 20) + divisor - 1) / divisor) {}
    constexpr int quotient(int dividend) const {
        return static_cast<int>(static_cast<unsigned>(dividend) * reciprocal >> 20);
    }
    static constexpr bool exact(int largest_dividend, int divisor) {
        return largest_dividend < 4096 && static_cast<long long>(largest_dividend) * divisor <= 1 << 20;
    }
};

/// Four floats that are read by one instruction.
struct alignas(16) FourFloats {
    float value[4];
};

/// Hides from the compiler how `offset` was computed, so that it is carried along and not computed again by a
/// multiplication wherever it is used.
__device__ inline void carry_along([[maybe_unused]] std::ptrdiff_t& offset) {
#ifdef __CUDA_ARCH__
    asm volatile("" : "+l"(offset));
#endif
}

/// Whether a pixel lies within a picture. There is no branch, so that loads that depend on it can follow one another.
constexpr bool within(int row, int column, int height, int width) {
    const bool high = static_cast<unsigned>(row) < static_cast<unsigned>(height);
    const bool wide = static_cast<unsigned>(column) < static_cast<unsigned>(width);
    return (static_cast<int>(high) & static_cast<int>(wide)) != 0;
}

}  // namespace depix::cuda
