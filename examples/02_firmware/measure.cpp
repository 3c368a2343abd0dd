// What one network needs on one board; ./measure compiles it for each row of the table, with these macros:
//
//     MEASURE_NETWORK                     its type
//     MEASURE_HEIGHT, MEASURE_WIDTH       the picture
//     MEASURE_STREAMED                    1: row by row, 0: the whole picture at once
//     MEASURE_INT8                        1: 8-bit integers, 0: floats
//
// It prints "measured FLASH WEIGHTS RAM INSTRUCTIONS SUM": bytes of flash without the weights, of the weights, of RAM
// with the stack, instructions for one picture divided by 1,024, and a sum of the result's bits. Weights and pixels are
// random numbers, because their values do not change what is measured here, but for the emulation of floating point.
#include <bit>

#include <depix/models/depixelizer.hpp>
#include <depix/models/documents_autoencoder.hpp>
#include <depix/models/mlperf_tiny.hpp>
#include <depix/models/text_restorer.hpp>
#if MEASURE_INT8
#include <depix/quantize/static_inference.hpp>
#endif
#include <depix/streaming_inference.hpp>

#include "board/board.hpp"

using Network = MEASURE_NETWORK;
inline constexpr depix::Shape shape{Network::in_channels, MEASURE_HEIGHT, MEASURE_WIDTH};
#if MEASURE_INT8
using Precision = depix::StaticInt8<>;
using Input = depix::StaticInference<Network, shape, Precision>::Input;
using Output = depix::StaticInference<Network, shape, Precision>::Output;
#else
using Precision = float;
using Input = float;
using Output = float;
#endif
using Whole = depix::StaticInference<Network, shape, Precision>;
#if MEASURE_STREAMED
using Rows = depix::StreamingInference<Network, shape.width, Precision>;
#endif

extern "C" const float random_weights[], random_statistics[];
extern "C" const std::int8_t random_bytes[];

#if MEASURE_INT8
inline constexpr std::size_t float_count = Whole::sizes.parameters, statistic_count = Whole::sizes.statistics;
inline constexpr std::size_t byte_count = Whole::sizes.weights;
// Zero points, biases, multipliers and shifts, with which maps hold numbers of all sizes.
static constexpr auto numbers = [] {
    std::array<std::int32_t, Whole::sizes.numbers> all{};
    constexpr auto& described = depix::detail::described_steps<Network, Precision>;
    std::uint32_t seed = 1;
    for (std::size_t i = 0; i < described.steps.size(); ++i) {
        const std::size_t first = described.steps[i].first.numbers;
        const std::size_t end =
            i + 1 < described.steps.size() ? described.steps[i + 1].first.numbers : Whole::sizes.numbers;
        const std::size_t count = end - first, channels = count < 6 ? 1 : (count - 3) / 3;
        for (std::size_t k = 0; k < count; ++k) {
            seed = seed * 1664525 + 1013904223;
            const std::size_t row = k < 3 ? 0 : (k - 3) / channels;
            if (count == 7)  // an addition: (a + b) / 2
                all[first + k] = k < 2 ? 0 : k < 4 ? 1 << 19 : k == 4 ? 20 : k == 5 ? 0 : -128;
            else if (k < 3)
                all[first + k] = k == 0 ? 3 : k == 1 ? -5 : -128;
            else
                all[first + k] = static_cast<std::int32_t>(row == 0   ? seed >> 20
                                                           : row == 2 ? 7
                                                                      : (seed >> 2 | 1u << 30));
        }
    }
    return all;
}();
static const depix::Int8Arrays arrays{random_bytes, numbers.data(), random_weights, random_statistics};
inline constexpr std::size_t weights = byte_count + 4 * (numbers.size() + float_count + statistic_count);
#else
inline constexpr std::size_t float_count = Whole::parameter_count, statistic_count = Whole::statistic_count;
inline constexpr std::size_t byte_count = 0;
inline constexpr std::size_t weights = (float_count + statistic_count) * sizeof(float);
#endif

