#!/usr/bin/env bash
# windows.sh SOURCE FOLDER [--here TOOL] [TEST...]: compiles tests for Windows by MinGW-w64 and runs them under Wine.
# Without TEST, a selection that takes some three minutes; TEST is a file such as kernels/test_conv.cpp, or "all": kernels,
# plan, network, io and the tool, or "tool". The tool is compiled with one network, and must make the same files as the
# tool of this machine's system: TOOL, for processors of 2009 at -O1, or one that is compiled here; "whole-tool" compiles
# all networks, for both.
set -uo pipefail
source=$(realpath "$1") folder=$2 tool_here=
shift 2
if [[ ${1-} == --here ]]; then
    tool_here=$2
    shift 2
fi
tests=("$@")
((${#tests[@]})) || tests=(io/test_atomic_file.cpp io/test_safetensors.cpp plan/test_plan.cpp network/test_part.cpp
                           kernels/test_conv_row_pairs.cpp tool)
compiler=x86_64-w64-mingw32-g++-posix
wine=$(command -v wine64 || command -v /usr/lib/wine/wine64) && command -v $compiler >/dev/null || {
    echo "skipped: no $compiler or no wine64 (Debian: g++-mingw-w64-x86-64-posix wine64)"
    exit 77
}
mkdir -p "$folder/include"
cd "$folder" || exit 1
export WINEPREFIX=$PWD/wine WINEDEBUG=-all LC_ALL=C.UTF-8
# Only these folders, because the headers beside them are this system's.
for library in doctest stb xtensor xtl CLI; do
    for place in /usr/include /usr/local/include; do
        [[ ! -d $place/$library ]] || ln -sfn "$place/$library" "include/$library"
    done
done
[[ ${tests[0]} != all ]] ||
    mapfile -t tests < <(cd "$source/tests" && ls kernels/test_*.cpp plan/test_*.cpp network/test_*.cpp io/test_*.cpp && echo tool)

flags=(-std=c++20 -O1 -fopenmp -Wall -Wextra -Wconversion -Wshadow -Werror "-I$source/include" -isystem include
       "-DDEPIX_SOURCE_DIR=\"$source\"" "-DDEPIX_SHARED_DIR=\"$source/../shared\"")
failures=0
fail() {
    echo "FAILED: $*"
    ((++failures))
}

# ---- the tool ------------------------------------------------------------------------------------------------------

# build_tool COMPILER FOLDER [option...]: FOLDER/depix.exe, for processors of 2009, so that it computes the same.
build_tool() {
    local compiler=$1 folder=$2 file files
    # All folders of the tool, but not what needs a library, nor what the tool itself gives to the compiler.
    mapfile -t files < <(find "$source/examples/depix" -name '*.cpp' ! -path '*/architectures/*' ! -path '*/formats/*' \
        ! -path '*/serve/server.cpp' ! -path '*/on_demand/probe.cpp')
    mkdir -p "$folder"
    for file in "${files[@]}" "${networks[@]}"; do
        [[ $folder != windows || $file != */serve/* ]] || continue  # Windows has no `depix serve`
        "$compiler" -std=c++20 -O1 -fopenmp -march=x86-64-v2 -Wall -Wextra -Wconversion -Wshadow -Werror \
            "-I$source/include" "-I$source/examples/depix" -I. "${@:3}" -c "$file" \
            -o "$folder/$(basename "$file" .cpp)$([[ $file != */architectures/* ]] || echo _network).o" || return 1
    done
    "$compiler" -fopenmp "${@:3}" "$folder"/*.o -o "$folder/depix.exe"
}

# Compares what the tool for Windows does with what it does here.
compare_tool() {
    local picture=$source/examples/01_depixelizer/samples/pixeled/0.png status=0 file name definition
    local options=(-m depixelizer -j 2)
    printf 'DEPIX_WEIGHTS(%s, "%s")\n' $(for file in "$source"/examples/*/*.safetensors; do
        echo "$(basename "$file" .safetensors) $file"
    done) >weights.inc
    echo "DEPIX_HEADER(0, \"depix/version.hpp\", \"$source/include/depix/version.hpp\")" >headers.inc
    echo "DEPIX_PAGE_FILE(0, \"page.html\", \"$source/examples/10_page/page.html\")" >page.inc
    networks=("$source"/examples/depix/architectures/{,published/}*.cpp)
    definition=-DDEPIX_TOOL_ALL_NETWORKS
    if [[ $1 == tool ]]; then
        networks=("$source"/examples/depix/architectures/{depixelizer,train_depixelizer,all}.cpp)
        definition=-DDEPIX_TOOL_ONLY=depixelizer
    fi
    build_tool "$compiler" windows $definition -static -isystem include -isystem include/stb || return 1
    local here=(env DEPIX_INSTRUCTION_SET=x86-64-v2 "$tool_here")
    if [[ -z $tool_here || $1 != tool ]]; then
        build_tool g++ here $definition -isystem /usr/include/stb || return 1
        here=(./here/depix.exe)
    fi
    in_wine() { "$wine" windows/depix.exe "$@" 2>messages.txt; }

    rm -rf in out_* ./*.png
    mkdir -p in/below
    cp "$picture" in/a.png && cp "$source"/examples/01_depixelizer/samples/pixeled/1.png in/below/b.png
    in_wine in/a.png one.png "${options[@]}" && "${here[@]}" in/a.png one_here.png "${options[@]}" && cmp one.png one_here.png ||
        fail "the tool on Windows makes another picture: $(cat messages.txt)"
    in_wine restore -r -i in -o out_windows "${options[@]}" && in_wine restore -r -i in -o out_windows "${options[@]}" \
        --skip-existing && "${here[@]}" restore -r -i in -o out_here "${options[@]}" 2>/dev/null &&
        diff -r out_windows out_here || fail "the tool on Windows makes other pictures of a folder: $(cat messages.txt)"
    for name in jpg bmp; do
        in_wine in/a.png one.$name "${options[@]}" && "${here[@]}" in/a.png one_here.$name "${options[@]}" &&
            cmp one.$name one_here.$name || fail "$name on Windows is another: $(cat messages.txt)"
    done
    in_wine - - "${options[@]}" <in/a.png >pipe.png && cmp pipe.png one.png || fail "a pipe on Windows: $(cat messages.txt)"
    ln -f in/a.png hard.png
    in_wine in/a.png hard.png "${options[@]}" || status=$?
    ((status == 2)) && cmp hard.png "$picture" || fail "on Windows an input was overwritten through a link"
    in_wine missing.png no.png "${options[@]}" && fail "a missing file, and status 0"
    grep -q missing.png messages.txt || fail "a missing file is not named: $(cat messages.txt)"
    in_wine formats >/dev/null && in_wine info >/dev/null || fail "formats, info: $(cat messages.txt)"
    rm -rf pairs run_*
    mkdir pairs && cp -r "$source"/examples/01_depixelizer/samples/pixeled pairs/degraded &&
        cp -r "$source"/examples/01_depixelizer/samples/clean pairs/clean
    local training=(train -m depixelizer --pairs pairs --epochs 2 --crops 1 --crop 32 --batch 2 -j 1 --run)
    in_wine "${training[@]}" run_windows >/dev/null && "${here[@]}" "${training[@]}" run_here >/dev/null 2>&1 &&
        cmp run_windows/best.safetensors run_here/best.safetensors || fail "training on Windows: $(cat messages.txt)"
    [[ -z $(find . -name '.depix-*') ]] || fail "temporary files are left"
}

# ---- clang -----------------------------------------------------------------------------------------------------------

# clang for Windows' binary interface, with the parts of clang-cl's dialect that libstdc++ lets through: Microsoft's
# extensions, and templates that are parsed when they are used. (-fms-compatibility needs Microsoft's library.)
if command -v clang++-16 >/dev/null; then
    standard_library=$(dirname "$($compiler -print-file-name=include)")/include/c++
    printf '#include "depix/depix.hpp"\n#include "depix/io/image_file.hpp"\n' >dialect.cpp
    clang++-16 --target=x86_64-w64-mingw32 -fms-extensions -fdelayed-template-parsing -std=c++20 -fsyntax-only -Wall -Wextra \
        -Werror -isystem "$standard_library" -isystem "$standard_library/x86_64-w64-mingw32" "-I$source/include" \
        -isystem include dialect.cpp || fail "clang for Windows does not compile depix.hpp"
else
    echo "skipped: no clang++-16 to check clang-cl's dialect"
fi

# ---- the tests -----------------------------------------------------------------------------------------------------

$compiler "${flags[@]}" -c "$source/tests/main.cpp" -o main.o || exit 1
for test in "${tests[@]}"; do
    if [[ $test == *tool ]]; then
        before=$failures
        compare_tool "$test" || fail "the tool does not compile"
        ((failures > before)) || echo "$test: the same files as here"
        continue
    fi
    program=$(basename "$test" .cpp).exe
    if ! $compiler "${flags[@]}" -static main.o "$source/tests/$test" -o "$program" 2>messages.txt; then
        echo "$test: does not compile: $(grep -m 3 -E 'error' messages.txt)"
        ((++failures))
    elif ! "$wine" "$program" >output.txt 2>&1; then
        echo "$test: $(tail -40 output.txt)"
        ((++failures))
    else
        echo "$test: $(grep -aE 'assertions' output.txt)"
    fi
done
echo "${#tests[@]} tests on Windows, $failures failed"
((failures == 0))
