// How a convolution's output pixel finds its inputs, as plain numbers: one geometry for a convolution, for a transposed
// one, and for the gradients of both with respect to their inputs.
//
// All four are the same sum, which gathers:
//
//     out[o][row][column] = sum over c, k, l of W(o, c, k, l) * in[c][row'(row, k)][column'(column, l)]
//
// A convolution strides over its input: row' = row * stride - before + k. A transposed one, which is also what sends a
// gradient back through a convolution, strides over its output: there row' = (row + before - k) / stride, where that
// division must leave no rest. So its output pixels fall into stride x stride phases, by their row and column modulo
// the stride, and each phase has its own few taps of the kernel; within a phase it is a convolution of stride 1,
// without a multiplication by a structural zero.
#pragma once

#include <cstddef>

#include "depix/kernels/cuda/precision.cuh"
#include "depix/layers/conv.hpp"

// Loops over registers must be unrolled, all of their steps or so many at a time; a host's compiler need not care.
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
    /// Taps along an axis, of the phase that has most.
    constexpr int max_taps() const { return transposed ? (kernel + stride - 1) / stride : kernel; }

    /// The rows of a phase, of a map that is so high; or its columns.
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

/// Of convolution g, from its input to its output, which is so large.
constexpr Gather gather_forward(const ConvGeometry& g, int height, int width) {
    const int window = g.kernel * g.kernel;
    return {g.out_channels, g.in_channels,          height, width, g.kernel, g.stride, g.padding_before,
            false,          g.in_channels * window, window};
}
/// Of convolution g, backwards: from its output, or that's gradient, to its input, which is so large.
constexpr Gather gather_backward(const ConvGeometry& g, int height, int width) {
    const int window = g.kernel * g.kernel;
    return {g.in_channels, g.out_channels,   height, width,  g.kernel,
            g.stride,      g.padding_before, true,   window, g.in_channels * window};
}
/// A transposed convolution's weights, (In, Out, K, K), are those of a convolution from Out to In channels, of which it
/// is the way back.
constexpr ConvGeometry swapped(ConvGeometry g) {
    const int in = g.in_channels;
    g.in_channels = g.out_channels;
    g.out_channels = in;
    return g;
}

/// What the compiler knows of a gather; kernels are chosen by it.
template <int Out, int In, int Kernel, int Stride, bool Transposed>
struct GatherKind {
    static constexpr int out_channels = Out;
    static constexpr int in_channels = In;
    static constexpr int step = Transposed ? 1 : Stride;
    static constexpr int max_taps = Transposed ? (Kernel + Stride - 1) / Stride : Kernel;
    /// Taps along an axis where every phase has as many and the direct kernel is compiled for that number; else 0.
    static constexpr int fixed_taps = (!Transposed || Kernel % Stride == 0) && max_taps <= 3 ? max_taps : 0;
};

/// Divides small numbers by one that is known at run time only: by a multiplication.
///
/// Exact for dividends below 4096 with dividend * divisor <= 2^20: reciprocal * divisor is less than `divisor` above
/// 2^20, which makes the quotient less than dividend / 2^20 <= 1 / divisor too large; the next whole number is as far
/// off.
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

/// Hides from the compiler how `offset` came about, so that it is carried along, and not multiplied out anew wherever
/// it is used.
__device__ inline void carry_along([[maybe_unused]] std::ptrdiff_t& offset) {
#ifdef __CUDA_ARCH__
    asm volatile("" : "+l"(offset));
#endif
}

/// Whether a pixel lies within a picture: without a branch, so that loads which hang on it follow one after another.
constexpr bool within(int row, int column, int height, int width) {
    const bool high = static_cast<unsigned>(row) < static_cast<unsigned>(height);
    const bool wide = static_cast<unsigned>(column) < static_cast<unsigned>(width);
    return (static_cast<int>(high) & static_cast<int>(wide)) != 0;
}

}  // namespace depix::cuda
