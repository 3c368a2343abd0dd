// SIMD on 8-bit integers: products of four channels at once (AVX-512 VNNI, AVX-VNNI, AVX2, NEON's dot products, or
// plain vectors), and the requantization of sums. All give the same bits as kernels/int8.hpp.
#pragma once

#include <cstdint>

#if defined(__AVX2__)
#include <immintrin.h>
#elif defined(__ARM_FEATURE_DOTPROD)
#include <arm_neon.h>
#endif

#include "depix/kernels/cpu/simd.hpp"
#include "depix/kernels/int8.hpp"

namespace depix::inline DEPIX_ISA {
namespace cpu {

/// A quad is a pixel's numbers in four channels, as four unsigned bytes in one word: integer + 128. A vector holds
/// vector_width pixels.
using Bytes [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = std::uint8_t;
using WordsVector [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = std::uint32_t;

DEPIX_INLINE IntegerVector load_words(const std::uint32_t* from) {
    IntegerVector v;
    std::memcpy(&v, from, sizeof v);
    return v;
}
DEPIX_INLINE void store_words(std::uint32_t* to, IntegerVector v) { std::memcpy(to, &v, sizeof v); }
DEPIX_INLINE IntegerVector broadcast_word(std::int32_t value) { return IntegerVector{} + value; }

// Products of quads. VNNI's instruction multiplies unsigned bytes by signed ones and adds four products in 32 bits.
// AVX2's multiplies them too, but adds them in 16 bits and saturates, so bytes are widened to 16 bits here: two
// instructions, no saturation. `words_per_quad` is how many words of packed weights a quad has.
#if defined(__AVX512VNNI__) || (defined(__AVXVNNI__) && DEPIX_VECTOR_BYTES == 32) || \
    (defined(__ARM_FEATURE_DOTPROD) && DEPIX_VECTOR_BYTES == 16)
inline constexpr int words_per_quad = 1;
#elif DEPIX_VECTOR_BYTES >= 32 && defined(__AVX2__)
inline constexpr int words_per_quad = 2;
#else
inline constexpr int words_per_quad = 4;
#endif

// NEON's first dot products multiply signed bytes only, so that 128 is subtracted from the map's bytes before.
#if defined(__ARM_FEATURE_DOTPROD) && !defined(__ARM_FEATURE_MATMUL_INT8) && DEPIX_VECTOR_BYTES == 16
inline constexpr int product_offset = 0;
#else
inline constexpr int product_offset = 128;  ///< what the products' bytes are larger than integers by
#endif

/// A vector of quads, split as the products need it.
struct Quads {
    IntegerVector part[words_per_quad];
};
DEPIX_INLINE Quads split(IntegerVector x) {
    constexpr int mask = words_per_quad == 1 ? -1 : words_per_quad == 2 ? 0x00ff00ff : 255;
    if (product_offset == 0) return {{x ^ static_cast<int>(0x80808080)}};
    Quads split;
    for (int i = 0; i < words_per_quad; ++i) split.part[i] = i == 0 ? x & mask : (x >> (8 * i)) & mask;
    return split;
}

/// The weights of a quad as words, for add_products.
inline void pack_quad(const std::int8_t (&weight)[4], std::int32_t* words) {
    const auto bits = [&](int lane, int shift, std::uint32_t mask) {
        return (static_cast<std::uint32_t>(static_cast<std::int32_t>(weight[lane])) & mask) << shift;
    };
    if (words_per_quad == 1) {
        words[0] = static_cast<std::int32_t>(bits(0, 0, 255) | bits(1, 8, 255) | bits(2, 16, 255) | bits(3, 24, 255));
    } else if (words_per_quad == 2) {
        words[0] = static_cast<std::int32_t>(bits(0, 0, 65535) | bits(2, 16, 65535));
        words[words_per_quad - 1] = static_cast<std::int32_t>(bits(1, 0, 65535) | bits(3, 16, 65535));
    } else {
        for (int i = 0; i < 4; ++i) words[i % words_per_quad] = weight[i];
    }
}

/// sum += x0 * w0 + x1 * w1 + x2 * w2 + x3 * w3 in every word, exactly.
DEPIX_INLINE void add_products(IntegerVector& sum, const Quads& x, const IntegerVector (&w)[words_per_quad]) {
#if defined(__AVX512VNNI__)
    sum = reinterpret_cast<IntegerVector>(_mm512_dpbusd_epi32(
        reinterpret_cast<__m512i>(sum), reinterpret_cast<__m512i>(x.part[0]), reinterpret_cast<__m512i>(w[0])));
#elif defined(__AVXVNNI__) && DEPIX_VECTOR_BYTES == 32
    sum = reinterpret_cast<IntegerVector>(_mm256_dpbusd_avx_epi32(
        reinterpret_cast<__m256i>(sum), reinterpret_cast<__m256i>(x.part[0]), reinterpret_cast<__m256i>(w[0])));
#elif defined(__ARM_FEATURE_MATMUL_INT8) && DEPIX_VECTOR_BYTES == 16
    sum = reinterpret_cast<IntegerVector>(vusdotq_s32(
        reinterpret_cast<int32x4_t>(sum), reinterpret_cast<uint8x16_t>(x.part[0]), reinterpret_cast<int8x16_t>(w[0])));
#elif defined(__ARM_FEATURE_DOTPROD) && DEPIX_VECTOR_BYTES == 16
    sum = reinterpret_cast<IntegerVector>(vdotq_s32(
        reinterpret_cast<int32x4_t>(sum), reinterpret_cast<int8x16_t>(x.part[0]), reinterpret_cast<int8x16_t>(w[0])));
#elif DEPIX_VECTOR_BYTES == 64 && defined(__AVX512BW__)
    for (int i = 0; i < words_per_quad; ++i)
        sum += reinterpret_cast<IntegerVector>(
            _mm512_madd_epi16(reinterpret_cast<__m512i>(x.part[i]), reinterpret_cast<__m512i>(w[i])));
#elif DEPIX_VECTOR_BYTES == 32 && defined(__AVX2__)
    for (int i = 0; i < words_per_quad; ++i)
        sum += reinterpret_cast<IntegerVector>(
            _mm256_madd_epi16(reinterpret_cast<__m256i>(x.part[i]), reinterpret_cast<__m256i>(w[i])));
#else
    if constexpr (words_per_quad == 2) {  // AVX-512 without BW: the 16-bit products by hand
        for (int i = 0; i < words_per_quad; ++i)
            sum += (x.part[i] & 0xffff) * ((w[i] << 16) >> 16) + (x.part[i] >> 16) * (w[i] >> 16);
    } else {
        for (int i = 0; i < words_per_quad; ++i) sum += x.part[i] * w[i];
    }
#endif
}

/// The upper halves of the products of words: integers::upper_product. (g++ 12 warns of the plain intrinsics of
/// AVX-512, whose headers hand over a vector without a value; those that set other lanes to zero do the same without.)
DEPIX_INLINE IntegerVector upper_products(IntegerVector a, IntegerVector b) {
    using Pairs [[gnu::vector_size(DEPIX_VECTOR_BYTES)]] = unsigned long long;
    [[maybe_unused]] const auto upper = [](auto v) { return reinterpret_cast<Pairs>(v) >> 32; };
#if DEPIX_VECTOR_BYTES == 64
    const __m512i even = _mm512_maskz_mul_epi32(255, reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b));
    const __m512i odd =
        _mm512_maskz_mul_epi32(255, reinterpret_cast<__m512i>(upper(a)), reinterpret_cast<__m512i>(upper(b)));
    return reinterpret_cast<IntegerVector>(
        _mm512_mask_blend_epi32(0xaaaa, reinterpret_cast<__m512i>(upper(even)), odd));
#elif DEPIX_VECTOR_BYTES == 32 && defined(__AVX2__)
    const __m256i even = _mm256_mul_epi32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b));
    const __m256i odd = _mm256_mul_epi32(reinterpret_cast<__m256i>(upper(a)), reinterpret_cast<__m256i>(upper(b)));
    return reinterpret_cast<IntegerVector>(_mm256_blend_epi32(reinterpret_cast<__m256i>(upper(even)), odd, 0xaa));
#else
    IntegerVector result{};
    for (int i = 0; i < vector_width; ++i) result[i] = integers::upper_product(a[i], b[i]);
    return result;
#endif
}

namespace simd_detail {
// Of each group of 16 bytes: 0 4 8 12, 1 5 9 13, ...
template <std::size_t... I>
DEPIX_INLINE IntegerVector byte_columns(std::index_sequence<I...>) {
    return IntegerVector{(0x0c080400 + static_cast<int>(I % 4) * 0x01010101)...};
}
}  // namespace simd_detail

/// Four vectors of words, each kept in 0..255, as one vector of quads.
DEPIX_INLINE IntegerVector pack_quads(IntegerVector a, IntegerVector b, IntegerVector c, IntegerVector d) {
    [[maybe_unused]] const IntegerVector order = simd_detail::byte_columns(simd_detail::Lanes{});
#if DEPIX_VECTOR_BYTES == 64 && defined(__AVX512BW__)
    const __m512i low = _mm512_packs_epi32(reinterpret_cast<__m512i>(a), reinterpret_cast<__m512i>(b));
    const __m512i high = _mm512_packs_epi32(reinterpret_cast<__m512i>(c), reinterpret_cast<__m512i>(d));
    return reinterpret_cast<IntegerVector>(
        _mm512_shuffle_epi8(_mm512_packus_epi16(low, high), reinterpret_cast<__m512i>(order)));
#elif DEPIX_VECTOR_BYTES == 32 && defined(__AVX2__)
    const __m256i low = _mm256_packs_epi32(reinterpret_cast<__m256i>(a), reinterpret_cast<__m256i>(b));
    const __m256i high = _mm256_packs_epi32(reinterpret_cast<__m256i>(c), reinterpret_cast<__m256i>(d));
    return reinterpret_cast<IntegerVector>(
        _mm256_shuffle_epi8(_mm256_packus_epi16(low, high), reinterpret_cast<__m256i>(order)));
#else
    const auto byte = [](IntegerVector v) {
        v = v < 0 ? IntegerVector{} : v;
        return v > 255 ? broadcast_word(255) : v;
    };
    return byte(a) | byte(b) << 8 | byte(c) << 16 | byte(d) << 24;
#endif
}

/// The larger byte of each pair.
DEPIX_INLINE IntegerVector larger_bytes(IntegerVector a, IntegerVector b) {
    const auto x = reinterpret_cast<Bytes>(a), y = reinterpret_cast<Bytes>(b);
    return reinterpret_cast<IntegerVector>(x > y ? x : y);
}

/// table[byte] for every byte, where `table` has 256 bytes.
DEPIX_INLINE IntegerVector look_up(IntegerVector v, const std::uint8_t* table) {
#if defined(__AVX512VBMI__) && DEPIX_VECTOR_BYTES == 64
    const auto x = reinterpret_cast<__m512i>(v);
    const auto quarter = [&](int i) { return _mm512_loadu_si512(table + 64 * i); };
    const __m512i low = _mm512_permutex2var_epi8(quarter(0), x, quarter(1));
    const __m512i high = _mm512_permutex2var_epi8(quarter(2), x, quarter(3));
    return reinterpret_cast<IntegerVector>(_mm512_mask_blend_epi8(_mm512_movepi8_mask(x), low, high));
#else
    std::uint8_t bytes[DEPIX_VECTOR_BYTES];
    std::memcpy(bytes, &v, sizeof v);
    for (std::uint8_t& byte : bytes) byte = table[byte];
    std::memcpy(&v, bytes, sizeof v);
    return v;
#endif
}

// Words as floats are only moved here.
DEPIX_INLINE IntegerVector even_words(IntegerVector a, IntegerVector b) {
    return reinterpret_cast<IntegerVector>(even_lanes(reinterpret_cast<Vector>(a), reinterpret_cast<Vector>(b)));
}
DEPIX_INLINE IntegerVector odd_words(IntegerVector a, IntegerVector b) {
    return reinterpret_cast<IntegerVector>(odd_lanes(reinterpret_cast<Vector>(a), reinterpret_cast<Vector>(b)));
}
/// a0 b0 a1 b1 ...: the lower half, and the upper half.
DEPIX_INLINE IntegerVector zip_low_words(IntegerVector a, IntegerVector b) {
    return reinterpret_cast<IntegerVector>(zip_low(reinterpret_cast<Vector>(a), reinterpret_cast<Vector>(b)));
}
DEPIX_INLINE IntegerVector zip_high_words(IntegerVector a, IntegerVector b) {
    return reinterpret_cast<IntegerVector>(zip_high(reinterpret_cast<Vector>(a), reinterpret_cast<Vector>(b)));
}

}  // namespace cpu
}  // namespace depix::inline DEPIX_ISA
