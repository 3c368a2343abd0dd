#!/usr/bin/env bash
# What a translation unit costs the compiler: wall time, and the most memory that it held at any moment.
#
#     benchmarks/compile_time.sh FILE.cpp [compiler argument...]
#
# CXX chooses the compiler. MAX_SECONDS and MAX_MEGABYTES, where set, are budgets: above one of them it fails.
set -euo pipefail
(($# > 0)) || { sed -n '2,/^set/{/^#/s/^# \?//p}' "$0"; exit 2; }
here=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
source "$here/cmake/packages.sh"
[[ -x /usr/bin/time ]] || install_packages time

object=$(mktemp --suffix=.o)
measured=$(mktemp)
trap 'rm -f "$object" "$measured"' EXIT

/usr/bin/time -o "$measured" -f '%e %M' "${CXX:-g++}" -std=c++20 -O3 -march=native -fopenmp \
    -I "$here/include" -isystem /usr/include/stb "${@:2}" -c "$1" -o "$object"
awk -v file="$1" -v most_seconds="${MAX_SECONDS:-0}" -v most_megabytes="${MAX_MEGABYTES:-0}" '{
    seconds = $1; megabytes = $2 / 1024
    printf "%s: %.1f s, %.0f MB\n", file, seconds, megabytes
    exit (most_seconds && seconds > most_seconds) || (most_megabytes && megabytes > most_megabytes)
}' "$measured"
