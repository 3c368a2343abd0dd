#!/usr/bin/env bash
# check.sh AUTOENCODER FILTER FOLDER PICTURES: runs the programs of examples/09_linear_autoencoder on little data and checks
# what they print. FOLDER is deleted and made again; PICTURES holds pictures.
set -uo pipefail
autoencoder=$(realpath "$1") filter=$(realpath "$2") folder=$3 pictures=$(realpath "$4")
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder" || exit 1

failures=0
fail() {
    echo "FAILED: $*"
    ((++failures))
}
status() {  # STATUS command...: checks the exit status; what is printed goes to output.txt and messages.txt
    local wanted=$1 got=0
    shift
    "$@" >output.txt 2>messages.txt || got=$?
    ((got == wanted)) || fail "status $got, not $wanted: $*: $(cat output.txt messages.txt)"
}
says() { grep -qF -- "$1" messages.txt || fail "no word of \"$1\" in: $(cat messages.txt)"; }
holds() {  # PROGRAM: an awk program over the output that exits with 0 if what it checks holds
    awk "$1" output.txt || fail "$1 does not hold for: $(cat output.txt)"
}
picture() { [[ $(head -c 4 "$1" 2>/dev/null | tail -c 3) == PNG ]] || fail "$1 is no PNG file"; }

echo "---- the autoencoder reaches the error of PCA, and spans its first directions"
status 0 "$autoencoder" --patches 4000 --steps 1500 --sheet bases.png
holds '/^principal/ { least = $3 } /^linear/ { reached = $3 }
       END { exit !(least > 0 && reached >= least && reached < 1.2 * least) }'
holds '/^cosines/ { n = NF; good = $6 == "1.000" && $7 == "1.000" && $8 == "1.000" && $9 == "1.000" && $10 == "1.000" }
       END { exit !(n == 21 && good) }'
picture bases.png

echo "---- the filter takes noise off, and the text restorer does more than the filter"
status 0 "$filter" --measure 1 --texts 12 --sheet filters.png
holds '/^sigma/ { rows += 1; if (!($4 > $3 + 1)) bad = 1 } END { exit !(rows == 3 && !bad) }'
holds '/^all/ { good = $3 > $2 && $5 > $3 } END { exit !good }'
picture filters.png

echo "---- a folder of pictures"
status 0 "$autoencoder" --images "$pictures" --patches 300 --steps 1
grep -q "from 6 pictures" output.txt || fail "$(cat output.txt)"
mkdir empty one
cp "$pictures/0.png" one
for program in "$autoencoder" "$filter"; do
    status 1 "$program" --images empty
    says "empty: holds no picture"
    status 1 "$program" --images nowhere
    says "nowhere: cannot list the folder"
done
status 1 "$filter" --images one
says "needs two pictures"

echo "---- wrong options"
status 2 "$autoencoder" --step 3
says "no option --step"
says "usage: "
status 2 "$autoencoder" --steps
says "--steps needs a value"
for value in 0 -1 x 1.5 100000000000; do
    status 2 "$filter" --texts $value
    says "--texts takes a number from 1 to 99999999, not $value"
done

((failures == 0)) && echo "all as promised"
exit $((failures > 0))
