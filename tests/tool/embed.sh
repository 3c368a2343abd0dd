#!/usr/bin/env bash
# embed.sh EMBED FOLDER: compiles what EMBED (embed.cpp) writes, and compares it. FOLDER is deleted and made again.
set -euo pipefail
embed=$(realpath "$1") folder=$2 include=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../../include")
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
"$embed" . >networks.txt || { cat networks.txt; exit 1; }

# A program that runs a network in C. It prints the largest difference to the textbook, and fails if that is larger than
# its argument. Where the argument is 0, all bits must be the same.
cat >driver.c <<'C'
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#ifndef IN
#define IN float
#define OUT float
#endif
void RUN(const IN *input, OUT *output);
static IN input[INPUT];
static OUT output[OUTPUT], expected[OUTPUT];
static int read(const char *path, void *values, size_t bytes) {
    FILE *file = fopen(path, "rb");
    return file && fread(values, 1, bytes, file) == bytes ? fclose(file) : 1;
}
int main(int count, char **arguments) {
    double largest = 0;
    if (count != 4 || read(arguments[1], input, sizeof input) || read(arguments[2], expected, sizeof expected)) return 2;
    RUN(input, output);
    RUN(input, output);
    for (int i = 0; i < OUTPUT; ++i) largest = fmax(largest, fabs((double)output[i] - (double)expected[i]));
    printf("%g\n", largest);
    return atof(arguments[3]) > 0 ? largest > atof(arguments[3]) : memcmp(output, expected, sizeof output) != 0;
}
C
strict=(-std=c99 -Wall -Wextra -Wpedantic -Werror -O2 -ffp-contract=off)
while read -r name inputs outputs norms; do
    [[ $name != int8 ]] || break
    for kind in "" _folded; do
        gcc "${strict[@]}" "-DRUN=${name}_run" "-DINPUT=$inputs" "-DOUTPUT=$outputs" "$name$kind.c" driver.c -lm -o "$name$kind"
        # Folded norms round otherwise: a few units in the last place of sums of some hundred products.
        tolerance=0
        [[ $kind == "" || $norms == 0 ]] || tolerance=1e-4
        difference=$("./$name$kind" "$name.input" "$name.expected" "$tolerance") ||
            { echo "FAILED: $name$kind.c differs from the textbook by $difference"; exit 1; }
        echo "$name$kind.c: $difference"
        gcc "${strict[@]}" -DDEPIX_OWN_EXP "-DRUN=${name}_run" -c "$name$kind.c" -o own.o
        ! nm own.o | grep -w expf || { echo "FAILED: $name$kind.c needs expf in spite of DEPIX_OWN_EXP"; exit 1; }
        gcc "${strict[@]}" "-DRUN=${name}_run" "-DINPUT=$inputs" "-DOUTPUT=$outputs" own.o driver.c -lm -o own
        difference=$(./own "$name.input" "$name.expected" 1e-4) ||
            { echo "FAILED: $name$kind.c with DEPIX_OWN_EXP differs from the textbook by $difference"; exit 1; }
    done
done <networks.txt
grep -q "^depixelizer .* 6$" networks.txt || { echo "FAILED: not six norms folded: $(cat networks.txt)"; exit 1; }

# Networks of integers in C have the textbook's bits, and need nothing of the C library where they have no floats.
sed '1,/^int8$/d' networks.txt >int8_networks.txt
while read -r name inputs outputs in out; do
    gcc "${strict[@]}" "-DRUN=${name}_run" "-DIN=$in" "-DOUT=$out" "-DINPUT=$inputs" "-DOUTPUT=$outputs" "$name.c" driver.c \
        -lm -o "$name"
    difference=$("./$name" "$name.input" "$name.expected" 0) ||
        { echo "FAILED: $name.c differs from the textbook by $difference"; exit 1; }
    echo "$name.c: the same bits"
