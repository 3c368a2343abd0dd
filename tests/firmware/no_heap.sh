#!/usr/bin/env bash
# no_heap.sh BUILD_FOLDER: checks that with the flags and the linker script of examples/02_firmware a program links and
# returns its exit code, and that the same program with one `new` in it does not link.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
example=$here/../../examples/02_firmware
source "$example/board/flags.sh"
for program in arm-none-eabi-g++ qemu-system-arm; do
    command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
done
mkdir -p "$1"
cd "$1"

link() {  # OUTPUT option...
    local output=$1
    shift
    "${firmware_compiler[@]}" "$@" "$here/heap.cpp" "$example/board/startup.cpp" "${firmware_linker[@]}" \
        -T "$example/board/mps2_an386.ld" -o "$output"
}

link plain.elf
code=0
timeout 60 qemu-system-arm "${firmware_emulator[@]}" -kernel plain.elf </dev/null || code=$?
((code == 3)) || { echo "exit code $code, not 3"; exit 1; }

if link allocating.elf -DALLOCATE 2>messages.txt; then
    echo "a program that allocates was linked"
    exit 1
fi
grep -q "undefined reference to \`_sbrk'" messages.txt || { cat messages.txt; exit 1; }
echo "An allocation does not link: $(grep -m1 -o 'undefined reference.*' messages.txt)"
