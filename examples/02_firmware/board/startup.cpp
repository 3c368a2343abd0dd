// Everything between power-on and main() (the vector table, the reset handler), and the functions of board.hpp.
#include "board.hpp"

// The addresses where the parts of memory begin and end. mps2_an386.ld defines these names.
extern "C" {
extern std::uint32_t flash_begin[], flash_end[], flash_limit[];
extern std::uint32_t data_begin[], data_end[], data_image[];
extern std::uint32_t bss_begin[], bss_end[];
extern std::uint32_t stack_bottom[], stack_top[], ram_begin[];
[[noreturn]] void reset();
int call_main() __asm__("main");  // by its name in the linker, because C++ forbids calls of main()
}

namespace {

constexpr std::uint32_t paint = 0xDEADBEEF;

std::size_t bytes_between(const std::uint32_t* first, const std::uint32_t* last) {
    return reinterpret_cast<std::uintptr_t>(last) - reinterpret_cast<std::uintptr_t>(first);
}

std::uintptr_t semihosting(std::uintptr_t operation, const void* argument) {
#ifdef __riscv
    register std::uintptr_t result __asm__("a0") = operation;
    register const void* second __asm__("a1") = argument;
    // These three instructions, none of them compressed, are the request.
    __asm__ volatile(".option push\n .option norvc\n slli x0, x0, 0x1f\n ebreak\n srai x0, x0, 7\n .option pop"
                     : "+r"(result)
                     : "r"(second)
                     : "memory");
    return result;
#else
    register std::uintptr_t r0 __asm__("r0") = operation;
    register const void* r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
#endif
}

[[noreturn]] void fault() {
    board::print("fault\n");
    board::exit(1);
}

// Paints the stack below this function, to see later how far down it was used, and runs the program. Until memory is
// ready, there may be no call. The pointers are volatile, because the compiler would otherwise make calls of memset and
// memcpy from these loops.
[[gnu::always_inline, noreturn]] inline void begin() {
    const std::uint32_t* source = data_image;
    for (volatile std::uint32_t* word = data_begin; word < data_end; ++word) *word = *source++;
    for (volatile std::uint32_t* word = bss_begin; word < bss_end; ++word) *word = 0;

    std::uint32_t* here;
#ifdef __riscv
    __asm__ volatile("mv %0, sp" : "=r"(here));
#else
    __asm__ volatile("mov %0, sp" : "=r"(here));
#endif
    for (volatile std::uint32_t* word = stack_bottom; word < here; ++word) *word = paint;

    board::exit(call_main());
}

}  // namespace

#ifdef __riscv

// The processor begins at the start of memory, without a stack.
__asm__(
    ".pushsection .vectors, \"ax\"\n .global reset\n reset:\n"
    "la sp, stack_top\n la t0, fault_handler\n csrw mtvec, t0\n j begin_program\n .popsection");
extern "C" [[noreturn, gnu::used]] void begin_program() { begin(); }
extern "C" [[noreturn, gnu::used, gnu::aligned(4)]] void fault_handler() { fault(); }

namespace board {

void start_counting() { __asm__ volatile("csrw mcycleh, zero\n csrw mcycle, zero"); }

std::uint64_t instructions() {
    std::uint32_t low, high, again;
    do __asm__ volatile("csrr %0, mcycleh\n csrr %1, mcycle\n csrr %2, mcycleh" : "=r"(high), "=r"(low), "=r"(again));
    while (high != again);
    return std::uint64_t{high} << 32 | low;
}

}  // namespace board

#else

namespace {

// Overflows of the timer SysTick, which start_counting() starts.
volatile std::uint32_t overflows = 0;
void tick() { overflows = overflows + 1; }

// What the processor reads first: the stack pointer, then the handlers for reset and for each exception.
using Handler = void (*)();
struct VectorTable {
    std::uint32_t* stack;
    Handler handlers[15];
};
[[gnu::section(".vectors"), gnu::used]] const VectorTable vectors{
    stack_top,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, tick}};

volatile std::uint32_t& device(std::uintptr_t address) { return *reinterpret_cast<volatile std::uint32_t*>(address); }

}  // namespace

[[noreturn]] void reset() {
    // The floating-point unit is off after reset. This gives full access to coprocessors 10 and 11.
    volatile auto& access = *reinterpret_cast<std::uint32_t*>(0xE000ED88);
    access = access | (0xFu << 20);
    __asm__ volatile("dsb\n isb" ::: "memory");
    begin();
}

#ifndef BOARD_TICK
#define BOARD_TICK 160  // of SysTick, in quarters of a nanosecond: 25 MHz
#endif

namespace board {

void start_counting() {
    device(0xE000E014) = 0xFFFFFF;  // counts down from here
    device(0xE000E018) = 0;
    device(0xE000E010) = 7;  // on, with interrupts, by the processor's clock
    overflows = 0;
}

std::uint64_t instructions() {
    std::uint32_t before, ticks;
    do {
        before = overflows;
        ticks = 0xFFFFFF - device(0xE000E018);
    } while (before != overflows);
    return (std::uint64_t{before} << 24 | ticks) * BOARD_TICK >> 2;
}

}  // namespace board

#endif

namespace board {

void print(const char* text) { semihosting(0x04, text); }

void print(std::size_t number) {
    char text[11]{};
    char* first = text + sizeof text - 1;
    do {
        *--first = static_cast<char>('0' + number % 10);
        number /= 10;
    } while (number > 0);
    print(first);
}

void print_bits(std::uint32_t word) {
    char text[9]{};
    for (int i = 0; i < 8; ++i) text[i] = "0123456789abcdef"[word >> (28 - 4 * i) & 15];
    print(text);
}

void exit(int code) {
    const std::uintptr_t application_exit[2]{0x20026, static_cast<std::uintptr_t>(code)};
    for (;;) semihosting(0x20, application_exit);
}

Memory memory() {
    const std::uint32_t* untouched = stack_bottom;
    while (untouched < stack_top && *untouched == paint) ++untouched;
    return {.flash = bytes_between(flash_begin, flash_end),
            .variables = bytes_between(ram_begin, stack_bottom),
            .stack = bytes_between(stack_bottom, stack_top),
            .stack_used = bytes_between(untouched, stack_top),
            .flash_total = bytes_between(flash_begin, flash_limit),
            .ram_total = bytes_between(ram_begin, stack_top)};
}

}  // namespace board
