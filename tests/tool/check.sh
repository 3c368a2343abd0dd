#!/usr/bin/env bash
# check.sh TOOL PICTURES FOLDER: checks what `depix` promises, on pictures that PICTURES (images.cpp) makes. FOLDER is
# deleted and made again.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..") tool=$(realpath "$1") pictures=$(realpath "$2") folder=$3
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1

info() {  # FILE TEXT
    local got
    got=$("$pictures" info "$1") && [[ $got == "$2" ]] || fail "$1 is \"$got\", not \"$2\""
}
same_folders() { diff -r -x '.depix-*' "$1" "$2" >/dev/null || fail "the folders $1 and $2 differ"; }
files() { find "$1" -type f ! -name '.*' 2>/dev/null | wc -l; }
make() { "$pictures" make "$@" || fail "pictures make $*"; }
fast=(-m depixelizer)

echo "---- a network of another format"
printf '7767517\n3 3\nInput in 0 1 a 2=3\nPReLU act 1 1 a b 0=1\nPixelShuffle up 1 1 b c 0=1\n' >net.param
printf '\0\0\200\076' >net.bin
status 0 "$tool" import net.param -o imported
grep -qF 'using Net = Sequential<PReLU<>, PixelShuffle<1>>;' imported/net.hpp || fail "$(cat imported/net.hpp)"
(($(files imported) == 4)) || fail "imported: $(ls imported)"
status 1 "$tool" import nothing.onnx
says "nothing.onnx: "
status 1 "$tool" import weights.h5
says "weights.h5: its graph is not read: those of ncnn (.param, .bin), ONNX (.onnx) and TensorFlow.js (.json) are"
printf '7767517\n2 2\nInput in 0 1 a\nLSTM deep 1 1 a b\n' >deep.param
: >deep.bin
status 1 "$tool" import deep.bin
says "deep.param: layer deep (LSTM) is of a type that depix does not know"
[[ ! -e deep ]] || fail "a folder for a network that was refused"

echo "---- weights for firmware, and a network in C"
status 0 "$tool" embed depixelizer -o firmware.hpp
grep -qF 'inline constexpr float firmware_weights[5103] = {' firmware.hpp || fail "$(head firmware.hpp)"
grep -qF 'inline constexpr float firmware_statistics[126] = {' firmware.hpp || fail "$(head firmware.hpp)"
status 0 "$tool" embed -m depixelizer -o folded.hpp --fold --array small
grep -qF 'inline constexpr float small_weights[4977] = {' folded.hpp || fail "$(head folded.hpp)"
grep -qF '6 batch norms were folded' output.bin || fail "$(cat output.bin)"
status 0 "$tool" embed depixelizer -o half.S --type float16
(($(wc -c <half.bin) == 2 * (5103 + 126))) || fail "half.bin: $(wc -c <half.bin) bytes"
status 0 "$tool" embed documents_autoencoder --c --size 8x12 -o page.c
status 0 gcc -std=c99 -Wall -Werror -c page.c -o page.o
make small.png 24 40 rgb
status 0 "$tool" embed documents_autoencoder --c --type int8 --pictures small.png --size 8x12 -o int8.c
status 0 gcc -std=c99 -Wall -Werror -c int8.c -o int8.o
grep -qF 'void int8_run(const int8_t *input, int8_t *output)' int8.c || fail "$(head int8.c)"
status 2 "$tool" embed depixelizer -o weights.txt
says "weights.txt: embed writes .hpp or .h, .S with a file .bin beside it, and by --c .c"
status 2 "$tool" embed depixelizer -o weights.hpp --c
says "a network in C (--c) goes into a file NAME.c, and nothing else does"
status 2 "$tool" embed depixelizer -o weights.hpp --type bfloat16
says "--type bfloat16: there are float32, float16, int8"
status 2 "$tool" embed depixelizer -o weights.hpp --type int8
says "--type int8 takes --pictures: some like those that will be restored, to see which values the maps hold"
status 2 "$tool" embed denoise -o weights.hpp --type int8 --pictures .
says "--type int8: the tool quantizes depixelizer, text_restorer, documents_autoencoder and page_cleaner, not denoiser"
status 2 "$tool" embed depixelizer -o weights.hpp --pictures .
says "--pictures are for --type int8"
status 2 "$tool" embed depixelizer -o x.c --c --type float16
says "--type float16: C files hold float32 or int8"
status 2 "$tool" embed depixelizer -o x.c --c --type int8 --pictures small.png --size 9x8
says "--size: height and width must be multiples of 8 for depixelizer"
status 2 "$tool" embed depixelizer -o weights.hpp --array 2x
says "--array 2x is no identifier of C++"
status 2 "$tool" embed depixelizer -o x.c --c --size 9x8
says "--size: height and width must be multiples of 8 for depixelizer"
status 1 "$tool" embed depixelizer -o nowhere/weights.hpp
[[ ! -e x.c && ! -e weights.hpp ]] || fail "a file of what was refused"

