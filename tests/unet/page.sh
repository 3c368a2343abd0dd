#!/usr/bin/env bash
# page.sh SERVER MALFORMED FOLDER [COUNT]: checks what the page's server answers and refuses. MALFORMED is malformed.cpp,
# which sends COUNT malformed requests (500). FOLDER is deleted and made again.
set -uo pipefail
command -v curl >/dev/null || { echo "skipped: no curl"; exit 77; }
server=$(realpath "$1") malformed=$(realpath "$2") folder=$3 count=${4-500}
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1

failures=0
fail() {
    echo "FAILED: $*"
    ((++failures))
}
# STATUS curl's arguments: checks the status; the answer goes to answer.bin.
asked() {
    local wanted=$1 got
    shift
    got=$(curl -sS --noproxy '*' --max-time 60 -o answer.bin -w '%{http_code}' "$@" 2>curl.txt)
    [[ $got == "$wanted" ]] || fail "status $got, not $wanted: curl $*: $(head -c 200 curl.txt)"
}
says() { grep -aqF -- "$1" answer.bin || fail "no word of \"$1\" in: $(head -c 300 answer.bin)"; }

"$server" weights denoise.safetensors 1 && "$server" weights inpaint.safetensors 2 || exit 1
"$server" picture in.png 50 77 && "$server" hole hole.png 50 77 && "$server" hole small.png 10 10 || exit 1

"$server" serve denoise.safetensors inpaint.safetensors 0 >server.txt 2>&1 &
process=$!
trap 'kill $process 2>/dev/null' EXIT
for ((i = 0; i < 300; ++i)); do
    grep -q http server.txt && break
    sleep 0.1
done
page=$(grep -o 'http://[0-9.:]*' server.txt) || { echo "no server: $(cat server.txt)"; exit 1; }
port=${page##*:}
denoise=(-F picture=@in.png "$page/restore/denoise")

echo "---- the page"
asked 200 "$page/"
says '<title>depix'
says 'salt and pepper, 20 % of each channel'
says 'download="restored.png"'
asked 200 "http://localhost:$port/"
asked 404 "$page/elsewhere"

echo "---- restored pictures"
asked 200 "${denoise[@]}"
"$server" restore denoise.safetensors in.png expected.png
cmp -s answer.bin expected.png || fail "the answer is not the network's picture"
asked 200 -F picture=@in.png -F mask=@hole.png "$page/restore/inpaint"
"$server" restore inpaint.safetensors in.png filled.png hole.png
cmp -s answer.bin filled.png || fail "the answer is not the filled picture"
asked 200 -H "Origin: http://127.0.0.1:$port" "${denoise[@]}"
asked 200 -H "Origin: http://localhost:$port" "${denoise[@]}"

echo "---- another Host or Origin"
for host in "example.org" "example.org:$port" "127.0.0.1" "127.0.0.1:1" "127.0.0.1:$port.example.org" ""; do
    asked 403 -H "Host: $host" "$page/"
    says "this server answers its own page only"
    asked 403 -H "Host: $host" "${denoise[@]}"
done
for origin in "http://example.org" "https://127.0.0.1:$port" "http://127.0.0.1:1" "null" "127.0.0.1:$port"; do
    asked 403 -H "Origin: $origin" "${denoise[@]}"
    says "this server answers its own page only"
done

echo "---- what is wrong or too large"
asked 400 -F picture=@server.txt "$page/restore/denoise"
asked 400 -F other=@in.png "$page/restore/denoise"
says "the form holds no picture"
asked 400 -F picture=@in.png "$page/restore/inpaint"
says "the form holds no mask"
asked 400 -F picture=@in.png -F mask=@small.png "$page/restore/inpaint"
says "10x10"
"$server" picture large.bmp 4100 4000  # 16.4 million pixels, of which 16 million are allowed
asked 400 -F picture=@large.bmp "$page/restore/denoise"
rm large.bmp
truncate -s 65M large.bin
asked 413 -H 'Expect:' -F picture=@large.bin "$page/restore/denoise"
rm large.bin
asked 200 "${denoise[@]}"

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
"$server" serve denoise.safetensors inpaint.safetensors "$port" >second.txt 2>&1 && fail "two servers on one port"
grep -q "cannot listen on port $port: is it taken?" second.txt || fail "the second server says: $(cat second.txt)"
asked 200 "$page/"

((failures == 0)) || { echo "$failures failed"; exit 1; }
echo "all answers are right"
