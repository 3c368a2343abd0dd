#!/usr/bin/env bash
# tool.sh TOOL PICTURE QEMU FOLDER: one binary of the tool restores the picture with each instruction set that this
# processor has, and under QEMU as a processor without AVX and as one without AVX2, where it must choose for itself.
set -euo pipefail
tool=$1 picture=$2 qemu=$3 folder=$4
cd "$folder"

restore() {  # RESULT command...: the result differs from the first by rounding alone
    "${@:2}" restore -i "$picture" -o "$1.png" -m depixelizer
    "$tool" compare first.png "$1.png" | grep -Eq '^PSNR +([6-9][0-9]\.|1[0-9][0-9]\.|infinite)' ||
        { echo "$1 restores another picture: $("$tool" compare first.png "$1.png")"; exit 1; }
}

"$tool" restore -i "$picture" -o first.png -m depixelizer
"$tool" info
for set in x86-64-v2 x86-64-v3 x86-64-v4; do
    if "$tool" info | grep -Eq "^  $set .*used"; then
        DEPIX_INSTRUCTION_SET=$set restore $set "$tool"
    elif DEPIX_INSTRUCTION_SET=$set "$tool" info 2>message.txt; then
        echo "$set is accepted, but this processor lacks it"
        exit 1
    fi
done
! DEPIX_INSTRUCTION_SET=mmx "$tool" info 2>message.txt
grep -q 'DEPIX_INSTRUCTION_SET=mmx' message.txt

[[ -n $qemu && $qemu != *NOTFOUND ]] || { echo "no QEMU: this processor only"; exit 0; }
for processor in Nehalem SandyBridge; do
    "$qemu" -cpu $processor "$tool" info 2>/dev/null | grep -Eq '^  x86-64-v2 .* used$'
    restore $processor "$qemu" -cpu $processor "$tool" 2>/dev/null
done
