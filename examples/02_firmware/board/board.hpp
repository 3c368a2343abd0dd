// The board, as the firmware sees it: a console, a measurement of memory, and a way to stop.
//
// The console is semihosting: the program halts at a breakpoint with a request in its registers, and the debugger, or
// QEMU, serves it. (Arm, "Semihosting for AArch32 and AArch64", 2.0, https://github.com/ARM-software/abi-aa; for
// RISC-V, "RISC-V Semihosting", 0.4)
#pragma once

#include <cstddef>
#include <cstdint>

namespace board {

/// SYS_WRITE0: writes a string to the console.
void print(const char* text);
/// Writes the number in decimal.
void print(std::size_t number);
/// Writes the word as eight hexadecimal digits.
void print_bits(std::uint32_t word);

/// SYS_EXIT_EXTENDED: ends the program, and QEMU with it, with this exit code.
[[noreturn]] void exit(int code);

/// Starts to count instructions. QEMU must run with -icount shift=0, where each takes a nanosecond.
void start_counting();
/// The instructions since then. With Arm's SysTick it advances in steps of one tick of the board's clock, up to 50.
std::uint64_t instructions();

/// What the linker placed, in bytes.
struct Memory {
    std::size_t flash;        ///< code, constants, and the initial values of variables
    std::size_t variables;    ///< .data and .bss
    std::size_t stack;        ///< what is left for the stack
    std::size_t stack_used;   ///< the most of it that has been used until now
    std::size_t flash_total;  ///< of the microcontroller
    std::size_t ram_total;
};
Memory memory();

}  // namespace board
