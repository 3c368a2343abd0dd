#!/usr/bin/env bash
# on_demand.sh TOOL PICTURES COMPILER FOLDER: checks networks that are compiled when they are needed, on weights and
# pictures that PICTURES (images.cpp) makes. FOLDER is deleted and made again.
set -uo pipefail
source "$(dirname "${BASH_SOURCE[0]}")/checks.sh"
tool=$(realpath "$1") pictures=$(realpath "$2") compiler=$(command -v "$3") folder=$4
chmod -R u+w "$folder" 2>/dev/null
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1


"$pictures" make in.png 20 31 rgb || fail "in.png"
for kind in zip ncnn; do
    ending=$([[ $kind == zip ]] && echo pth || echo param)
    "$pictures" weights narrow.$ending compact_8 $kind || fail "weights $kind"
done
"$pictures" weights chain.param chain_8 ncnn || fail "weights chain"
export XDG_CACHE_HOME=$PWD/cache
unset CXX

# A compiler that counts what it compiles, without optimisation because that is faster.
cat >counting <<END
#!/bin/sh
case "\$*" in *-shared*) echo x >>"$PWD/count"; sleep "\${DELAY-0}" ;; esac
exec "$compiler" "\$@" -O0
END
cat >failing <<END
#!/bin/sh
case "\$*" in *-shared*) echo "network.cpp:1: error: it rains"; exit 4 ;; esac
exec "$compiler" "\$@"
END
printf '#!/bin/sh\necho "fatal error: vector: No such file or directory"\nexit 1\n' >without_library
chmod +x counting failing without_library
count() { wc -l 2>/dev/null <count || echo 0; }
restore() { "$tool" in.png "$1" -m "${@:2}"; }

echo "---- what stands in the way is said"
PATH=$PWD status 1 restore no.png narrow.pth
says "narrow.pth: its network is not compiled into this program, and cannot be now: no C++ compiler was found"
says "apt install g++"
CXX=nothing status 1 restore no.png narrow.pth
says "CXX=nothing: there is no such program"
CXX=$PWD/without_library status 1 restore no.png narrow.pth
says "fatal error: vector: No such file or directory"
CXX=$PWD/failing status 1 restore no.png narrow.pth
says "failed (status 4):"
says "network.cpp:1: error: it rains"
XDG_CACHE_HOME=/dev/null/x status 1 restore no.png narrow.pth
says "cannot be made (XDG_CACHE_HOME)"
chmod 777 cache/depix
status 1 restore no.png narrow.pth
says "must be yours, and no one else may write to it"
chmod 700 cache/depix
[[ -z $(find cache -name 'network.*') ]] || fail "left over: $(find cache -name 'network.*')"
[[ ! -e no.png ]] || fail "a result of what was refused"
status 2 restore no.png narrow.pth --architecture nothing

echo "---- compiled once, by two processes at the same time"
export CXX=$PWD/counting
DELAY=1 restore first.png narrow.pth 2>first.txt &
DELAY=1 restore second.png narrow.pth 2>second.txt || fail "$(cat second.txt)"
wait $! || fail "$(cat first.txt)"
same first.png second.png
(($(count) == 1)) || fail "compiled $(count) times"
cat first.txt second.txt >messages.txt
says "compiling Compact<8, 16, 2> for this processor, once"
status 0 restore third.png narrow.pth -j 2
same first.png third.png
[[ ! -s messages.txt ]] || fail "a network that is there, and: $(cat messages.txt)"
(($(count) == 1)) || fail "compiled $(count) times"
"$pictures" info first.png | grep -q "^40x62 rgb 8" || fail "$("$pictures" info first.png)"
status 0 restore tiles.png narrow.pth -t 12 -j 2
status 0 "$tool" compare first.png tiles.png
grep -Eq '^PSNR +([5-9][0-9]\.|1[0-9][0-9]\.|infinite)' output.bin || fail "tiles show: $(cat output.bin)"

echo "---- a killed process leaves nothing that counts"
DELAY=20 "$tool" in.png killed.png -m narrow.param 2>killed.txt &
for ((i = 0; i < 100 && $(count) < 2; ++i)); do sleep 0.1; done
kill -KILL $!
wait $! 2>killed_by_shell.txt
[[ -n $(find cache/depix -maxdepth 1 -name '????????????????.*') ]] || fail "the killed process had begun nothing"

echo "---- the graph of a file gives the same"
status 0 restore graph.png narrow.param
same first.png graph.png
says "compiling narrow.param"
[[ -z $(find cache/depix -maxdepth 1 -name '????????????????.*') ]] || fail "left over: $(ls cache/depix)"
status 0 "$tool" info narrow.param --size 40x62
grep -q "^runs here: *it is compiled when it is needed" output.bin || fail "info: $(cat output.bin)"
grep -q "^for 40x62: *80x124 pixels, some " output.bin || fail "info: $(cat output.bin)"
mkdir many
cp in.png many/a.png
cp in.png many/b.png
status 0 "$tool" many many_out -m narrow.pth -j 2
same many_out/b.png first.png
status 0 "$tool" bench -m narrow.pth --size 32x32 --rounds 1
status 2 restore no.png narrow.pth --backend reference
says "for the cpu alone"
status 2 restore no.png narrow.pth -s 3
says "enlarges by 1 to 2"

echo "---- as files of ONNX and ncnn"
status 0 "$tool" import --to onnx narrow.pth -o written.onnx
status 0 restore onnx.png written.onnx
same first.png onnx.png
status 0 "$tool" import --to ncnn narrow.pth -o written
status 0 restore ncnn.png written.param
same first.png ncnn.png
(($(count) == 4)) || fail "compiled $(count) times"
status 0 "$tool" import --to ncnn written.onnx -o again.param
same written.param again.param
same written.bin again.bin
status 2 "$tool" import --to ncnn narrow.param -o narrow
says "would replace the network"
status 2 "$tool" import --to caffe narrow.param
status 1 "$tool" import --to onnx in.png

echo "---- SPAN takes pictures as its file says"
for input in centred no_norm; do
    "$pictures" span $input.pth $input || fail "span $input"
    restore $input.png $input.pth 2>messages.txt || fail "$(cat messages.txt)"
    "$pictures" doubled in.png $input.png || fail "$input.pth does not double every pixel"
done
status 0 "$tool" info no_norm.pth
grep -q "^note: *the input is the picture as it is" output.bin || fail "info: $(cat output.bin)"
status 0 "$tool" info centred.pth
grep -q "^note: *the input is (picture - mean)" output.bin || fail "info: $(cat output.bin)"
(($(count) == 5)) || fail "compiled $(count) times"

echo "---- what restores no pictures is refused"
status 1 restore no.png chain.param
says "holds a network that does not restore pictures: of 3x128x192 it makes 12x128x192"
(($(count) == 5)) || fail "compiled $(count) times"

((failures == 0)) && echo "All is as promised." || { echo "$failures failed"; exit 1; }