#ifdef __riscv
#define CONSTANT "%"  // a number in the text of the assembler: %0
#else
#define CONSTANT "%c"  // without #
#endif

// The assembler writes the numbers: weights of both signs from 1/32 to 1/16, statistics from 1 to 2.
[[gnu::used]] static void write_numbers() {
    __asm__ volatile(
        ".pushsection .rodata.random_weights, \"a\"\n .balign 4\n .set seed, 1\n random_weights:\n"
        ".rept " CONSTANT
        "0\n .set seed, (seed * 1664525 + 1013904223) & 0xffffffff\n"
        ".long (seed & 0x807fffff) | 0x3d000000\n .endr\n"
        "random_statistics:\n"
        ".rept " CONSTANT
        "1\n .set seed, (seed * 1664525 + 1013904223) & 0xffffffff\n"
        ".long (seed & 0x007fffff) | 0x3f800000\n .endr\n random_bytes:\n"
        ".rept " CONSTANT
        "2\n .set seed, (seed * 1664525 + 1013904223) & 0xffffffff\n"
        ".byte (seed >> 24) & 0xff\n .endr\n .balign 4\n .popsection" ::"i"(float_count),
        "i"(statistic_count), "i"(byte_count));
}

static std::uint32_t sum = 0;

static Input pixel(int index) {
    const std::uint32_t bits = static_cast<std::uint32_t>(index) * 2654435761u >> 8;
#if MEASURE_INT8
    if constexpr (sizeof(Input) == 1) return static_cast<Input>(static_cast<int>(bits >> 16) - 128);
#endif
    return static_cast<Input>(static_cast<float>(bits) / 16777216.0f);
}

[[maybe_unused]] static std::uint32_t bits_of(float value) { return std::bit_cast<std::uint32_t>(value); }
[[maybe_unused]] static std::uint32_t bits_of(std::int8_t value) { return static_cast<std::uint8_t>(value); }

#if MEASURE_STREAMED
static Rows network;
static Input row_of_picture[static_cast<std::size_t>(shape.channels) * shape.width];

static std::uint64_t run() {
#if MEASURE_INT8
    network.begin(arrays, shape.height);
#else
    network.begin(random_weights, random_statistics, shape.height);
#endif
    std::uint64_t count = 0;
    for (int y = 0; y < shape.height; ++y) {
        for (int c = 0; c < shape.channels; ++c)
            for (int x = 0; x < shape.width; ++x)
                row_of_picture[c * shape.width + x] = pixel((c * shape.height + y) * shape.width + x);
        const std::uint64_t before = board::instructions();
        network.push(row_of_picture, [](int, const Output* values) {
            for (int i = 0; i < Rows::out_channels * Rows::output_width; ++i) sum += bits_of(values[i]);
        });
        count += board::instructions() - before;
    }
    return count;
}
#else
static Whole network;
static Input picture[Whole::input_shape.size()];
static Output result[Whole::output_shape.size()];

static std::uint64_t run() {
    for (std::size_t i = 0; i < shape.size(); ++i) picture[i] = pixel(static_cast<int>(i));
    const std::uint64_t before = board::instructions();
#if MEASURE_INT8
    network.run(arrays, picture, result);
#else
    network.run(random_weights, random_statistics, picture, result);
#endif
    for (const Output value : result) sum += bits_of(value);
    return board::instructions() - before;
}
#endif

int main() {
    board::start_counting();
    const auto instructions = static_cast<std::size_t>(run() >> 10);  // without a division, which takes flash
    const board::Memory memory = board::memory();
    board::print("measured ");
    for (const std::size_t number :
         {memory.flash - weights, weights, memory.variables + memory.stack_used, instructions}) {
        board::print(number);
        board::print(" ");
    }
    board::print_bits(sum);
    board::print("\n");
    return 0;
}