echo "---- one picture"
make in.png 50 77 rgb
status 0 "$tool" restore -i in.png -o out.png "${fast[@]}"
info out.png "50x77 rgb 8"
status 0 "$tool" in.png short.png "${fast[@]}"
same out.png short.png
status 0 "$tool" in.png again.png "${fast[@]}" -t 16 -j 2
status 0 "$tool" compare out.png again.png
grep -Eq '^PSNR +([5-9][0-9]\.|1[0-9][0-9]\.|infinite)' output.bin || fail "tiles show: $(cat output.bin)"
status 0 "$tool" in.png default.png  # the default model
info default.png "50x77 rgb 8"
status 0 "$tool" in.png textbook.png "${fast[@]}" --backend reference
mkdir results
status 0 "$tool" in.png results "${fast[@]}"
same out.png results/in.png
status 0 "$tool" in.png out.jpg "${fast[@]}" -q 80
info out.jpg "50x77 rgb 8"
status 0 "$tool" in.png out.bmp "${fast[@]}"
status 0 "$tool" in.png flips.png "${fast[@]}" --tta
info flips.png "50x77 rgb 8"

echo "---- standard input and output"
"$tool" - - "${fast[@]}" <in.png 2>/dev/null | cmp -s - out.png || fail "a pipe gives another picture"
"$tool" restore -i - -o - -f jpg -q 80 "${fast[@]}" <in.png 2>/dev/null | cmp -s - out.jpg || fail "a pipe gives another JPEG"

echo "---- what a picture has besides colours"
make grey.png 40 48 grey
status 0 "$tool" grey.png grey_out.png
info grey_out.png "40x48 grey 8"
status 0 "$tool" in.png page.png -m documents_autoencoder
info page.png "50x77 grey 8"
make all.png 33 41 16-alpha-icc
status 0 "$tool" all.png all_out.png "${fast[@]}"
info all_out.png "$("$pictures" info all.png)"
make all_grey.png 33 41 grey-16-alpha-icc
status 0 "$tool" all_grey.png all_grey_out.png "${fast[@]}"
info all_grey_out.png "$("$pictures" info all_grey.png)"
"$pictures" turned turned.jpg 24 40
status 0 "$tool" turned.jpg upright.png "${fast[@]}"
info upright.png "40x24 rgb 8"
# 16x16 pixels of four colours, one of which is half and one wholly transparent.
base64 -d >palette.png <<'END'
iVBORw0KGgoAAAANSUhEUgAAABAAAAAQCAMAAAAoLQ9TAAAADFBMVEX/AAAA/wAAAP/////7AGD2AAAAA3RSTlP/gAB/bWh4AAAAJklEQVR42m
NgAAJGIGACAmYgYCBDgFL9IIDMAUmSI4DMAUmSIQAAzRABgbBUuvEAAAAASUVORK5CYII=
END
status 0 "$tool" palette.png palette_out.png "${fast[@]}"
info palette_out.png "16x16 rgb 8 alpha from 0.00"
status 1 "$tool" palette.png palette_out.jpg "${fast[@]}"
says transparency
status 1 "$tool" palette.png no_such_folder/palette.png "${fast[@]}"
says "cannot be written: the folder no_such_folder"

echo "---- scale"
make small.png 20 30 alpha
status 0 "$tool" small.png large.png -m enlarge_pages
"$pictures" info large.png | grep -q "^80x120 rgb 8 alpha" || fail "enlarged: $("$pictures" info large.png)"
status 0 "$tool" small.png twice.png -m enlarge_pages -s 2
"$pictures" info twice.png | grep -q "^40x60 rgb 8 alpha" || fail "-s 2: $("$pictures" info twice.png)"
status 2 "$tool" small.png no.png -m enlarge_pages -s 5
status 2 "$tool" small.png no.png -m denoise -s 2
says "does not enlarge"

