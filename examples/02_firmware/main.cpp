// 02 Firmware: the depixelizer on a microcontroller.
//
// A small Cortex-M4F has some hundred kilobytes of flash, some dozen of RAM and no operating system, and no user reads
// its error messages. So errors must be found earlier, by the compiler and the linker. This is why depix makes the
// network a type and the plan a constexpr value. Once the size of the picture is known too, the compiler knows
// everything.
//
// Flash holds what never changes: the code, the 2,255 weights (weights.hpp, constexpr arrays of float, written by
// write_weights_header), the plan (which layer reads and writes what, computed by the compiler) and, here, the picture.
// Weights are read from flash and never copied to RAM.
//
// RAM holds what changes: the pixelated picture, the restored one, the workspace between them, and the stack. The
// workspace is one array. The compiler has placed every feature map in it, and maps that are never needed at the same
// time share their place. So all twenty layers together take no more than the two largest neighbours.
//
// There is no heap. When a server runs out of memory, one request fails. A device with a heap may stop after a month,
// when its free memory lies in pieces that are too small to use. Here that cannot happen. `static Restore restore` is
// all the memory that is needed, `Restore::workspace_bytes` says how much that is, and a program that is too large does
// not link. Nothing is thrown either, because nothing can fail: static_assert has checked sizes and channels.
//
// The arithmetic is that of depix's textbook kernels, the same functions that the tests on the host compare with.
// Compiled without fused multiply-adds, the firmware's pictures equal the host's bit for bit; `run` checks it.
//
//     examples/02_firmware/run     installs what is missing, builds, runs under QEMU, compares with the host
//
// The microcontroller has 64 KB each of flash and RAM. The program takes 18 KB of flash, of which 9 are weights, 2 the
// picture and 7 the code and the plan. It takes 57 KB of RAM, of which 40 are the workspace, 16 the two pictures, and
// less than one the stack. It is compiled with -O3, which takes 2 KB more flash than -O2 and a third of the
// instructions (./measure).
//
// To use your own network, name it in network.hpp and write its weights with host/export_weights.cpp.
#include <bit>
#include <iterator>

#include "board/board.hpp"
#include "image.hpp"
#include "network.hpp"
#include "weights.hpp"

// The exporter wrote the weights of this network and not those of another one.
static_assert(std::size(tiny_weights) == Restore::parameter_count);
static_assert(std::size(tiny_statistics) == Restore::statistic_count);

// This is all the RAM that the application asks for. It could lie anywhere, but `static` makes the linker count it.
static Restore restore;
static float pixelated[Restore::input_shape.size()];
static float restored[Restore::output_shape.size()];

static void print_row(const char* what, std::size_t bytes) {
    board::print(what);
    board::print(bytes);
    board::print(" bytes\n");
}

int main() {
    unpack(pixelated_image, pixelated);
    restore.run(tiny_weights, tiny_statistics, pixelated, restored);

    // The restored picture goes to the host as the bits of its floats, a line for each row.
    for (int y = 0; y < Restore::output_shape.height; ++y) {
        board::print("row");
        for (int x = 0; x < Restore::output_shape.width; ++x) {
            board::print(" ");
            board::print_bits(std::bit_cast<std::uint32_t>(restored[y * Restore::output_shape.width + x]));
        }
        board::print("\n");
    }

    const board::Memory memory = board::memory();
    print_row("flash used:           ", memory.flash);
    print_row("  weights:            ", sizeof tiny_weights + sizeof tiny_statistics);
    print_row("  picture:            ", sizeof pixelated_image);
    print_row("  code and constants: ",
              memory.flash - sizeof tiny_weights - sizeof tiny_statistics - sizeof pixelated_image);
    print_row("RAM used:             ", memory.variables + memory.stack_used);
    print_row("  workspace:          ", Restore::workspace_bytes);
    print_row("  input and output:   ", sizeof pixelated + sizeof restored);
    print_row("  other variables:    ", memory.variables - sizeof restore - sizeof pixelated - sizeof restored);
    print_row("  stack, at most:     ", memory.stack_used);
    print_row("of flash:             ", memory.flash_total);
    print_row("of RAM:               ", memory.ram_total);
    return 0;
}
