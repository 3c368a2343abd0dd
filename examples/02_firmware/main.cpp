// 02 Firmware: the depixelizer on a microcontroller.
//
// A small Cortex-M4F has some hundred kilobytes of flash and some dozen of RAM, no operating system, and nobody to read
// an error message. What can go wrong must go wrong earlier: in the compiler and in the linker. This is why depix makes
// the network a type and the plan a constexpr value: once the size of the picture is known too, everything is.
//
// Flash holds what never changes: the code, the 2,255 weights (weights.hpp, constexpr arrays of float, written by
// write_weights_header), the plan (which layer reads and writes what, computed by the compiler) and, here, the picture.
// A weight is read from where it lies; none is ever copied to RAM.
//
// RAM holds what changes: the pixelated picture, the restored one, the workspace between them, and the stack. The
// workspace is one array. The compiler has placed every feature map in it, and maps that are never needed at the same
// time share their place: all twenty layers together take no more than the two largest neighbours.
//
// There is no heap. On a server, memory that runs out ends one request; in a device it ends the device, after a month,
// when free memory lies in pieces too small to use. Here it cannot happen: `static Restore restore` is the whole
// demand, `Restore::workspace_bytes` says how much that is, and a program that is too large does not link. Nor is there
// anything to throw, for nothing can fail: sizes and channels were checked by static_assert.
//
// The arithmetic is that of depix's textbook kernels, the same functions that every test on the host uses as its
// oracle. Compiled without fused multiply-adds, the firmware's pictures equal the host's bit for bit; `run` checks it.
//
//     examples/02_firmware/run     installs what is missing, builds, runs under QEMU, compares with the host
//
// What it takes, of a microcontroller with 64 KB of each: 21 KB of flash, of which 9 are weights, 2 the picture and 10
// the code and the plan (2 the loop over its steps, 2 the plan itself); 57 KB of RAM, of which 40 are the workspace,
// 16 the two pictures, and less than one the stack.
//
// To put your own network here: name it in network.hpp and write its weights with host/export_weights.cpp.
#include <bit>
#include <iterator>

#include "board/board.hpp"
#include "image.hpp"
#include "network.hpp"
#include "weights.hpp"

// The exporter wrote the weights of this network, and not of another.
static_assert(std::size(tiny_weights) == Restore::parameter_count);
static_assert(std::size(tiny_statistics) == Restore::statistic_count);

// All the RAM that the application asks for. It could be anywhere; `static` makes the linker count it.
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