echo "---- a model is chosen for each picture"
samples=$source/examples/01_depixelizer/samples
status 0 "$tool" "$samples/pixeled/0.png" read.png
says "0.png: -m text_restorer, because it is text in squares of"
status 0 "$tool" "$samples/pixeled/0.png" read_too.png -m text_restorer
same read.png read_too.png
cp "$samples/clean/0.png" plain.png
status 0 "$tool" plain.png plain_out.png
says "plain.png: there is nothing to do, because it is a clean page of text"
same plain.png plain_out.png
status 0 "$tool" plain.png plain_out.jpg
"$pictures" info plain_out.jpg | grep -q "^64x256 " || fail "plain_out.jpg: $("$pictures" info plain_out.jpg)"
"$tool" - - <plain.png 2>/dev/null | cmp -s - plain.png || fail "a pipe changes a picture that needs nothing"
mkdir chosen
cp plain.png "$samples/pixeled/0.png" chosen/
status 0 "$tool" chosen chosen_out -v
says "depix: models chosen: text_restorer 1, left as they are 1 (-v says why)"
says "chosen/plain.png: left as it is, because it is a clean page of text"
same chosen_out/0.png read.png
same chosen_out/plain.png plain.png
status 0 "$tool" in.png twice.png -s 2
says "in.png: -m enlarge_photos, because it is a photograph, to be enlarged"
status 2 "$tool" plain.png no.png -s 0.5
status 2 "$tool" plain.png no.png --backend cuda

echo "---- what makes no sense is refused"
status 2 "$tool" in.png no.png -m nothing
says "there is no model \"nothing\""
status 2 "$tool" in.png no.png --no-such-option
status 2 "$tool" in.png
status 2 "$tool"
status 2 "$tool" in.png no.png -j 0
status 2 "$tool" in.png no.png --shard 3/2
status 2 "$tool" in.png no.gif
status 2 "$tool" in.png no.png -f jpg
status 2 "$tool" in.png in.png
status 2 "$tool" in.png no.png --backend cuda
says "this build has no CUDA backend"
status 2 "$tool" in.png no.png -m some.safetensors --architecture nothing
status 1 "$tool" in.png no.png -m some.safetensors --architecture de_gan_8
status 1 "$tool" missing.png no.png
says "missing.png"
status 1 "$tool" in.png no.png --max-pixels 3849
says "limit"
status 1 "$tool" in.png no.png --max-bytes 100
status 1 "$tool" small.png no.png -m enlarge_pages --max-pixels 9599
says "--max-pixels"
head -c 300 in.png >cut.png
status 1 "$tool" cut.png no.png
[[ ! -e no.png && ! -e no.gif ]] || fail "an output of what was refused"

echo "---- a folder, one file of it bad"
"$pictures" folder photos 12 40 56
head -c 200 photos/0003.png >photos/0004.png
status 1 "$tool" restore -i photos -o restored "${fast[@]}"
says "1 of 12 pictures could not be restored"
says "photos/0004.png: "
(($(files restored) == 11)) || fail "$(files restored) of 11 pictures restored"
status 0 "$tool" photos/0005.png 0005.png "${fast[@]}"
same 0005.png restored/0005.png
status 1 "$tool" photos other_threads "${fast[@]}" -j 2:3:2
same_folders restored other_threads
cp restored/0005.png restored/0006.png
rm restored/0007.png
status 1 "$tool" photos restored "${fast[@]}" --skip-existing
says "10 were there already"
same restored/0005.png restored/0006.png
same restored/0007.png other_threads/0007.png
status 2 "$tool" photos photos "${fast[@]}"
status 2 "$tool" photos in.png "${fast[@]}"
status 2 "$tool" photos - "${fast[@]}"
status 1 "$tool" "$(mkdir -p empty && echo empty)" no "${fast[@]}"

echo "---- collisions"
mkdir two
cp photos/0001.png two/a.png
status 0 "$tool" two/a.png two/a.jpg "${fast[@]}"
status 1 "$tool" two two_out "${fast[@]}"
says "two/a.jpg"
says "two/a.png"
[[ ! -e two_out ]] || fail "a collision, and yet there is two_out"

echo "---- sub-folders"
mkdir -p deep/below
cp photos/0001.png deep/x.png
cp photos/0002.png deep/below/x.png
status 0 "$tool" deep deep/results "${fast[@]}" -r -f bmp
status 0 "$tool" deep deep/results "${fast[@]}" -r -f bmp  # the results must not become inputs
(cd deep/results && find . -type f | sort | tr '\n' ' ') >output.bin
grep -q '^./below/x.bmp ./x.bmp $' output.bin || fail "sub-folders: $(cat output.bin)"

echo "---- shards"
rm photos/0004.png
for shard in 1 2 3; do status 0 "$tool" photos shard_$shard "${fast[@]}" --shard $shard/3; done
mkdir shards
for shard in 1 2 3; do
    for file in shard_$shard/*; do
        [[ ! -e shards/${file##*/} ]] || fail "$file is of two shards"
        cp "$file" shards
    done
done
same_folders other_threads shards

