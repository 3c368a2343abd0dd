// Whether bfloat16 beats float32 on the processor: eight convolutions with ReLU on maps of 128x128, by float32
// as depix computes them (those of 3x3 by Winograd), and by AVX-512 BF16, whose vdpbf16ps multiplies twice as many
// numbers as an FMA.
//
//     cmake --build --preset release --target benchmarks && build/release/benchmarks/benchmark_bfloat16
//
// The bfloat16 half is the best case: maps and weights are bfloat16 and packed before the clock starts, channels lie
// side by side, and nothing is computed but these layers. Times are the process's, the least of several turns, on one
// thread.
#include <cstdio>

#if defined(__x86_64__) && (defined(__GNUC__) || defined(__clang__))

#include <immintrin.h>

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <ctime>
#include <vector>

#include "depix/depix.hpp"
#include "depix/half.hpp"

#define DEPIX_BF16 __attribute__((target("avx512f,avx512bw,avx512vl,avx512bf16")))

namespace {

using namespace depix;

constexpr int side = 128, layers = 8, lanes = 16;
constexpr int pixels = 12;  // of a row, whose 2 * 16 output channels are computed at once: 24 of 32 registers

double milliseconds(std::clock_t start) { return 1000.0 * static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC; }

/// A map (height + 2, width + 2, channels) in bfloat16, with a border of zeros.
struct Map {
    int channels;
    int width = side + 2 + pixels;  // a row's last block may reach beyond it
    std::vector<std::uint16_t> values;

    explicit Map(int count)
        : channels(count), values(static_cast<std::size_t>((side + 2) * width) * static_cast<std::size_t>(count)) {}
    std::uint16_t* at(int y, int x) { return values.data() + std::ptrdiff_t{channels} * (y * width + x); }
    const std::uint16_t* at(int y, int x) const { return values.data() + std::ptrdiff_t{channels} * (y * width + x); }
};

/// weight (Out, In, K, K) becomes (Out / 32, K, K, In / 2, 32, 2).
template <int K>
std::vector<std::uint16_t> pack(const float* weight, int channels) {
    std::vector<std::uint16_t> packed;
    for (int block = 0; block < channels; block += 2 * lanes)
        for (int tap = 0; tap < K * K; ++tap)
            for (int in = 0; in < channels; in += 2)
                for (int out = block; out < block + 2 * lanes; ++out)
                    for (int k = 0; k < 2; ++k)
                        packed.push_back(
                            BFloat16::encode(static_cast<double>(weight[(out * channels + in + k) * K * K + tap])));
    return packed;
}

/// y = relu(conv(x) + bias). Sums are float32, as vdpbf16ps keeps them; results are rounded to bfloat16.
template <int K>
DEPIX_BF16 void convolve(const Map& x, const std::uint16_t* weight, const float* bias, Map& y) {
    const int channels = x.channels;
    for (int i = 0; i < side; ++i)
        for (int block = 0; block < channels; block += 2 * lanes) {
            const std::uint16_t* const own = weight + std::ptrdiff_t{block} * channels * K * K;
            for (int j = 0; j < side; j += pixels) {
                __m512 sums[pixels][2];
#pragma GCC unroll 12
                for (auto& sum : sums) {
                    sum[0] = _mm512_loadu_ps(bias + block);
                    sum[1] = _mm512_loadu_ps(bias + block + lanes);
                }
                const std::uint16_t* w = own;
                for (int tap = 0; tap < K * K; ++tap) {
                    const std::uint16_t* from = x.at(i + tap / K + 1 - K / 2, j + tap % K + 1 - K / 2);
                    for (int in = 0; in < channels; in += 2, w += 4 * lanes) {
                        const auto w0 = (__m512bh)_mm512_loadu_si512(w);
                        const auto w1 = (__m512bh)_mm512_loadu_si512(w + 2 * lanes);
#pragma GCC unroll 12
                        for (int p = 0; p < pixels; ++p) {
                            int pair;
                            std::memcpy(&pair, from + p * channels + in, sizeof(pair));
                            const auto value = (__m512bh)_mm512_set1_epi32(pair);
                            sums[p][0] = _mm512_dpbf16_ps(sums[p][0], w0, value);
                            sums[p][1] = _mm512_dpbf16_ps(sums[p][1], w1, value);
                        }
                    }
                }
                const int count = (std::min)(pixels, side - j);
                for (int p = 0; p < count; ++p)
                    for (int half = 0; half < 2; ++half) {
                        const __m512 rectified = _mm512_maskz_max_ps(0xFFFF, sums[p][half], _mm512_setzero_ps());
                        _mm256_storeu_si256(
                            static_cast<__m256i*>(static_cast<void*>(y.at(i + 1, j + p + 1) + block + half * lanes)),
                            (__m256i)_mm512_cvtneps_pbh(rectified));
                    }
            }
        }
}

/// Multiply-adds of a loop in registers alone, in 10^9 a second.
DEPIX_BF16 double measure_float32() {
    __m512 sums[12], factor = _mm512_set1_ps(0.999f);
    for (auto& sum : sums) sum = _mm512_set1_ps(1);
    const std::clock_t start = std::clock();
    for (int i = 0; i < 20'000'000; ++i)
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm512_fmadd_ps(sum, factor, factor);
            asm volatile("" : "+v"(sum));
        }
    return 20e6 * 12 * 16 / 1e6 / milliseconds(start);
}
DEPIX_BF16 double measure_bfloat16() {
    __m512 sums[12];
    const auto factor = (__m512bh)_mm512_set1_epi32(0x3F003F00);
    for (auto& sum : sums) sum = _mm512_set1_ps(1);
    const std::clock_t start = std::clock();
    for (int i = 0; i < 20'000'000; ++i)
#pragma GCC unroll 12
        for (auto& sum : sums) {
            sum = _mm512_dpbf16_ps(sum, factor, factor);
            asm volatile("" : "+v"(sum));
        }
    return 20e6 * 12 * 32 / 1e6 / milliseconds(start);
}

