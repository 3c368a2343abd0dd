#!/usr/bin/env bash
# faults.sh TOOL PICTURES FAIL_CALL FOLDER [every]: restores a picture and a folder of pictures while one call of the
# system's functions fails, the first, then the second, and so on until a run makes no more. After each run no picture
# is half-written, no input has changed, no temporary file is left, and a run that says nothing went wrong has done
# everything. Of the calls of malloc, a sample is taken; with "every", all are.
set -uo pipefail
tool=$(realpath "$1") pictures=$(realpath "$2") fail_call=$(realpath "$3") folder=$4 every=${5-}
rm -rf "$folder"
mkdir -p "$folder/in"
cd "$folder" || exit 1

for name in a b c; do "$pictures" make in/$name.png 16 24 rgb || exit 1; done
cp -r in untouched
cp in/b.png old.png
"$tool" in good -m depixelizer -j 2 >/dev/null 2>&1 || exit 1

failures=0
fail() {
    echo "FAILED: with $call $number: $*: $(head -c 300 messages.txt)"
    ((++failures < 20)) || exit 1
}

# Runs the tool once. Returns 1 if it ended before the call that shall fail.
run() {  # OUTPUT arguments...
    local output=$1 status=0
    shift
    rm -rf out mark
    cp old.png out.png  # is replaced, where the files of the folder are new
    LD_PRELOAD=$fail_call DEPIX_FAIL_CALL="$call $number" DEPIX_FAIL_MARK=mark \
        "$tool" "$@" >output.txt 2>messages.txt || status=$?
    ((status < 126)) || fail "status $status"
    ! grep -q terminate messages.txt || fail "std::terminate"
    ((status == 0)) || [[ -s messages.txt ]] || fail "no message"
    diff -r in untouched >/dev/null || fail "an input changed"
    [[ -z $(find . -name '.depix-*') ]] || fail "a temporary file is left: $(find . -name '.depix-*')"
    local file
    for file in a b c; do
        file=$output/$file.png
        [[ $output == out ]] || file=$output
        if [[ -e $file ]]; then
            cmp -s "$file" "good/$(basename "${file/out.png/a.png}")" ||
                { ((status != 0)) && [[ $output != out ]] && cmp -s "$file" old.png; } || fail "$file is wrong, and the status is $status"
        elif ((status == 0)); then
            fail "$file is missing, and the status is 0"
        fi
    done
    [[ -e mark ]]
}

runs=0
for call in fwrite fflush fclose fread fopen fsync rename linkat open opendir pthread_create malloc; do
    for kind in one folder; do
        step=1 number=1
        while
            if [[ $kind == one ]]; then run out.png in/a.png out.png -m depixelizer -j 1; else run out in out -m depixelizer -j 2; fi
        do
            ((++runs))
            [[ $call == malloc && -z $every ]] && ((step = number / 12 + 1))
            ((number += step))
        done
    done
done
rm -f out.png
echo "$runs runs with a failing call, $failures wrong"
((failures == 0))