echo "---- killed, and continued"
"$pictures" folder many 300 48 48
slow=(-m text_restorer -j 1)
status 0 "$tool" many whole "${slow[@]}"
interrupted() {  # FOLDER SIGNAL STATUS
    "$tool" many "$1" "${slow[@]}" 2>/dev/null &
    local process=$! got=0
    while (($(files "$1") < 20)) && kill -0 $process 2>/dev/null; do sleep 0.01; done
    kill "$2" $process
    wait $process 2>/dev/null || got=$?
    ((got == $3)) || fail "$2: status $got, not $3"
    (($(files "$1") < 300)) || fail "$2 came too late"
    status 0 "$tool" many "$1" "${slow[@]}" --skip-existing
    same_folders whole "$1"
}
interrupted killed -KILL 137
interrupted terminated -TERM 130
[[ -z $(find terminated -name '.*' -type f) ]] || fail "an interruption leaves temporary files"

echo "---- originals stay as they are"
mkdir -p album/linked out_links
cp photos/0001.png album/x.png
ln -s ../album/x.png out_links/x.png
ln album/x.png album/linked/hard.png
cp album/x.png original.png
status 2 "$tool" album out_links "${fast[@]}"
says "an input"
ln -sf album/x.png link.png
status 2 "$tool" album/x.png link.png "${fast[@]}"
same album/x.png original.png
mkdir upper
cp photos/0002.png upper/page.png
mkdir upper/scans
cp photos/0002.png upper/scans/y.png
(cd upper && status 0 "$tool" restore -r -i ./scans -o . "${fast[@]}")
[[ -f upper/y.png ]] || fail "-r -i ./scans -o . wrote nothing"
for up in .. ../ "$PWD/upper/scans/.."; do
    rm upper/y.png
    (cd upper/scans && status 0 "$tool" restore -r -i . -o "$up" "${fast[@]}")
    [[ -f upper/y.png ]] || fail "-r -i . -o $up wrote nothing"
done
mkdir -p upper/only/results
cp photos/0002.png upper/only/results
status 1 "$tool" restore -r -i upper/only -o upper/only/results "${fast[@]}"
says "holds no picture besides those in the output's folder"
status 0 "$tool" two two_full "${fast[@]}" --full-names
(($(files two_full) == 2)) || fail "--full-names: $(files two_full) files of 2"

echo "---- what is left out is named"
mkdir mixed
cp photos/0001.png mixed/a.png
touch mixed/b.TIF mixed/c.webp mixed/Thumbs.db mixed/notes.txt
ln -s nowhere mixed/d.png
cp in.png mixed/e.jfif
status 1 "$tool" mixed mixed_out "${fast[@]}"
says "b.TIF"
says "c.webp"
says "mixed/d.png: a link that leads nowhere"
[[ -f mixed_out/e.png ]] || fail "e.jfif was left out"
ln -s "$PWD/photos" mixed/linked
status 1 "$tool" mixed mixed_out "${fast[@]}" -r
says "mixed/linked: a link to a folder, which is not followed"
grep -q "Thumbs.db" messages.txt && fail "Thumbs.db is named"
[[ -f mixed_out/a.png ]] || fail "a.png is missing"

echo "---- what is seen, and nothing else"
"$pictures" hidden hidden_black.png 0
"$pictures" hidden hidden_white.png 255
status 0 "$tool" hidden_black.png seen_black.png -m denoise
status 0 "$tool" hidden_white.png seen_white.png -m denoise
same seen_black.png seen_white.png
"$tool" hidden_black.png chosen.png 2>&1 | sed s/black/white/ >chosen.txt
status 0 "$tool" hidden_white.png chosen.png
same messages.txt chosen.txt
"$pictures" colours colours.png
status 0 "$tool" colours.png colours_large.png -m enlarge_pages
"$pictures" chroma colours_large.png 0.3 || fail "enlarge_pages made a red page grey"

echo "---- metadata"
"$pictures" annotated camera.jpg 24 40
"$pictures" annotated camera.png 24 40
metadata() {  # FILE TEXT
    local got
    got=$("$pictures" metadata "$1") && [[ $got == "$2" ]] || fail "the metadata of $1 are \"$got\", not \"$2\""
}
for input in jpg png; do
    for output in jpg png bmp; do
        status 0 "$tool" camera.$input camera_$input.$output
        info camera_$input.$output "40x24 rgb 8"
    done
    metadata camera_$input.jpg "exif 1 40x24 xmp iptc "
    says "warning: camera.$input: the result's file cannot hold all metadata; left out: EXIF, XMP, IPTC"
    status 0 "$tool" camera.$input camera_large_$input.png -m enlarge_pages
    "$pictures" metadata camera_large_$input.png | grep -q "^exif 1 160x96 xmp iptc" || fail "metadata of an enlarged one"
