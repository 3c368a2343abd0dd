// SIMD through the compilers' vector extensions, in one small header, for the widths of AVX-512, AVX2, NEON, SSE2 and
// WASM.
#pragma once

#include <cstddef>
#include <cstring>
#include <utility>

// Code that is compiled for one instruction set must not be mixed with code for another, although both may be linked
// into one program. So everything of the Cpu backend is in an inline namespace that names its instruction set. It also
// says whether there is OpenMP, because without OpenMP nothing waits for other threads.
//
// On Windows g++ does not align the stack for vectors of more than 16 bytes (its bug 54412), so they are not used
// there.
#if defined(_WIN32) && defined(__x86_64__) && !defined(__clang__)
#define DEPIX_INSTRUCTIONS sse4
#define DEPIX_VECTOR_BYTES 16
#define DEPIX_VECTOR_REGISTERS 16
#elif defined(__AVX512F__)
#define DEPIX_INSTRUCTIONS avx512
#define DEPIX_VECTOR_BYTES 64
#define DEPIX_VECTOR_REGISTERS 32
#elif defined(__AVX2__) && defined(__FMA__)
#define DEPIX_INSTRUCTIONS avx2
#define DEPIX_VECTOR_BYTES 32
#define DEPIX_VECTOR_REGISTERS 16
#elif defined(__AVX__)
#define DEPIX_INSTRUCTIONS avx
#define DEPIX_VECTOR_BYTES 32
#define DEPIX_VECTOR_REGISTERS 16
#elif defined(__SSE4_1__)
#define DEPIX_INSTRUCTIONS sse4
#define DEPIX_VECTOR_BYTES 16
#define DEPIX_VECTOR_REGISTERS 16
#elif defined(__aarch64__)
#define DEPIX_INSTRUCTIONS neon
#define DEPIX_VECTOR_BYTES 16
#define DEPIX_VECTOR_REGISTERS 32
#elif defined(__wasm_simd128__)
#define DEPIX_INSTRUCTIONS wasm
#define DEPIX_VECTOR_BYTES 16
#define DEPIX_VECTOR_REGISTERS 16
#else
#define DEPIX_INSTRUCTIONS generic
#define DEPIX_VECTOR_BYTES 16
#define DEPIX_VECTOR_REGISTERS 16
#endif
#ifdef _OPENMP
#define DEPIX_ISA DEPIX_INSTRUCTIONS::inline openmp
#else
#define DEPIX_ISA DEPIX_INSTRUCTIONS
#endif

#define DEPIX_INLINE [[gnu::always_inline]] inline

