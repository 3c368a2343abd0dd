#!/usr/bin/env bash
# windows.sh SOURCE FOLDER [TEST...]: compiles tests for Windows by MinGW-w64 and runs them under Wine. Without TEST, a
# selection that takes a minute; TEST is a file such as kernels/test_conv.cpp, or "all": kernels, plan, network and io.
set -uo pipefail
source=$(realpath "$1") folder=$2
tests=("${@:3}")
((${#tests[@]})) || tests=(io/test_atomic_file.cpp io/test_safetensors.cpp plan/test_plan.cpp network/test_part.cpp
                           kernels/test_conv_row_pairs.cpp)
compiler=x86_64-w64-mingw32-g++-posix
wine=$(command -v wine64 || command -v /usr/lib/wine/wine64) && command -v $compiler >/dev/null || {
    echo "skipped: no $compiler or no wine64 (Debian: g++-mingw-w64-x86-64-posix wine64)"
    exit 77
}
mkdir -p "$folder/include"
cd "$folder" || exit 1
export WINEPREFIX=$PWD/wine WINEDEBUG=-all LC_ALL=C.UTF-8
# Only these folders, because the headers beside them are this system's.
for library in doctest stb xtensor xtl; do
    for place in /usr/include /usr/local/include; do
        [[ ! -d $place/$library ]] || ln -sfn "$place/$library" "include/$library"
    done
done
[[ ${tests[0]} != all ]] ||
    mapfile -t tests < <(cd "$source/tests" && ls kernels/test_*.cpp plan/test_*.cpp network/test_*.cpp io/test_*.cpp)

flags=(-std=c++20 -O1 -fopenmp -Wall -Wextra -Wconversion -Wshadow -Werror "-I$source/include" -isystem include
       "-DDEPIX_SOURCE_DIR=\"$source\"" "-DDEPIX_SHARED_DIR=\"$source/../shared\"")
failures=0
$compiler "${flags[@]}" -c "$source/tests/main.cpp" -o main.o || exit 1
for test in "${tests[@]}"; do
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