done
metadata camera_jpg.png "exif 1 40x24 xmp iptc "
metadata camera_png.png "exif 1 40x24 xmp iptc gamma"
status 0 "$tool" camera.png gamma.jpg "${fast[@]}"
says "left out: the gamma (gAMA)"
status 0 "$tool" camera.jpg quiet.jpg -m denoise
[[ ! -s messages.txt ]] || fail "a message where there is nothing to say: $(cat messages.txt)"
mkdir annotated
"$pictures" annotated annotated/1.jpg 24 40
for i in 2 3; do "$pictures" annotated annotated/$i.jpg 24 40 damaged; done
status 0 "$tool" annotated annotated_out "${fast[@]}" -f bmp
says "warning: annotated/2.jpg and 1 more: damaged"
says "warning: annotated/1.jpg and 2 more: the result's file cannot hold"

echo "---- files that other libraries read"
status 0 "$tool" formats
cp output.bin formats.txt
has_format() { grep -Eq "^$1 +yes +yes" formats.txt; }
has_format PNG && has_format JPEG && has_format BMP || fail "formats: $(cat formats.txt)"
"$pictures" pages pages.tif 3
if has_format TIFF; then
    status 0 "$tool" all.png all_out.tif
    status 0 "$tool" all.png all_out.png
    status 0 "$tool" compare all_out.png all_out.tif
    grep -q infinite output.bin || fail "TIFF is not exact: $(cat output.bin)"
    status 0 "$tool" - - -f tif <all.png
    same output.bin all_out.tif
    status 1 "$tool" pages.tif no.png
    says "pages.tif: has 3 pages, and a PNG file holds one; -f tif keeps them all, --page 1 takes the first"
    status 1 "$tool" pages.tif no.png --page 4
    says "has no page 4, only 3"
    status 2 "$tool" pages.tif no.png --page 0
    status 0 "$tool" pages.tif pages_out.tif -m denoise
    for page in 1 2 3; do
        status 0 "$tool" pages.tif page_$page.png -m denoise --page $page
        info page_$page.png "$((16 + 4 * page))x$((24 + 4 * page)) grey 8"
        status 0 "$tool" pages_out.tif again_$page.bmp -m dejpeg --page $page
        status 0 "$tool" page_$page.png direct_$page.bmp -m dejpeg
        same again_$page.bmp direct_$page.bmp
    done
    mkdir volumes
    cp pages.tif volumes/a.tif
    cp pages.tif volumes/b.TIFF
    status 0 "$tool" volumes volumes_out -m denoise -f tif -j 2
    same volumes_out/a.tif pages_out.tif
    same volumes_out/b.tif pages_out.tif
    head -c 700 pages.tif >volumes/c.tif
    cp in.png volumes/d.png
    status 1 "$tool" volumes volumes_out -f tif
    says "volumes/c.tif: a damaged or truncated TIFF file"
    (($(files volumes_out) == 3)) || fail "$(files volumes_out) files of 3"
    status 1 "$tool" pages.tif no.tif --max-pixels 559
    says "pages.tif: a picture of 28x20 pixels; the limit is 559"
    # Where the library is missing when the tool runs: here under another name.
    LC_ALL=C sed -E 's/libtiff\.so\.[0-9]/libtiff.so.X/g' "$tool" >without_tiff
    chmod +x without_tiff
    status 0 ./without_tiff in.png without_tiff.png "${fast[@]}"
    status 1 ./without_tiff pages.tif no.tif
    says "pages.tif: the library for such files cannot be loaded: libtiff.so.X"
    status 1 ./without_tiff in.png no.tif "${fast[@]}"
    says "cannot be loaded"
    status 0 ./without_tiff formats
    grep -Eq "^TIFF +no +no +the library cannot be loaded here" output.bin || fail "formats: $(cat output.bin)"
else
    status 1 "$tool" pages.tif no.png
    says "pages.tif: a TIFF file, which this build does not read: it was made without libtiff"
    status 2 "$tool" in.png no.tif
    says "made without libtiff"
fi
if has_format WebP; then
    status 0 "$tool" small.png small_out.webp -q 100
    status 0 "$tool" small.png small_out.png
    status 0 "$tool" compare small_out.png small_out.webp
    "$pictures" info small_out.png | grep -q alpha || fail "no alpha"
    status 0 "$tool" small_out.webp back.png
    "$pictures" info back.png | grep -q "^20x30 rgb 8 alpha" || fail "WebP: $("$pictures" info back.png)"
    status 0 "$tool" camera.jpg camera.webp
    says "left out: IPTC"
    status 0 "$tool" camera.webp camera_webp.jpg
    metadata camera_webp.jpg "exif 1 40x24 xmp "
    head -c 100 camera.webp >cut.webp
    status 1 "$tool" cut.webp no.png
    says "cut.webp: a truncated WebP file"