namespace depix::inline DEPIX_ISA {
namespace cpu {

inline constexpr int vector_width = DEPIX_VECTOR_BYTES / 4;          ///< floats in a vector
inline constexpr int vector_registers = DEPIX_VECTOR_REGISTERS;      ///< that the instruction set has
using Vector [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = float;       ///< arithmetic is elementwise
using IntegerVector [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = int;  ///< a comparison's result: -1 where true

DEPIX_INLINE Vector load(const float* from) {
    Vector v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
/// Makes the compiler keep v in a register. If a vector from memory is used several times, GCC tends to read the memory
/// again in every instruction that uses it.
DEPIX_INLINE Vector in_register(Vector v) {
#if defined(__AVX512F__)
    asm("" : "+v"(v));  // v is any of the 32 registers, x one of the first 16
#elif defined(__AVX__)
    asm("" : "+x"(v));
#endif
    return v;
}
/// sum += a * b in one instruction that leaves sum in its register. If this is written as an expression, GCC may put
/// the result into the register of a or b, and then moves a block of sums from register to register and to the stack.
DEPIX_INLINE void multiply_add(Vector& sum, Vector a, Vector b) {
#if defined(__FMA__) && !defined(__clang__)
#if defined(__AVX512F__)
    asm("vfmadd231ps {%2, %1, %0|%0, %1, %2}" : "+v"(sum) : "v"(a), "v"(b));
#else
    asm("vfmadd231ps {%2, %1, %0|%0, %1, %2}" : "+x"(sum) : "x"(a), "x"(b));
#endif
#else
    sum += a * b;
#endif
}
DEPIX_INLINE Vector load_once(const float* from) { return in_register(load(from)); }
DEPIX_INLINE void store(float* to, Vector v) { std::memcpy(to, &v, sizeof v); }

/// The larger of each pair; the second where either is NaN.
DEPIX_INLINE Vector maximum(Vector a, Vector b) { return a > b ? a : b; }

namespace simd_detail {
template <std::size_t... I>
DEPIX_INLINE IntegerVector lane_numbers(std::index_sequence<I...>) {
    return IntegerVector{static_cast<int>(I)...};
}
template <std::size_t... I>
DEPIX_INLINE Vector broadcast(float value, std::index_sequence<I...>) {
    return Vector{(static_cast<void>(I), value)...};
}
}  // namespace simd_detail

/// A number of things as an array's bound. Numbers of things are int, but sizes of memory are std::size_t.
constexpr std::size_t bound(int count) { return static_cast<std::size_t>(count); }

/// A vector with this value in all lanes, by one instruction. (Vector{} + value would be two, because it turns -0 into
/// 0.)
DEPIX_INLINE Vector broadcast(float value) {
    return simd_detail::broadcast(value, std::make_index_sequence<vector_width>{});
}

/// Whether one multiply-add instruction can read a number from memory and use it in all lanes, at the price of a load.
inline constexpr bool multiplies_from_memory = vector_width == 16;

/// sum += a * *b, as in multiply_add.
DEPIX_INLINE void multiply_add_from(Vector& sum, Vector a, const float* b) {
#if defined(__AVX512F__) && !defined(__clang__)
    asm("vfmadd231ps {%2%{1to16%}, %1, %0|%0, %1, %2%{1to16%}}" : "+v"(sum) : "v"(a), "m"(*b));
#else
    multiply_add(sum, a, broadcast(*b));
#endif
}

/// sum[v] += a[v] * *b for all vectors.
template <std::size_t Vectors>
DEPIX_INLINE void multiply_add_each(Vector (&sum)[Vectors], const Vector (&a)[Vectors], const float* b) {
    if constexpr (Vectors == 1) {
        multiply_add_from(sum[0], a[0], b);
    } else {
        const Vector factor = broadcast(*b);
#pragma GCC unroll 8
        for (std::size_t v = 0; v < Vectors; ++v) multiply_add(sum[v], factor, a[v]);
    }
}

/// -1 in the first `count` lanes, 0 in the others.
DEPIX_INLINE IntegerVector first_lanes(int count) {
    return simd_detail::lane_numbers(std::make_index_sequence<vector_width>{}) < count;
}

/// `v` in the first `count` lanes, 0 in the others, whatever these held.
DEPIX_INLINE Vector keep_first(Vector v, int count) { return first_lanes(count) ? v : Vector{}; }

/// The same, for cases where most often all lanes are kept.
DEPIX_INLINE Vector keep_counted(Vector v, int count) { return count == vector_width ? v : keep_first(v, count); }

template <int... Index>
struct ShuffleIndex {};

namespace simd_detail {
template <int... Index>
DEPIX_INLINE Vector shuffle(Vector a, Vector b, ShuffleIndex<Index...>) {
#if defined(__CUDACC__)  // nvcc does not pass the pack on to the host's compiler
    constexpr int index[] = {Index...};
    Vector result;
    for (int i = 0; i < vector_width; ++i)
        result[i] = index[i] < vector_width ? a[index[i]] : b[index[i] - vector_width];
    return result;
#else
    return __builtin_shufflevector(a, b, Index...);
#endif
}
template <std::size_t... I>
constexpr auto even_index(std::index_sequence<I...>) {
    return ShuffleIndex<static_cast<int>(2 * I)...>{};
}
template <std::size_t... I>
constexpr auto odd_index(std::index_sequence<I...>) {
    return ShuffleIndex<static_cast<int>(2 * I + 1)...>{};
}
template <int Half, std::size_t... I>
constexpr auto zip_index(std::index_sequence<I...>) {
    return ShuffleIndex<static_cast<int>(Half * vector_width / 2 + I / 2 + (I % 2) * vector_width)...>{};
}
template <int A, int B, int C, int D, std::size_t... I>
constexpr auto quad_index(std::index_sequence<I...>) {
    constexpr int pattern[] = {A, B, C, D};
    return ShuffleIndex<static_cast<int>(I / 4 * 4) + pattern[I % 4] % 4 + pattern[I % 4] / 4 * vector_width...>{};
}
template <std::size_t... I>
constexpr auto order_index(std::index_sequence<I...>) {
    constexpr auto from = [](int pair) {
        return pair < vector_width / 4 ? 4 * pair : 4 * (pair - vector_width / 4) + 2;
    };
    return ShuffleIndex<(from(static_cast<int>(I) / 2) + static_cast<int>(I % 2))...>{};
}
template <std::size_t... I>
constexpr auto overlap_index(std::index_sequence<I...>) {
    return ShuffleIndex<static_cast<int>(I / 4 * 2 + I % 4)...>{};
}
template <int Step, std::size_t... I>
constexpr auto rotate_index(std::index_sequence<I...>) {
    return ShuffleIndex<static_cast<int>((I + Step) % vector_width)...>{};
}
using Lanes = std::make_index_sequence<vector_width>;

template <int Step>
DEPIX_INLINE float sum_of_lanes(Vector v) {
    if constexpr (Step == 0)
        return v[0];
    else
        return sum_of_lanes<Step / 2>(v + shuffle(v, v, rotate_index<Step>(Lanes{})));
}
}  // namespace simd_detail

/// The sum of all lanes, pairwise.
DEPIX_INLINE float sum_of_lanes(Vector v) { return simd_detail::sum_of_lanes<vector_width / 2>(v); }

/// Chooses in every group of four lanes: lanes A, B, C and D out of eight, which are a's four and then b's four. Such a
/// shuffle never leaves its group of 16 bytes, within which shuffle instructions work best.
template <int A, int B, int C, int D>
DEPIX_INLINE Vector in_quads(Vector a, Vector b) {
    return simd_detail::shuffle(a, b, simd_detail::quad_index<A, B, C, D>(simd_detail::Lanes{}));
}
/// Puts the lanes of in_quads<0, 2, 4, 6>(a, b), or <1, 3, 5, 7>, in the order of even_lanes(a, b), or odd_lanes.
DEPIX_INLINE Vector in_order(Vector v) {
    return simd_detail::shuffle(v, v, simd_detail::order_index(simd_detail::Lanes{}));
}

/// v0 v1 v2 v3, v2 v3 v4 v5, v4 v5 v6 v7, ...
DEPIX_INLINE Vector overlapping_quads(Vector v) {
    return simd_detail::shuffle(v, v, simd_detail::overlap_index(simd_detail::Lanes{}));
}

/// a0 a2 a4 ... b0 b2 b4 ...
DEPIX_INLINE Vector even_lanes(Vector a, Vector b) {
    return simd_detail::shuffle(a, b, simd_detail::even_index(simd_detail::Lanes{}));
}
/// a1 a3 a5 ... b1 b3 b5 ...
DEPIX_INLINE Vector odd_lanes(Vector a, Vector b) {
    return simd_detail::shuffle(a, b, simd_detail::odd_index(simd_detail::Lanes{}));
}
/// a0 b0 a1 b1 ... of the lower halves
DEPIX_INLINE Vector zip_low(Vector a, Vector b) {
    return simd_detail::shuffle(a, b, simd_detail::zip_index<0>(simd_detail::Lanes{}));
}
/// ... and of the upper halves
DEPIX_INLINE Vector zip_high(Vector a, Vector b) {
    return simd_detail::shuffle(a, b, simd_detail::zip_index<1>(simd_detail::Lanes{}));
}

/// The sums of all lanes of vector_width vectors, with one vector's sum in each lane. Overwrites the vectors.
DEPIX_INLINE Vector sums_of_lanes(Vector* v) {
    // Every step adds lanes of two vectors into one, so that half as many vectors are left.
#pragma GCC unroll 4
    for (int half = vector_width / 2; half > 0; half /= 2)
#pragma GCC unroll 8
        for (int i = 0; i < half; ++i) v[i] = zip_low(v[i], v[i + half]) + zip_high(v[i], v[i + half]);
    return v[0];
}

/// Transposes the matrix whose rows these vectors are: what was in lane i of vector j moves to lane j of vector i.
DEPIX_INLINE void transpose(Vector (&v)[vector_width]) {
    // Every step interleaves the first half of the rows with the second half.
#pragma GCC unroll 4
    for (int step = 1; step < vector_width; step *= 2) {
        Vector next[vector_width];
#pragma GCC unroll 8
        for (int i = 0; i < vector_width / 2; ++i) {
            next[2 * i] = zip_low(v[i], v[i + vector_width / 2]);
            next[2 * i + 1] = zip_high(v[i], v[i + vector_width / 2]);
        }
#pragma GCC unroll 16
        for (int i = 0; i < vector_width; ++i) v[i] = next[i];
    }
}

/// from[0], from[Stride], from[2 * Stride], ...; may read up to Stride * vector_width elements.
template <int Stride>
DEPIX_INLINE Vector load_strided(const float* from) {
    if constexpr (Stride == 1) {
        return load(from);
    } else if constexpr (Stride == 2) {
        return even_lanes(load(from), load(from + vector_width));
    } else {
        Vector v{};
        for (int i = 0; i < vector_width; ++i) v[i] = from[i * Stride];
        return v;
    }
}

/// The same where only the first `count` lanes are needed. With a large stride the others are not read, because they
/// would lie far after the row.
template <int Stride>
DEPIX_INLINE Vector load_strided(const float* from, int count) {
    if constexpr (Stride <= 2) {
        return load_strided<Stride>(from);
    } else {
        Vector v{};
        for (int i = 0; i < vector_width && i < count; ++i) v[i] = from[i * Stride];
        return v;
    }
}

/// The first `count` elements, followed by zeros. Nothing after these elements is read.
DEPIX_INLINE Vector load_first(const float* from, int count) {
    if (count >= vector_width) return load(from);
    Vector v{};
    // count is below a vector's width here. g++ 12 does not see this, and warns of a huge copy without the mask.
    std::memcpy(&v, from, static_cast<std::size_t>(count & (vector_width - 1)) * sizeof(float));
    return v;
}

/// Stores the first `count` lanes (at most a vector). If the row has padding, the rest of it is set to zero.
DEPIX_INLINE void store_tail(float* to, Vector v, int count, bool padded) {
    if (padded || count >= vector_width) {
        store(to, count >= vector_width ? v : keep_first(v, count));
    } else {
        float lanes[vector_width];
        store(lanes, v);
        for (int i = 0; i < count; ++i) to[i] = lanes[i];
    }
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