template <int K, int C>
void compare() {
    using Network = Series<layers, Conv<C, C, K>, ReLU>;
    Model<Network> model(1, Initialisation::HeNormal);
    const Inference<Network, Cpu> network(model, 1);
    Tensor<float> input(1, {C, side, side}), output(1, {C, side, side});
    Random random(2);
    for (float& value : input.data) value = static_cast<float>(random.uniform());

    Map from(C), to(C);
    const auto fill = [&] {
        for (int c = 0; c < C; ++c)
            for (int i = 0; i < side; ++i)
                for (int j = 0; j < side; ++j)
                    from.at(i + 1, j + 1)[c] = BFloat16::encode(static_cast<double>(input.view()(0, c, i, j)));
    };
    std::vector<std::vector<std::uint16_t>> weights;
    const float* const parameters = model.parameters().data();
    constexpr int per_layer = C * C * K * K + C;
    for (int layer = 0; layer < layers; ++layer) weights.push_back(pack<K>(parameters + layer * per_layer, C));

    double float32 = 1e9, bfloat16 = 1e9;
    for (int turn = 0; turn < 9; ++turn) {
        std::clock_t start = std::clock();
        network.run(std::as_const(input).view(), output.view());
        float32 = (std::min)(float32, milliseconds(start));
        fill();
        start = std::clock();
        for (int layer = 0; layer < layers; ++layer) {
            convolve<K>(from, weights[static_cast<std::size_t>(layer)].data(),
                        parameters + layer * per_layer + C * C * K * K, to);
            std::swap(from, to);
        }
        bfloat16 = (std::min)(bfloat16, milliseconds(start));
    }
    double error = 0, energy = 0;
    for (int c = 0; c < C; ++c)
        for (int i = 0; i < side; ++i)
            for (int j = 0; j < side; ++j) {
                const double exact = static_cast<double>(output.view()(0, c, i, j));
                const double rounded = static_cast<double>(BFloat16::decode(from.at(i + 1, j + 1)[c]));
                error += (exact - rounded) * (exact - rounded);
                energy += exact * exact;
            }
    const double multiplications = static_cast<double>(layers) * C * C * K * K * side * side;
    std::printf("| %dx%d | %d | %.1f ms | %.0f | %.1f ms | %.0f | %.2f | %.1f dB |\n", K, K, C, float32,
                multiplications / 1e6 / float32, bfloat16, multiplications / 1e6 / bfloat16, float32 / bfloat16,
                10 * std::log10(energy / error));
    std::fflush(stdout);
}

}  // namespace

int main() {
    if (!__builtin_cpu_supports("avx512bf16")) {
        std::printf("this processor has no AVX-512 BF16\n");
        return 0;
    }
    const double float32 = measure_float32(), bfloat16 = measure_bfloat16();
    std::printf("multiply-adds in registers: float32 %.0f, bfloat16 %.0f of 10^9 a second\n\n", float32, bfloat16);
    std::printf(
        "| kernel | channels | float32 | 10^9 multiply-adds/s | bfloat16 | 10^9 multiply-adds/s | times as fast | "
        "signal to "
        "error |\n| --- | --- | --- | --- | --- | --- | --- | --- |\n");
    compare<3, 32>();
    compare<3, 64>();
    compare<3, 128>();
    compare<1, 64>();
    compare<1, 128>();
}

#else

int main() { std::printf("AVX-512 BF16 is x86-64's\n"); }

#endif