else
    status 2 "$tool" in.png no.webp
    says "made without libwebp"
fi
status 2 "$tool" in.png no.tga
says "pictures are written as png, jpg, bmp"
[[ ! -e no.png && ! -e no.tif ]] || fail "an output of what was refused"

echo "---- what a model is for"
status 0 "$tool" colours.png lost.png -m page_cleaner
says "warning: colours.png: the colours are lost, because page_cleaner makes grey pictures"
says "warning: colours.png: the picture is smaller than 192 pixels on its shorter side, the range of page_cleaner"
status 0 "$tool" colours.png lost.png -m binarize
says "makes black and white pictures"
status 0 "$tool" colours.png lost.png -m text_restorer
says "the colours are lost"
mkdir clean
make clean/1.png 60 80 rgb
status 0 "$tool" evaluate clean --task jpeg
grep -Eq "^quality 20 +[0-9]+\.[0-9]+ +" output.bin || fail "evaluate: $(cat output.bin)"
grep -q "dejpeg" output.bin || fail "evaluate has no dejpeg"
cp output.bin evaluated.txt
status 0 "$tool" evaluate clean --task jpeg -j 2
diff <(grep quality evaluated.txt) <(grep quality output.bin) >/dev/null || fail "evaluate gives other figures"
status 0 "$tool" evaluate clean --choice
grep -Eq "^clean +[01] of 1 right:" output.bin || fail "evaluate --choice: $(cat output.bin)"
status 2 "$tool" evaluate clean --task nothing
says "--task nothing: there are noise, jpeg"
mkdir nobody
status 1 "$tool" evaluate nobody
for model in denoise dejpeg deblur_photos enlarge_pages; do
    status 0 "$tool" colours.png not_lost.png -m $model
    [[ ! -s messages.txt ]] || fail "-m $model warns: $(cat messages.txt)"
done
make long.png 1300 8 grey
status 0 "$tool" long.png long_out.png -m enlarge_pages
[[ ! -s messages.txt ]] || fail "a warning for the longer side: $(cat messages.txt)"
status 0 "$tool" info page_cleaner
grep -q "^picture size: 192 to 2500 pixels, of the shorter side" output.bin || fail "info: $(cat output.bin)"
grep -q "^colours: .*grey" output.bin || fail "info: $(cat output.bin)"
grep -q "^trained on: .*NoisyOffice" output.bin || fail "info: $(cat output.bin)"
for model in $("$tool" list | awk '/^$/ { exit } NR > 1 { print $1 }'); do
    status 0 "$tool" info "$model"
    grep -q "^trained on: .*not known" output.bin && fail "info $model: $(cat output.bin)"
done
status 2 "$tool" info nothing
says "there is no model \"nothing\""

echo "---- holes"
make holes.png 40 60 rgb
make holes_mask.png 40 60 grey
make small_mask.png 40 59 grey
status 2 "$tool" holes.png no.png -m inpaint
says "inpaint fills holes, and must be told where they are: --mask FILE"
status 2 "$tool" holes.png no.png -m denoise --mask holes_mask.png
says "--mask: denoise takes no mask; -m inpaint does"
status 2 "$tool" holes.png no.png --mask-colour purple
says "--mask-colour purple: six hexadecimal digits"
status 1 "$tool" holes.png no.png --mask nothing.png
says "nothing.png: cannot open"
status 1 "$tool" holes.png no.png --mask small_mask.png
says "the mask small_mask.png has 59x40 pixels, and the picture 60x40"
[[ ! -e no.png ]] || fail "an output of what was refused"
status 0 "$tool" holes.png filled.png --mask-colour 010203
says "no pixel is missing, by the mask, so the picture stays as it is"
"$tool" compare holes.png filled.png | grep -q "PSNR .*inf" || fail "a picture without holes changed"
status 0 "$tool" holes.png filled.png --mask holes_mask.png
"$tool" compare holes.png filled.png | grep -q "PSNR .*inf" && fail "no hole was filled"

