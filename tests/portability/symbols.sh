#!/usr/bin/env bash
# symbols.sh OBJECT... -- OBJECT...: checks objects compiled for SSE2 and the same objects compiled for AVX2. If both
# sides define a function under one name, the linker keeps one of them for both. So
#   - only one side defines what has an instruction set's inline namespace in its name;
#   - what both define must not depend on a vector's width, so for AVX2 it must not use registers of 32 bytes;
#   - what is compiled for SSE2 uses no such register and none of AVX's instructions.
# Shared functions may use AVX's instructions on 16 bytes, see two_isa.cpp.
set -euo pipefail
for program in nm ld objdump c++filt; do
    command -v "$program" >/dev/null || { echo "skipped: no $program"; exit 77; }
done
export LC_ALL=C
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

sse2=()
while [[ $1 != -- ]]; do
    sse2+=("$1")
    shift
done
shift
avx2=("$@")

# Prints the weak functions and variables, which other objects may define too.
weak() { nm --defined-only --format=posix "$@" | awk '$2 ~ /^[WVu]$/ { print $1 }' | sort -u; }
# Prints the functions that have an instruction which matches the pattern. The objects are first linked to a file that
# is never run, because objdump takes a minute for the objects with their thousands of sections.
functions_with() {  # PATTERN object...
    ld --unresolved-symbols=ignore-all --defsym=__dso_handle=0 --entry=0 -o "$folder/linked" "${@:2}"
    objdump --disassemble --no-show-raw-insn "$folder/linked" | grep -E "^[0-9a-f]+ <|$1" |
        awk '/^[0-9a-f]+ </ { name = $2; next } { print substr(name, 2, length(name) - 3) }' | sort -u
}
failed=0
complain() {  # MESSAGE names
    [[ $2 ]] || return 0
    echo "$1"
    c++filt <<<"$2" | cut -c1-200 | head -20
    failed=1
}

shared=$(comm -12 <(weak "${sse2[@]}") <(weak "${avx2[@]}"))
wide=$(functions_with '%ymm' "${avx2[@]}")
[[ $wide == *N5depix4avx2* ]] || { echo "No kernel for AVX2 uses its registers: is there none?"; exit 1; }
complain "Both sides define what belongs to one instruction set:" \
    "$(grep -E '7generic|4sse4|N5depix3avx|4avx2|6avx512' <<<"$shared" || true)"
complain "Both sides define, with vectors of another width (should it be in depix::inline DEPIX_ISA?):" \
    "$(comm -12 <(echo "$shared") <(echo "$wide"))"
complain "Compiled for SSE2, and uses AVX:" "$(functions_with '%ymm|:	v[a-z0-9]+ .*%xmm' "${sse2[@]}")"
((failed)) && exit 1
echo "Both sides define $(wc -l <<<"$shared") functions and variables, none of them a kernel."
echo "AVX2's registers are used by $(wc -l <<<"$wide") functions."
