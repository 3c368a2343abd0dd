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

std::uint32_t semihosting(std::uint32_t operation, const void* argument) {
    register std::uint32_t r0 __asm__("r0") = operation;
    register const void* r1 __asm__("r1") = argument;
    __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
    return r0;
}

[[noreturn]] void fault() {
    board::print("fault\n");
    board::exit(1);
}

// What the processor reads first: the stack pointer, then the handlers for reset and for each exception.
using Handler = void (*)();
struct VectorTable {
    std::uint32_t* stack;
    Handler handlers[15];
};
[[gnu::section(".vectors"), gnu::used]] const VectorTable vectors{
    stack_top,
    {reset, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault, fault}};

}  // namespace

// Until memory and processor are ready, there may be no call and no floating point. The pointers are volatile, because
// the compiler would otherwise make calls of memset and memcpy from these loops.
[[noreturn]] void reset() {
    // The floating-point unit is off after reset. This gives full access to coprocessors 10 and 11.
    volatile auto& access = *reinterpret_cast<std::uint32_t*>(0xE000ED88);
    access = access | (0xFu << 20);
    __asm__ volatile("dsb\n isb" ::: "memory");

    const std::uint32_t* source = data_image;
    for (volatile std::uint32_t* word = data_begin; word < data_end; ++word) *word = *source++;
    for (volatile std::uint32_t* word = bss_begin; word < bss_end; ++word) *word = 0;

    // Paint the stack below this function, to see later how far down it was used.
    std::uint32_t* here;
    __asm__ volatile("mov %0, sp" : "=r"(here));
    for (volatile std::uint32_t* word = stack_bottom; word < here; ++word) *word = paint;

    board::exit(call_main());
}

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
    const std::uint32_t application_exit[2]{0x20026, static_cast<std::uint32_t>(code)};
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
