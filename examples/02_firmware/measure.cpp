// What one network needs on one board; ./measure compiles it for each row of the table, with these macros:
//
//     MEASURE_NETWORK                     its type
//     MEASURE_HEIGHT, MEASURE_WIDTH       the picture
//     MEASURE_STREAMED                    1: row by row, 0: the whole picture at once
//
// It prints "measured FLASH WEIGHTS RAM INSTRUCTIONS SUM": bytes of flash without the weights, of the weights, of RAM
// with the stack, instructions for one picture divided by 1,024, and a sum of the result's bits. Weights and pixels are
// random numbers, because their values do not change what is measured here, but for the emulation of floating point.
#include <bit>

#include <depix/models/depixelizer.hpp>
#include <depix/models/documents_autoencoder.hpp>
#include <depix/models/mlperf_tiny.hpp>
#include <depix/models/text_restorer.hpp>
#include <depix/streaming_inference.hpp>

#include "board/board.hpp"

using Network = MEASURE_NETWORK;
inline constexpr depix::Shape shape{Network::in_channels, MEASURE_HEIGHT, MEASURE_WIDTH};
using Whole = depix::StaticInference<Network, shape>;
using Rows = depix::StreamingInference<Network, shape.width>;

extern "C" const float random_weights[], random_statistics[];

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
        ".long (seed & 0x007fffff) | 0x3f800000\n .endr\n .popsection" ::"i"(Whole::parameter_count),
        "i"(Whole::statistic_count));
}

static std::uint32_t sum = 0;

static float pixel(int index) {
    return static_cast<float>(static_cast<std::uint32_t>(index) * 2654435761u >> 8) / 16777216.0f;
}

#if MEASURE_STREAMED
static Rows network;
static float row_of_picture[static_cast<std::size_t>(shape.channels) * shape.width];

static std::uint64_t run() {
    network.begin(random_weights, random_statistics, shape.height);
    std::uint64_t count = 0;
    for (int y = 0; y < shape.height; ++y) {
        for (int c = 0; c < shape.channels; ++c)
            for (int x = 0; x < shape.width; ++x)
                row_of_picture[c * shape.width + x] = pixel((c * shape.height + y) * shape.width + x);
        const std::uint64_t before = board::instructions();
        network.push(row_of_picture, [](int, const float* values) {
            for (int i = 0; i < Rows::out_channels * Rows::output_width; ++i)
                sum += std::bit_cast<std::uint32_t>(values[i]);
        });
        count += board::instructions() - before;
    }
    return count;
}
#else
static Whole network;
static float picture[Whole::input_shape.size()], result[Whole::output_shape.size()];

static std::uint64_t run() {
    for (std::size_t i = 0; i < shape.size(); ++i) picture[i] = pixel(static_cast<int>(i));
    const std::uint64_t before = board::instructions();
    network.run(random_weights, random_statistics, picture, result);
    for (const float value : result) sum += std::bit_cast<std::uint32_t>(value);
    return board::instructions() - before;
}
#endif

int main() {
    board::start_counting();
    const auto instructions = static_cast<std::size_t>(run() >> 10);  // without a division, which takes flash
    const board::Memory memory = board::memory();
    const std::size_t weights = (Whole::parameter_count + Whole::statistic_count) * sizeof(float);
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
