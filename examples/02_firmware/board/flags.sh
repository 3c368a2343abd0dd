# How the firmware is compiled, linked and emulated. Scripts source this file.

firmware_common=(
    -std=c++20
    -fno-exceptions -fno-rtti -fno-threadsafe-statics           # what needs run-time support is left out
    -fno-math-errno                                             # a square root is one instruction
    -DDEPIX_OWN_EXP                                             # a sigmoid needs no expf of the C library
    -fno-tree-loop-distribute-patterns                          # no loop becomes a call of memcpy, which takes 308 bytes
    -ffunction-sections -fdata-sections                         # so that the linker can drop what is not used
    -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
)
firmware_compiler=(
    arm-none-eabi-g++ "${firmware_common[@]}" -O3
    -mcpu=cortex-m4 -mthumb -mfpu=fpv4-sp-d16 -mfloat-abi=hard  # a Cortex-M4 with single-precision floating point
)

# newlib-nano has malloc, but malloc needs _sbrk, and this firmware has none. So code that allocates does not link.
firmware_linker=(--specs=nano.specs -nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings)

# The board. Semihosting gives the firmware a console, which is QEMU's standard output, and QEMU's exit code.
firmware_console=(
    -nographic -monitor none -serial none
    -chardev stdio,id=console,signal=off -semihosting-config enable=on,target=native,chardev=console
)
firmware_emulator=(-M mps2-an386 -cpu cortex-m4 "${firmware_console[@]}")
