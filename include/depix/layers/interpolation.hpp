// Where an interpolation's rows lie, and their weights. Upsample is made of it.
#pragma once

#include "depix/layers/layer.hpp"

namespace depix {

namespace detail {

/// The input rows [first, first + taps) and their weights, of which one output row is the sum.
template <class T>
struct Taps {
    int first = 0;
    T weight[4]{};
};

/// Where the rows of an interpolation by the factor Up / Down lie. An output row i is at the input's row
///
///     (i + 1/2) * Down / Up - 1/2                         = ((2 i + 1) Down - Up) / (2 Up)
///     i * (size - 1) / (size * Up / Down - 1)             with Corners
///     i * Down / Up                                       the nearest neighbour, of 1 tap
///
/// so the distance t from the row above it is a fraction of whole numbers. Linear weights (2 taps) are 1 - t and t.
/// Cubic weights (4 taps) are Keys' (1981) with a = -3/4, PyTorch's.
template <int Up, int Down, int Taps, bool Corners>
struct Interpolation {
    static constexpr int taps = Taps;

    /// The rows of the output for this many of the input.
    static constexpr int output_size(int size) { return static_cast<int>(static_cast<long long>(size) * Up / Down); }

    template <class T>
    static constexpr depix::detail::Taps<T> taps_of(int i, int size) {
        if constexpr (taps == 1) return {whole_of(static_cast<long long>(i) * Down, Up), {T(1)}};
        long long above = (2LL * i + 1) * Down - Up, below = 2LL * Up;
        if (Corners) {
            above = static_cast<long long>(i) * (size - 1);
            below = output_size(size) > 1 ? output_size(size) - 1 : 1;
        }
        const int row = whole_of(above, below);
        const T t = static_cast<T>(above - row * below) / static_cast<T>(below);
        if constexpr (taps == 2) return {row, {T(1) - t, t}};
        return {row - 1, {outer(T(1) + t), inner(t), inner(T(1) - t), outer(T(2) - t)}};
    }

    /// The output rows that may be computed from input row r; others are not, these perhaps are.
    static constexpr RowRange reached(int r, int size) {
        const long long last = output_size(size) - 1;
        long long low = static_cast<long long>(Up) * (r - taps / 2) / Down - 1;
        long long high = static_cast<long long>(Up) * (r + taps / 2 + 1) / Down + 1;
        if (Corners) {
            low = size > 1 ? (r - 1) * last / (size - 1) : 0;
            high = size > 1 ? (r + 1) * last / (size - 1) + 1 : last;
        }
        return {static_cast<int>(low < 0 ? 0 : low), static_cast<int>(high < last ? high : last)};
    }

    /// The weight of input row r in output row i; rows beyond the edges are copies of the edge.
    template <class T>
    static constexpr T weight_of(int i, int r, int size) {
        const depix::detail::Taps<T> own = taps_of<T>(i, size);
        T sum = 0;
        for (int k = 0; k < taps; ++k)
            if (inside(own.first + k, size) == r) sum += own.weight[k];
        return sum;
    }

    static constexpr int inside(int row, int size) { return row < 0 ? 0 : row < size ? row : size - 1; }

  private:
    // above / below, rounded downwards.
    static constexpr int whole_of(long long above, long long below) {
        return static_cast<int>(above >= 0 ? above / below : -((below - 1 - above) / below));
    }
    template <class T>
    static constexpr T inner(T d) {  // distances of at most 1
        return (T(1.25) * d - T(2.25)) * d * d + T(1);
    }
    template <class T>
    static constexpr T outer(T d) {  // from 1 to 2
        return T(-0.75) * (((d - T(5)) * d + T(8)) * d - T(4));
    }
};

}  // namespace detail

}  // namespace depix
