#!/usr/bin/env bash
# serve.sh TOOL PICTURES MALFORMED FOLDER [COUNT]: checks what `depix serve` answers and refuses. PICTURES is images.cpp,
# MALFORMED is malformed.cpp, which sends COUNT malformed requests (500). FOLDER is deleted and made again.
set -uo pipefail
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
source=$(realpath "$(dirname "${BASH_SOURCE[0]}")/../..") tool=$(realpath "$1") pictures=$(realpath "$2") malformed=$(realpath "$3") folder=$4 count=${5-500}
[[ -e $(dirname "$tool")/depix_server.so ]] || {
    status 1 "$tool" serve --port 0
    says "this build cannot serve"
    says "libcpp-httplib-dev"
    ((failures == 0)) && echo "skipped: built without cpp-httplib" && exit 77
    exit 1
}
rm -rf "$folder"
mkdir -p "$folder/page"
cd "$folder" || exit 1

# STATUS curl's arguments: checks the status; the answer goes to answer.bin, its headers to headers.txt.
asked() {
    local wanted=$1 got
    shift
    got=$(curl -sS --noproxy '*' --max-time 60 -o answer.bin -D headers.txt -w '%{http_code}' "$@" 2>curl.txt)
    [[ $got == "$wanted" ]] || fail "status $got, not $wanted: curl $*: $(head -c 200 curl.txt) $(head -c 200 answer.bin)"
}
answers() { grep -aqF -- "$1" answer.bin || fail "no word of \"$1\" in: $(head -c 300 answer.bin)"; }
start() {  # NAME option...: sets process, page and port
    local name=$1 i
    "$tool" serve --port 0 -j 2 "${@:2}" >"$name.txt" 2>&1 &
    process=$!
    processes+=("$process")
    for ((i = 0; i < 300; ++i)); do
        grep -q http "$name.txt" && break
        sleep 0.1
    done
    page=$(grep -o 'http://[0-9.:]*' "$name.txt") || { echo "no server: $(cat "$name.txt")"; exit 1; }
    port=${page##*:}
}
processes=()
trap 'kill "${processes[@]}" 2>/dev/null' EXIT

"$pictures" make in.png 50 77 rgb && "$pictures" make deep.png 40 61 grey-16-alpha-icc || exit 1
start server
denoise=(-F picture=@in.png "$page/restore/denoise")

echo "---- the page"
asked 200 "$page/"
answers '<title>depix'
answers 'data-server="depix serve"'
answers "connect-src 'self'"
grep -qi '^x-frame-options: deny' headers.txt || fail "a page of another site may show this one: $(cat headers.txt)"
asked 200 "http://localhost:$port/"
for file in page.css page.js worker.js server.js paint.js open.js train.js; do
    asked 200 "$page/$file"
    same answer.bin "$source/examples/10_page/$file"
done
asked 200 "$page/0.png"
same answer.bin "$source/examples/01_depixelizer/samples/clean/0.png"
asked 200 "$page/models"
answers '{"engine":false,"models":['
for model in denoise enlarge_pages binarize depixelizer inpaint; do answers "{\"name\":\"$model\",\"about\":"; done
[[ $(grep -o '"takes_mask":true' answer.bin | wc -l) == 1 ]] || fail "not one model takes a mask: $(<answer.bin)"
asked 200 "$page/draw/depixelizer"
"$tool" draw depixelizer | cmp -s - answer.bin || fail "another drawing"
for path in elsewhere engine-simd.js ../CMakeLists.txt %2e%2e/%2e%2e/etc/passwd draw/nothing page.html/; do
    asked 404 --path-as-is "$page/$path"
done

echo "---- restored pictures have the bits of depix restore"
for model in denoise enlarge_pages binarize depixelizer page_cleaner; do
    for picture in in.png deep.png in.png; do
        asked 200 -F "picture=@$picture" "$page/restore/$model"
        status 0 "$tool" "$picture" expected.png -m $model -j 2
        same answer.bin expected.png
    done
done
asked 200 "${denoise[@]}"
grep -qE '^X-Milliseconds: [0-9.]+' headers.txt || fail "no time: $(cat headers.txt)"
asked 200 -F picture=@in.png "$page/restore/page_cleaner"
grep -q '^X-Warnings: .*smaller than 192 pixels' headers.txt || fail "no warning: $(cat headers.txt)"
asked 200 -H "Origin: http://127.0.0.1:$port" "${denoise[@]}"
asked 200 -H "Origin: http://localhost:$port" "${denoise[@]}"

echo "---- holes"
"$pictures" make mask.png 50 77 grey && "$pictures" make small_mask.png 50 76 grey || exit 1
asked 200 -F picture=@in.png -F mask=@mask.png "$page/restore/inpaint"
status 0 "$tool" in.png expected.png -m inpaint --mask mask.png -j 2
same answer.bin expected.png
cmp -s answer.bin in.png && fail "no hole was filled"
asked 200 -F picture=@in.png -F mask=@mask.png -F mask_colour=808080 "$page/restore/inpaint"
status 0 "$tool" in.png expected.png -m inpaint --mask mask.png --mask-colour 808080 -j 2
same answer.bin expected.png
asked 200 -F picture=@in.png -F mask_colour=010203 "$page/restore/inpaint"
grep -q '^X-Warnings: no pixel is missing, by the mask' headers.txt || fail "no warning: $(cat headers.txt)"
asked 400 -F picture=@in.png "$page/restore/inpaint"
answers "inpaint fills holes, and must be told where they are"
asked 400 -F picture=@in.png -F mask=@small_mask.png "$page/restore/inpaint"
answers "the mask has 76x50 pixels, and the picture 77x50"
asked 400 -F picture=@in.png -F mask=@server.txt "$page/restore/inpaint"
answers "the mask"
asked 400 -F picture=@in.png -F mask_colour=purple "$page/restore/inpaint"
answers "--mask-colour purple: six hexadecimal digits"
asked 400 -F picture=@in.png -F mask=@mask.png "$page/restore/denoise"
answers "denoise takes no mask"

echo "---- another Host or Origin"
for host in "example.org" "example.org:$port" "127.0.0.1" "127.0.0.1:1" "127.0.0.1:$port.example.org" ""; do
    asked 403 -H "Host: $host" "$page/"
    answers "this server answers its own page only"
    asked 403 -H "Host: $host" "${denoise[@]}"
done
for origin in "http://example.org" "https://127.0.0.1:$port" "http://127.0.0.1:1" "null" "127.0.0.1:$port"; do
    asked 403 -H "Origin: $origin" "${denoise[@]}"
    answers "this server answers its own page only"
done

echo "---- what is wrong or too large"
asked 400 -F picture=@server.txt "$page/restore/denoise"
asked 400 -F other=@in.png "$page/restore/denoise"
answers "the form holds no picture"
asked 400 -F picture=@in.png "$page/restore/nothing"
answers 'there is no model "nothing"'
cp in.png own.safetensors
asked 404 -F picture=@in.png "$page/restore/own.safetensors"  # no files of this machine
asked 404 -F picture=@in.png "$page/restore"
"$pictures" make large.bmp 4100 4000 rgb  # 16.4 million pixels, of which 16 million are allowed
asked 400 -F picture=@large.bmp "$page/restore/denoise"
answers "16000000"
rm large.bmp
"$pictures" make wide.bmp 1100 1000 rgb  # 17.6 million after enlarging
asked 400 -F picture=@wide.bmp "$page/restore/enlarge_pages"
answers "beyond the limit of 16000000 pixels"
truncate -s 65M large.bin
asked 413 -H 'Expect:' -F picture=@large.bin "$page/restore/denoise"
rm large.bin
asked 200 "${denoise[@]}"

echo "---- one picture at a time, three wait, more are refused"
"$pictures" make slow.png 240 240 rgb
status 0 "$tool" slow.png slow_expected.png -m enlarge_pages -j 2
clients=()
for ((i = 0; i < 10; ++i)); do
    curl -sS --noproxy '*' --max-time 60 -o "slow$i.bin" -w '%{http_code}' -F picture=@slow.png "$page/restore/enlarge_pages" >"slow$i.txt" &
    clients+=($!)
done
wait "${clients[@]}"
restored=0 refused=0
for ((i = 0; i < 10; ++i)); do
    case $(<"slow$i.txt") in
    200) same "slow$i.bin" slow_expected.png && ((++restored)) ;;
    503) grep -q "too many pictures are waiting" "slow$i.bin" && ((++refused)) ;;
    esac