done <int8_networks.txt
[[ $(wc -l <int8_networks.txt) == 4 ]] || { echo "FAILED: not four networks of integers in C"; exit 1; }
grep -q "^int8_odd .* int8_t int8_t$" int8_networks.txt && grep -q "^int8_ends .* float float$" int8_networks.txt ||
    { echo "FAILED: other types: $(cat int8_networks.txt)"; exit 1; }
gcc "${strict[@]}" -c int8_documents.c -o int8_documents.o
! nm int8_documents.o | grep " U " || { echo "FAILED: int8_documents.c needs a library"; exit 1; }

# The header and the assembly must give the same values.
cat >arrays.cpp <<'C'
#include <cstdio>
#include <cstring>
#include <depix/half.hpp>
#include <vector>
#include "arrays.hpp"
#include "halves.hpp"
extern "C" const float bytes_weights[], bytes_statistics[];
extern "C" const unsigned short half_bytes_weights[], half_bytes_statistics[];
int main() {
    const std::size_t weights = sizeof arrays_weights / 4, statistics = sizeof arrays_statistics / 4;
    std::vector<float> expected(weights + statistics);
    std::FILE* file = std::fopen("arrays.expected", "rb");
    if (!file || std::fread(expected.data(), 4, expected.size(), file) != expected.size()) return 2;
    const auto same = [](const void* a, const void* b, std::size_t bytes) { return std::memcmp(a, b, bytes) == 0; };
    if (!same(arrays_weights, expected.data(), 4 * weights) || !same(bytes_weights, arrays_weights, 4 * weights)) return 3;
    if (!same(arrays_statistics, expected.data() + weights, 4 * statistics)) return 4;
    if (!same(bytes_statistics, arrays_statistics, 4 * statistics)) return 5;
    if (!same(half_bytes_weights, halves_weights, 2 * weights)) return 6;
    if (!same(half_bytes_statistics, halves_statistics, 2 * statistics)) return 7;
    for (std::size_t i = 0; i < weights; ++i)
        if (halves_weights[i] != depix::Float16::encode(expected[i])) return 8;
}
C
"${CXX:-g++}" -std=c++20 -Wall -Wextra -Werror -I "$include" arrays.cpp bytes.S half_bytes.S -o arrays
./arrays || { echo "FAILED: arrays: $?"; exit 1; }

# The network of integers, from the header and from what stands in the assembly's comment.
sed -n '/#include/,/^$/ s/^   //p' int8.S >int8_bytes.hpp
cat >int8.cpp <<'C'
#include <cstdio>
#include <cstring>
#include <depix/models/documents_autoencoder.hpp>
#include "int8.hpp"
#include "int8_bytes.hpp"
using namespace depix;
static bool read(const char* path, float (&values)[96]) {
    std::FILE* file = std::fopen(path, "rb");
    return file && std::fread(values, 4, 96, file) == 96;
}
static StreamingInference<DocumentsAutoencoder, 12, page_int8> rows;
static StaticInference<DocumentsAutoencoder, Shape{1, 8, 12}, bytes_int8> whole;
int main() {
    static float input[96], expected[96];
    if (!read("int8.input", input) || !read("int8.expected", expected)) return 2;
    std::int8_t picture[96], result[96];
    for (int i = 0; i < 96; ++i) picture[i] = integers::encode(input[i], {page_input_scale, page_input_zero_point});
    whole.run(bytes, picture, result);
    int right = 0;
    for (int i = 0; i < 96; ++i)
        right += integers::decode(result[i], {bytes_output_scale, bytes_output_zero_point}) == expected[i];
    if (right != 96 || !rows.begin(page, 8)) return 3;
    for (int y = 0; y < 8; ++y)
        rows.push(picture + 12 * y, [&](int row, const std::int8_t* values) { right += std::memcmp(values, result + 12 * row, 12) == 0; });
    return right == 104 ? 0 : 4;
}
C
"${CXX:-g++}" -std=c++20 -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -I "$include" int8.cpp int8.S -o int8
./int8 || { echo "FAILED: int8: $?"; exit 1; }