echo "---- weights that others trained"
for kind in zip legacy evil; do "$pictures" weights compact_$kind.pth compact $kind || fail "weights $kind"; done
"$pictures" weights upconv_7.pth upconv_7 zip || fail "weights upconv_7"
"$pictures" weights narrow.pth compact_8 zip || fail "weights narrow"
status 0 "$tool" info compact_zip.pth
grep -q "^file: .*PyTorch" output.bin || fail "info: $(cat output.bin)"
grep -q "^architecture: Compact (in depix Compact<64, 16, 2>)" output.bin || fail "info: $(cat output.bin)"
grep -q "^scale: *2" output.bin || fail "info: $(cat output.bin)"
grep -q "^runs here: *as compact_16_x2" output.bin || fail "info: $(cat output.bin)"
grep -q "^parameters: *600652, in 53 tensors" output.bin || fail "info: $(cat output.bin)"
grep -q "^  body.0.weight .*F32 .*(64, 3, 3, 3)" output.bin || fail "info: $(cat output.bin)"
grep -q "^  weights: params_ema" output.bin || fail "info: $(cat output.bin)"
make small_16.png 20 31 16-alpha
status 0 "$tool" small_16.png foreign.png -m compact_zip.pth
"$pictures" info foreign.png | grep -q "^40x62 rgb 16 alpha" || fail "foreign: $("$pictures" info foreign.png)"
cp compact_legacy.pth by_content.safetensors
status 0 "$tool" small_16.png foreign_legacy.png -m by_content.safetensors
same foreign.png foreign_legacy.png
mkdir models
"$pictures" weights models/compact-x2.param compact ncnn || fail "weights ncnn"
"$pictures" weights models/narrow.param compact_8 ncnn || fail "weights ncnn"
for ending in param bin; do
    status 0 "$tool" small_16.png foreign_ncnn.png -m models/compact-x2.$ending
    same foreign.png foreign_ncnn.png
done
status 0 "$tool" small_16.png foreign_named.png -m models -n compact
same foreign.png foreign_named.png
mkdir scales
for ending in param bin; do
    cp models/compact-x2.$ending scales/compact-x2.$ending
    cp models/narrow.$ending scales/compact-x4.$ending
done
status 0 "$tool" small_16.png foreign_named.png -m scales -n compact -s 2
same foreign.png foreign_named.png
status 2 "$tool" small_16.png no.png -m scales -n compact
says "has several files called compact, of which -s chooses one: compact-x2.param, compact-x4.param"
status 0 "$tool" info compact_zip.pth --size 100x80
grep -q "^for 100x80: *200x160 pixels, some " output.bin || fail "info: $(cat output.bin)"
status 2 "$tool" info --size 100x80
status 0 "$tool" info models/compact-x2.bin
grep -q "^file: .*ncnn" output.bin && grep -q "^runs here: *as compact_16_x2" output.bin || fail "info: $(cat output.bin)"
status 2 "$tool" small_16.png no.png -m models
says "is a folder, of which -n chooses a file: compact-x2.param, narrow.param"
status 2 "$tool" small_16.png no.png -m models -n nothing
says "has no weights file called nothing"
make small.png 20 31 rgb
for weights in compact_zip upconv_7; do
    status 0 "$tool" small.png whole.png -m $weights.pth
    status 0 "$tool" small.png tiles.png -m $weights.pth -t 12 -j 2
    info tiles.png "40x62 rgb 8"
    status 0 "$tool" compare whole.png tiles.png
    grep -Eq '^PSNR +([5-9][0-9]\.|1[0-9][0-9]\.|infinite)' output.bin || fail "tiles of $weights show: $(cat output.bin)"
done
status 1 "$tool" small.png no.png -m compact_evil.pth
says "calls os.system"
[[ ! -e executed ]] || fail "a weights file was executed"
status 0 "$tool" info narrow.pth
grep -q "^runs here: *it is compiled when it is needed" output.bin || fail "info: $(cat output.bin)"
status 1 "$tool" small.png no.png -m compact_zip.pth --architecture upconv_7
says "does not fit the model"
status 1 "$tool" small.png no.png -m small.png
says "no weights file that is read"
status 2 "$tool" small.png no.png -m compact_zip.pth --backend reference
status 2 "$tool" look compact_zip.pth small.png -o no.png
status 2 "$tool" small.png no.png -m compact_zip.pth --noise 300

echo "---- the other commands"
status 0 "$tool" --version
grep -Eq '^depix [0-9]+\.[0-9]+\.[0-9]+$' output.bin || fail "--version: $(cat output.bin)"
status 2 "$tool" in.png no.png -m enlarge_pages -s 1,5
says "such as 1.5"
status 0 "$tool" in.png sized.png "${fast[@]}" --max-bytes 1GB --max-pixels 50M
status 2 "$tool" in.png no.png --max-bytes much
OMP_NUM_THREADS=1 status 0 "$tool" -v in.png verbose.png "${fast[@]}"
says "threads 1:1:1"
status 0 "$tool" list
grep -q "^page_cleaner .*85917" output.bin || fail "list: $(cat output.bin)"
status 0 "$tool" summary page_cleaner --size 64x64
grep -q "85,917" output.bin || fail "summary: $(cat output.bin)"
status 2 "$tool" summary nothing
for network in $("$tool" list | awk '/^ARCHITECTURE/ { found = 1; next } found { print $1 }') de_gan de_gan_pytorch srresnet rrdb; do
    status 0 "$tool" draw "$network"
    grep -q "^</svg>" output.bin || fail "draw $network: $(head -c 200 output.bin)"