done
((restored >= 4 && refused >= 1 && restored + refused == 10)) || fail "$restored restored, $refused refused: $(cat slow?.txt)"

echo "---- malformed requests"
asked 411 -H 'Transfer-Encoding: chunked' "${denoise[@]}"
asked 411 -X POST "$page/restore/denoise" -H 'Content-Length:'
slow=()
((count < 1000)) || slow=(slow)
"$malformed" "$port" in.png "$count" "${slow[@]}" || fail "the server fails on malformed requests: $(cat server.txt)"
memory=$(sed -nE 's/^VmHWM:[[:space:]]*([0-9]+) kB/\1/p' "/proc/$process/status" 2>/dev/null)
echo "the most memory that the server had: ${memory:-unknown} kB"
((${memory:-0} < 600000)) || fail "the server takes $memory kB"
asked 200 "${denoise[@]}"

echo "---- a port that is taken"
status 1 "$tool" serve --port "$port"
says "cannot listen on port $port: is it taken?"
asked 200 "$page/"

echo "---- limits of time and size, and a built page"
status 1 "$tool" serve --port 0 --page page
says "page: has no engine-simd.js: examples/10_page/build makes it"
echo 'an engine' >page/engine-simd.js
echo 'weights' >page/weights-depixelizer.js
echo 'no part of the page' >page/secret.txt
start limited --page page --max-seconds 0.000001 --max-pixels 300k
asked 200 "$page/models"
answers '{"engine":true,'
asked 200 "$page/engine-simd.js"
same answer.bin page/engine-simd.js
asked 200 "$page/weights-depixelizer.js"
asked 404 "$page/secret.txt"
"$pictures" make tiles.png 520 520 rgb
asked 503 -F picture=@tiles.png "$page/restore/unwatermark"
answers "the picture takes longer than 1e-06 s (--max-seconds)"
asked 400 -F picture=@wide.bmp "$page/restore/denoise"
answers "300000"

((failures == 0)) || { echo "$failures failed"; exit 1; }
echo "all answers are right"
