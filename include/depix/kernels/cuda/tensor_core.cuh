// Tensor cores: one warp multiplies small matrices, in one function that also has a plain version for the emulator.
//
// Factors are tf32 (float32 with 10 bits of mantissa), float16 or bfloat16; sums are float32. A matrix's elements are
// spread over the warp's lanes. All three kinds of factors have the same layout if it is counted in words of 32 bits
// along k. A word is one tf32 factor, or two 16-bit factors, of which the one with the smaller k is in the lower half.
// With group = lane / 4 and member = lane % 4, a lane holds
//
//     of A, 16 rows x 8 words     a[0] (row group, word member)      a[1] (row group + 8, word member)
//                                 a[2] (row group, word member + 4)  a[3] (row group + 8, word member + 4)
//     of B, 8 words x 8 columns   b[0] (word member, column group)   b[1] (word member + 4, column group)
//     of D, 16 rows x 8 columns   d[0] (row group, column 2 member)      d[1] (row group, column 2 member + 1)
//                                 d[2] (row group + 8, column 2 member)  d[3] (row group + 8, column 2 member + 1)
//
// Source: NVIDIA, PTX ISA, "Matrix fragments for mma.m16n8k8" (.tf32) and "for mma.m16n8k16" (.f16, .bf16).
#pragma once

#include <bit>
#include <cstdint>
#include <type_traits>

#include "depix/kernels/cuda/precision.cuh"

namespace depix::cuda {

/// Factors in a word of 32 bits.
template <Factor F>
inline constexpr int factors_per_word = F == Factor::TF32 ? 1 : 2;

/// Words along k of one product.
inline constexpr int product_words = 8;

/// Rounds to the nearest tf32, ties away from zero, as PTX's cvt.rna.tf32.f32 does.
__device__ inline std::uint32_t to_tf32(float value) {
#ifdef DEPIX_CUDA_EMULATED
    const auto bits = std::bit_cast<std::uint32_t>(value);
    const bool finite = (bits & 0x7F800000u) != 0x7F800000u;
    return finite ? (bits + 0x1000u) & ~0x1FFFu : bits;
#else
    std::uint32_t bits;
    asm("cvt.rna.tf32.f32 %0, %1;" : "=r"(bits) : "f"(value));
    return bits;
#endif
}

/// The bits of a 16-bit factor, from a map of the same format or from a float.
template <Factor F, class T>
__device__ std::uint32_t sixteen_bits(T value) {
    using Format = std::conditional_t<F == Factor::Float16, Half, BrainFloat>;
    if constexpr (std::is_same_v<T, Format>)
        return value.bits;
    else
        return from_float<Format>(to_float(value)).bits;
}

/// A word of one or two factors, the first in the lower half.
template <Factor F, class T>
__device__ std::uint32_t factor_word(const T (&values)[factors_per_word<F>]) {
    if constexpr (F == Factor::TF32)
        return to_tf32(to_float(values[0]));
    else
        return sixteen_bits<F>(values[0]) | sixteen_bits<F>(values[1]) << 16;
}

#ifdef DEPIX_CUDA_EMULATED

/// The factor of word `word` at position `half`, as a number.
template <Factor F>
float factor_value(std::uint32_t word, int half) {
    if constexpr (F == Factor::TF32) {
        return std::bit_cast<float>(word);
    } else {
        const auto bits = static_cast<std::uint16_t>(half == 0 ? word & 0xFFFFu : word >> 16);
        return F == Factor::Float16 ? to_float(Half{bits}) : to_float(BrainFloat{bits});
    }
}

#else

/// D += A * B, 16 x 8.
template <Factor F>
__device__ void multiply_add_tile(float (&d)[4], const std::uint32_t (&a)[4], const std::uint32_t (&b)[2]) {
    if constexpr (F == Factor::TF32)
        asm volatile(
            "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    else if constexpr (F == Factor::Float16)
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
    else
        asm volatile(
            "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, "
            "{%0,%1,%2,%3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
}

#endif

/// D += A * B for a warp's Rows x Columns tiles of 16 x 8, over 8 words of k. All lanes of the warp call it together.
template <Factor F, int Rows, int Columns>
__device__ void multiply_add(float (&d)[Rows][Columns][4], const std::uint32_t (&a)[Rows][4],
                             const std::uint32_t (&b)[Columns][2]) {
#ifdef DEPIX_CUDA_EMULATED
    // Every lane tells the others where its fragments lie. From theirs it reads the rows of A and the columns of B that
    // its own part of D is computed from.
    struct Fragments {
        const std::uint32_t (*a)[4];
        const std::uint32_t (*b)[2];
    };
    const Fragments mine{a, b};
    emulator::Mailbox& mailbox = emulator::this_warps_mailbox();
    const unsigned lane = emulator::this_lane(), group = lane / 4, member = lane % 4;
    mailbox.letters[lane] = reinterpret_cast<std::uintptr_t>(&mine);
    emulator::warp_barrier();
    const auto fragments = [&](unsigned of) -> const Fragments& {
        return *reinterpret_cast<const Fragments*>(mailbox.letters[of]);
    };
    constexpr int depth = product_words * factors_per_word<F>;
    float rows[Rows][2][depth], columns[Columns][2][depth];
    for (int k = 0; k < depth; ++k) {
        const int half = k % factors_per_word<F>;
        const unsigned word = static_cast<unsigned>(k / factors_per_word<F>);
        for (unsigned e = 0; e < 2; ++e) {
            const Fragments& left = fragments(group * 4 + word % 4);
            const Fragments& right = fragments((2 * member + e) * 4 + word % 4);
            for (int r = 0; r < Rows; ++r) rows[r][e][k] = factor_value<F>(left.a[r][e + word / 4 * 2], half);
            for (int c = 0; c < Columns; ++c) columns[c][e][k] = factor_value<F>(right.b[c][word / 4], half);
        }
    }
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < Columns; ++c)
            for (int e = 0; e < 4; ++e)
                for (int k = 0; k < depth; ++k) d[r][c][e] += rows[r][e / 2][k] * columns[c][e % 2][k];
    emulator::warp_barrier();
#else
    for (int r = 0; r < Rows; ++r)
        for (int c = 0; c < Columns; ++c) multiply_add_tile<F>(d[r][c], a[r], b[c]);
#endif
}

}  // namespace depix::cuda
