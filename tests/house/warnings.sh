#!/usr/bin/env bash
# warnings.sh SOURCE FOLDER STB_INCLUDE: includes every header by -I, not as system headers, and compiles a program by
# g++ and by each clang that is installed, with the warnings that projects with strict rules use. None may warn.
set -uo pipefail
source=$1 folder=$2 stb=$3
program=$folder/every_header.cpp

mkdir -p "$folder"
(cd "$source/include" && find depix -name '*.hpp' | LC_ALL=C sort | sed 's/.*/#include <&>/') >"$program"
# Headers whose library is missing are left out.
[[ -d /usr/include/eigen3 ]] || sed -i '/eigen/d' "$program"
[[ -d /usr/include/xtensor ]] || sed -i -E '/data\/(array|loader|xtensor)\.hpp|io\/npy/d' "$program"
sed -i -E '/depix\/mpi(\.hpp|\/)/d' "$program"  # each MPI has its header in another folder
cat "$source/tests/house/warnings.cpp" >>"$program"

flags=(-std=c++20 -fsyntax-only "-I$source/include" -isystem "$stb" -isystem /usr/include/eigen3 -Wall -Wextra -Wpedantic
       -Wconversion -Wshadow -Wsign-conversion -Wdouble-promotion -Wold-style-cast -Wswitch-enum)
failures=0
check() {  # COMPILER more flags...
    local compiler=$1
    shift
    if ! command -v "$compiler" >/dev/null; then
        echo "$compiler: not installed, so not checked"
        return
    fi
    local begin=$SECONDS
    "$compiler" "${flags[@]}" "$@" "$program" >"$folder/messages.txt" 2>&1
    local status=$?
    if ((status != 0)) || [[ -s $folder/messages.txt ]]; then
        echo "$compiler: status $status"
        head -40 "$folder/messages.txt"
        ((++failures))
    else
        echo "$compiler: no warning, $((SECONDS - begin)) s"
    fi
}
check g++ -fopenmp -Wuseless-cast -Wcast-align=strict
check clang++-14 -Wcast-align
check clang++-16 -Wcast-align
# libstdc++ 12's own std::stable_sort calls what it has marked as deprecated; clang 19 tells the caller.
check clang++-19 -Wcast-align -Wno-deprecated-declarations
((failures == 0))
