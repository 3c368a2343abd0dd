# The boards that `measure` emulates. Scripts source this file after flags.sh.
#
# choose_board NAME sets board_compiler, board_linker, board_emulator, board_flash and board_ram (ORIGIN, LENGTH for the
# linker) and board_about. Cortex-M0+ has no emulated board of its own: its code runs on the Cortex-M3, which has all of
# its instructions, so the number of instructions is the same.
boards=(m0plus m4f m7 m33 m55 rv32imc)

choose_board() {
    local arm=(arm-none-eabi-g++ -mthumb) machine tick=160  # quarters of a nanosecond: 25 MHz
    local firmware=("${firmware_common[@]}")
    board_flash="0x00000000, LENGTH = 4M" board_ram="0x20000000, LENGTH = 4M"
    board_linker=("${firmware_linker[@]}")
    board_emulator=(qemu-system-arm)
    case $1 in
        m0plus) board_about="Cortex-M0+, floats in software" machine=mps2-an385 arm+=(-mcpu=cortex-m0plus) ;;
        m4f) board_about="Cortex-M4F" machine=mps2-an386 arm+=(-mcpu=cortex-m4 -mfpu=fpv4-sp-d16 -mfloat-abi=hard) ;;
        m7) board_about="Cortex-M7" machine=mps2-an500 arm+=(-mcpu=cortex-m7 -mfpu=fpv5-d16 -mfloat-abi=hard) ;;
        m33)
            board_about="Cortex-M33" machine=mps2-an505 tick=200
            arm+=(-mcpu=cortex-m33 -mfpu=fpv5-sp-d16 -mfloat-abi=hard)
            board_flash="0x10000000, LENGTH = 4M" board_ram="0x38000000, LENGTH = 4M"
            ;;
        m55)
            board_about="Cortex-M55 with Helium" machine=mps3-an547 tick=125
            arm+=(-mcpu=cortex-m55 -mfloat-abi=hard)
            board_flash="0x10000000, LENGTH = 512K" board_ram="0x31000000, LENGTH = 4M"
            ;;
        rv32imc)
            board_about="RV32IMC, floats in software"
            # Debian's compiler for RISC-V comes without libstdc++. Of it depix takes only headers that need no library.
            local headers
            headers=$(arm-none-eabi-g++ -print-sysroot)/include/c++/$(arm-none-eabi-g++ -dumpfullversion)
            [[ -d $headers ]] || headers=/usr/lib/arm-none-eabi/include/c++/$(arm-none-eabi-g++ -dumpfullversion)
            board_compiler=(riscv64-unknown-elf-gcc --specs=picolibc.specs -march=rv32imc -mabi=ilp32 -misa-spec=2.2
                            -isystem "$headers" -isystem "$headers/arm-none-eabi" "${firmware[@]}")
            board_linker=(-nostartfiles -Wl,--gc-sections -Wl,--fatal-warnings)
            board_flash="0x80000000, LENGTH = 4M" board_ram="0x80400000, LENGTH = 4M"
            board_emulator=(qemu-system-riscv32 -M virt -bios none)
            ;;
        *)
            echo "there is no board $1; there are ${boards[*]}" >&2
            return 1
            ;;
    esac
    if [[ $1 != rv32imc ]]; then
        board_compiler=("${arm[@]}" "${firmware[@]}" "-DBOARD_TICK=$tick")
        board_emulator+=(-M "$machine")
    fi
    # Each instruction takes a nanosecond of the board's clock.
    board_emulator+=(-icount shift=0 "${firmware_console[@]}")
}
