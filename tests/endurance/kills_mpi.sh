#!/usr/bin/env bash
# kills_mpi.sh RUNS FOLDER [KILLS]: kills one rank of a training under mpirun by SIGKILL, at random moments and on 1 to 4
# ranks, KILLS times (50), and one of an adversarial training half as often. Each time the other ranks must end within 30
# seconds, with a message that names the killed rank, and the run goes on with another number of ranks. In the end it must
# have the bits of a run on one rank that was not killed. RUNS is runs_mpi.cpp. FOLDER is deleted and made again.
set -uo pipefail
runs=$(realpath "$1") folder=$2 kills=${3-50}
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1
RANDOM=${SEED-$$}
export OMP_WAIT_POLICY=PASSIVE OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_rmaps_base_oversubscribe=1

failures=0
fail() {
    echo "FAILED: $*"
    ((++failures < 5)) || exit 1
}
agrees() {  # FOLDER: whether the result is that of the good run
    cmp "$1/result.safetensors" good/result.safetensors && cmp "$1/losses.txt" good/losses.txt &&
        cmp "$1/best.safetensors" good/best.safetensors
}

kill_often() {  # KIND KILLS
    local kind=$1 kills=$2 count=0 whole=0 ranks begin time process delay killed_at status victim=
    rm -rf good whole_* killed
    mpirun -n 1 "$runs" "$kind" good || exit 1
    for ranks in 2 3 4; do
        begin=$(date +%s%N)
        mpirun -n $ranks "$runs" "$kind" "whole_$ranks" || fail "$ranks ranks"
        time=$((($(date +%s%N) - begin) / 1000))  # of 4 ranks, in microseconds
        agrees "whole_$ranks" || fail "$ranks ranks: not the bits of one"
    done
    while ((count < kills)); do
        rm -rf killed
        while :; do
            ranks=$((RANDOM % 4 + 1))
            timeout -k 5 60 mpirun -n $ranks "$runs" "$kind" killed >messages.txt 2>&1 &
            process=$!
            if ((count < kills)); then  # the last run is left alone until it is done
                delay=$(((RANDOM * 32768 + RANDOM) % (time * 3 / 4)))
                sleep "$(printf '%d.%06d' $((delay / 1000000)) $((delay % 1000000)))"
                mapfile -t alive < <(pgrep -P "$(pgrep -P $process -x mpirun)" 2>/dev/null)
                victim=
                if ((${#alive[@]} > 0)); then
                    victim=${alive[RANDOM % ${#alive[@]}]}
                    kill -KILL "$victim" 2>/dev/null || victim=
                fi
                killed_at=$SECONDS
            fi
            status=0
            wait $process || status=$?
            ((status != 0)) || break
            [[ -n $victim ]] || { fail "status $status without a kill: $(head -c 500 messages.txt)"; break; }
            ((SECONDS - killed_at <= 30)) || fail "the others went on for $((SECONDS - killed_at)) s after kill $count"
            grep -q "process rank [0-3] with PID .* exited on signal 9 (Killed)" messages.txt ||
                fail "no message names the killed rank: $(head -c 500 messages.txt)"
            ((++count))
        done
        agrees killed || fail "not the same bits after $count kills"
        ((++whole))
    done
    echo "$kind: $count kills of one rank, in $whole runs that ended with the bits of one rank without kills"
}
kill_often training "$kills"
kill_often adversarial $(((kills + 1) / 2))
((failures == 0)) || { echo "$failures failed"; exit 1; }
