#!/usr/bin/env bash
# if_avx2.sh PROGRAM argument...: runs a program that was compiled for AVX2, or prints why it cannot run.
set -euo pipefail
for feature in avx2 fma bmi2; do
    grep -qw "$feature" /proc/cpuinfo || { echo "skipped: this processor has no $feature"; exit 77; }
done
exec "$@"
