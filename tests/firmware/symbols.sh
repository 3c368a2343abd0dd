#!/usr/bin/env bash
# symbols.sh BUILD_FOLDER: compiles StaticInference for the host, without exceptions and type information, and checks
# which symbols the object file needs from elsewhere. It must need no allocation, exception, thread or stream, and
# nothing that is not in the list below.
set -euo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
command -v nm >/dev/null || { echo "skipped: no nm"; exit 77; }
mkdir -p "$1"

for level in -O0 -O2; do
    "${CXX:-g++}" -std=c++20 $level -fno-exceptions -fno-rtti -ffunction-sections -Wall -Wextra -Wpedantic \
        -Wconversion -Wshadow -Werror -I "$here/../../include" -c "$here/../freestanding/freestanding.cpp" \
        -o "$1/freestanding.o"
    wanted=$(nm --undefined-only --format=posix "$1/freestanding.o" | cut -d' ' -f1 |
        grep -vxE 'mem(set|cpy|move)|sqrtf?|_GLOBAL_OFFSET_TABLE_|__stack_chk_fail' || true)
    if [[ $wanted ]]; then
        echo "$level: the core calls what firmware need not have:"
        c++filt <<<"$wanted"
        exit 1
    fi
done
echo "The core needs nothing but memset, memcpy, memmove and sqrt."