done
status 0 "$tool" draw enlarge-pages --size 30x40 -o drawn.svg
grep -q "3×120×160" drawn.svg || fail "draw: $(head -c 200 drawn.svg)"
status 2 "$tool" draw nothing -o no.svg
says "there is no model or architecture \"nothing\""
says "de_gan, de_gan_pytorch, srresnet, rrdb"
status 2 "$tool" draw depixelizer --size big -o no.svg
status 1 "$tool" draw depixelizer -o no_such_folder/no.svg
says "cannot be written: the folder no_such_folder"
[[ ! -e no.svg ]] || fail "a drawing of what was refused"
status 0 "$tool" look depixelizer in.png -o sheet.png
grep -Eq "^encoder.11 +MaxPool2d +24x7x10 .*the bottleneck" output.bin || fail "look: $(cat output.bin)"
"$pictures" info sheet.png | grep -q " rgb 8" || fail "look: $("$pictures" info sheet.png)"
status 0 "$tool" look depixelizer in.png -o textbook.png --backend reference
[[ $("$pictures" info sheet.png) == "$("$pictures" info textbook.png)" ]] || fail "look: the backends' sheets differ"
status 0 "$tool" look page_cleaner in.png -o bare.bmp --font none --maps 3
grep -Eq "^[0-9.]+add +Add " output.bin || fail "look: no join: $(cat output.bin)"
status 0 "$tool" look depixelizer - -o - <in.png
same output.bin sheet.png
make wide.png 30 600 grey
status 0 "$tool" look depixelizer wide.png -o wide_sheet.png --side 64
grep -q "encoder.0 .*6x32x64 " output.bin || fail "look --side: $(cat output.bin)"
make dot.png 1 1 rgb
status 0 "$tool" look text_restorer dot.png -o dot_sheet.png
status 2 "$tool" look nothing in.png -o no.png
says "there is no model \"nothing\""
status 1 "$tool" look depixelizer missing.png -o no.png
says "missing.png"
status 1 "$tool" look depixelizer cut.png -o no.png
says "cut.png"
status 1 "$tool" look depixelizer in.png -o no_such_folder/no.png
says "cannot be written: the folder no_such_folder"
status 2 "$tool" look depixelizer in.png -o no.gif
status 2 "$tool" look depixelizer in.png -o in.png
says "would replace the picture"
status 1 "$tool" look depixelizer in.png -o no.png --font NoSuchFont
says "NoSuchFont"
status 1 "$tool" look depixelizer in.png -o no.png --max-pixels 3849
status 2 "$tool" look depixelizer in.png -o no.png --side 0
status 2 "$tool" look depixelizer in.png
[[ ! -e no.png && ! -e no.gif ]] || fail "a sheet of what was refused"
[[ -z $(find . -maxdepth 1 -name '.depix-*') ]] || fail "look leaves temporary files"
status 0 "$tool" compare in.png in.png
grep -q "infinite" output.bin || fail "compare: $(cat output.bin)"
status 1 "$tool" compare in.png grey.png
says "77x50"
status 0 "$tool" bench "${fast[@]}" --size 32x48 --rounds 2 -j 1
grep -q "megapixels/s" output.bin || fail "bench: $(cat output.bin)"
mkdir -p pairs
cp -r many pairs/clean
"$pictures" folder pairs/degraded 300 48 48
find pairs -name '0[0-2][1-9]?.png' -delete
status 0 "$tool" train -m depixelizer --pairs pairs --epochs 1 --crop 16 --crops 2 --run run -j 1
status 0 "$tool" in.png trained.png -m run/weights.safetensors
status 0 "$tool" in.png trained_again.png -m run/weights.safetensors --architecture depixelizer
same trained.png trained_again.png
status 1 "$tool" in.png no.png -m run/weights.safetensors --architecture page_cleaner
status 0 "$tool" info run/weights.safetensors
grep -q "^trained on: .*squares of 16x16 pixels of the pictures in pairs" output.bin || fail "info: $(cat output.bin)"
status 0 "$tool" look run/weights.safetensors in.png -o trained_sheet.png
status 1 "$tool" look run/weights.safetensors in.png -o no.png --architecture page_cleaner
status 2 "$tool" train -m de_gan_8 --pairs pairs
status 0 "$tool" --help
status 0 "$tool" restore --help

((failures == 0)) && echo "All is as promised." || { echo "$failures failed"; exit 1; }
