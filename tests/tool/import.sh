#!/usr/bin/env bash
# import.sh TOOL COMPILER SOURCE SHARED FOLDER: the tool imports the ncnn files of SHARED/weights/zoo, what it writes
# compiles and runs, and gives the golden output. FOLDER is deleted and made again. SOURCE is the repository.
set -euo pipefail
tool=$(realpath "$1") compiler=$2 source=$(realpath "$3") zoo=$4/weights/zoo folder=$5
if [[ ! -e $zoo/upconv_7_scale2.0x.param ]]; then
    echo "skipped: no $zoo"
    exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
while read -r file name type; do
    "$tool" import "$zoo/$file.bin" -o "$name"
    "$compiler" -std=c++20 -O2 -march=native -fopenmp -I"$source/include" -I"$name" -DHEADER="\"$name.hpp\"" -DNETWORK="$type" \
        "$source/tests/tool/import_golden.cpp" -o "$name/golden"
    "$name/golden" "$name/$name.safetensors" "$zoo/$file.golden.safetensors"
done <<FILES
upconv_7_scale2.0x upconv_7_scale2_0x Upconv7Scale2_0xUnpadded
realesr-animevideov3-x4 realesr_animevideov3_x4 RealesrAnimevideov3X4
realesrgan-x4plus-anime realesrgan_x4plus_anime RealesrganX4plusAnime
FILES

# The folder is a project: it builds by itself and restores a picture.
name=upconv_7_scale2_0x
cmake -S $name -B $name/build -DCMAKE_CXX_COMPILER="$compiler" -DDEPIX_SOURCE="$source" -DDEPIX_BUILD_TESTS=OFF \
    -DDEPIX_BUILD_EXAMPLES=OFF -DDEPIX_CUDA=OFF >configure.txt
cmake --build $name/build >build.txt
$name/build/$name "$source/examples/01_depixelizer/samples/pixeled/0.png" restored.png
[[ -s restored.png ]]
