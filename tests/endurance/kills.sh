#!/usr/bin/env bash
# kills.sh RUNS TOOL PICTURES FOLDER [KILLS]: kills a training, an adversarial training and a folder run of the tool by
# SIGKILL at random moments, KILLS times each (200), and lets each go on until it is done. The results must have the
# same bits as those of a run that was not killed. Then a folder of 1,000 pictures, one of which is damaged.
# RUNS is runs.cpp, PICTURES is tests/tool/images.cpp. FOLDER is deleted and made again.
set -uo pipefail
runs=$(realpath "$1") tool=$(realpath "$2") pictures=$(realpath "$3") folder=$4 kills=${5-200}
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1
RANDOM=${SEED-$$}
export OMP_WAIT_POLICY=PASSIVE

failures=0
fail() {
    echo "FAILED: $*"
    ((++failures < 20)) || exit 1
}

# Whether nothing in the folder $1 differs from $2, of what is there; with "all", whether everything is there.
agrees() {
    local file name
    for file in "$2"/*; do
        name=${file##*/}
        case $name in checkpoint.safetensors | history.csv | loss.svg) continue ;; esac  # they hold times
        if [[ -e $1/$name ]]; then
            cmp -s "$1/$name" "$file" || { echo "$1/$name differs"; return 1; }
        elif [[ ${3-} == all ]]; then
            echo "$1/$name is missing"
            return 1
        fi
    done
}

# One kind of run: `start FOLDER` starts it, and `check FOLDER` is called after every kill.
kill_often() {  # NAME
    local name=$1 begin time count=0 whole=0 left=0 delay process status
    (start good_"$name") >messages.txt 2>&1 || fail "$name: $(head -c 300 messages.txt)"
    begin=$(date +%s%N)
    (start again_"$name") >messages.txt 2>&1 || fail "$name: $(head -c 300 messages.txt)"
    time=$((($(date +%s%N) - begin) / 1000000))
    agrees again_"$name" good_"$name" all || fail "$name: two runs differ"
    while ((count < kills)); do
        rm -rf killed
        while :; do
            start killed >messages.txt 2>&1 &
            process=$!
            # The last run is left alone until it is done.
            if ((count < kills)); then
                delay=$(((RANDOM * 32768 + RANDOM) % (time * 500)))  # up to half a run, in microseconds
                sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
                kill -KILL $process 2>/dev/null
            fi
            status=0
            wait $process 2>/dev/null || status=$?
            ((status != 0)) || break
            ((status == 137)) || { fail "$name: status $status: $(head -c 300 messages.txt)"; return; }
            ((++count))
            check killed || fail "$name: after kill $count"
        done
        agrees killed good_"$name" all || fail "$name: not the same bits after $count kills"
        ((left += $(find killed -name '.depix-*' | wc -l)))
        ((++whole))
    done
    echo "$name: $count kills in $whole runs, the same bits; $left temporary files left behind"
}

check() { :; }
start() { exec "$runs" training "$1"; }
kill_often training
start() { exec "$runs" adversarial "$1"; }
kill_often adversarial

"$pictures" folder many 60 32 32 || exit 1
cp -r many untouched
start() { exec "$tool" many "$1" -m depixelizer -j 2 --skip-existing; }
check() { agrees "$1" good_folder && diff -r many untouched; }
kill_often folder

"$pictures" folder thousand 1000 16 16 || exit 1
"$tool" thousand thousand_good -m depixelizer 2>messages.txt || fail "1,000 pictures: $(head -c 300 messages.txt)"
bad=$(printf 'thousand/%04d.png' $((RANDOM % 1000)))
[[ -e $bad ]] || bad=$(find thousand -name '*.png' | head -1)
head -c 60 "$bad" >damaged && mv damaged "$bad"
status=0
"$tool" thousand thousand_out -m depixelizer 2>messages.txt || status=$?
((status == 1)) || fail "one bad file of 1,000: status $status"
grep -qF "$bad" messages.txt || fail "$bad is not named: $(head -c 300 messages.txt)"
rm "thousand_good/${bad##*/}"
diff -r thousand_good thousand_out || fail "one bad file of 1,000 harms others"
echo "one bad file of 1,000: $(find thousand_out -name '*.png' | wc -l) pictures restored, the same bits"

((failures == 0)) || { echo "$failures failed"; exit 1; }
