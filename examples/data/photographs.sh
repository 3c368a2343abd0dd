#!/bin/sh
# Lays out freely licensed photographs and their credits for training: FOLDER/train, FOLDER/held_out,
# FOLDER/CREDITS.tsv.
#
#     examples/data/photographs.sh FOLDER
#
# They come from Debian's packages, which are downloaded (80 MB) and unpacked, not installed. Only real photographs are
# taken. They were looked at one by one, and drawings, renderings and gradients were left out. Author and licence of
# each are read from its package's copyright file; a photograph under any licence but those below stops the script.
set -eu

[ $# -eq 1 ] || { echo "usage: $0 FOLDER" >&2; exit 2; }
mkdir -p "$1"
folder=$(cd "$1" && pwd)
mkdir -p "$folder/train" "$folder/held_out"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT INT TERM

# Package, photograph, and h for those that are held out as whole photographs.
photographs='
mate-backgrounds Aqua.jpg
mate-backgrounds Blinds.jpg
mate-backgrounds Dune.jpg
mate-backgrounds FreshFlower.jpg
mate-backgrounds Garden.jpg
mate-backgrounds GreenMeadow.jpg
mate-backgrounds LadyBird.jpg h
mate-backgrounds RainDrops.jpg
mate-backgrounds Storm.jpg
mate-backgrounds TwoWings.jpg
mate-backgrounds Wood.jpg
mate-backgrounds YellowFlower.jpg
lomiri-wallpapers-16.04 aitzgorri_by_Aitzol_Berasategi.jpg
lomiri-wallpapers-16.04 Bridge_by_Sander_Klootwijk.jpg
lomiri-wallpapers-16.04 Dragonfly_by_Bolly.jpg
lomiri-wallpapers-16.04 free_by_Peter_Nerlich.jpg
lomiri-wallpapers-16.04 friends_by_Aitzol_Berasategi.jpg h
lomiri-wallpapers-16.04 greentock_by_Peter_Nerlich.jpg
lomiri-wallpapers-16.04 life_by_Aitzol_Berasategi.jpg
lomiri-wallpapers-16.04 picosdeeuropa_by_Aitzol_Berasategi.jpg h
lomiri-wallpapers-16.04 Picture_0B_by_freespace.jpg
lomiri-wallpapers-16.04 Picture_1A_by_freespace.jpg
lomiri-wallpapers-16.04 seeding_by_Clements_Engelhardt.jpg
lomiri-wallpapers-16.04 sunset_by_Aitzol_Berasategi.jpg
lomiri-wallpapers-16.04 Wine_by_Jakkub_Mede.jpg
lomiri-wallpapers-20.04 Kleiber_by_Lukas_Baubkus.jpg
'

cd "$work"
for package in $(echo "$photographs" | awk 'NF {print $1}' | sort -u); do
    apt-get -qq download "$package"
    mkdir "$package"
    dpkg-deb -x "$package"_*.deb "$package"
done

# The copyright file has a paragraph for every few files: "Files:", "Copyright:" and "License:", with more lines each.
credit() { # package, photograph: author, tab, licence
    awk -v name="$2" '
        BEGIN { RS = ""; FS = "\n" }
        /^Files:/ {
            field = files = author = licence = ""
            for (i = 1; i <= NF; ++i) {
                line = $i
                if (match(line, /^[A-Za-z-]+:/)) { field = substr(line, 1, RLENGTH - 1); line = substr(line, RLENGTH + 1) }
                gsub(/^[ \t]+|[ \t]+$/, "", line)
                if (field == "Files") files = files " " line
                if (field == "Copyright") author = author (author == "" ? "" : "; ") line
                if (field == "License" && licence == "") licence = line
            }
            count = split(files, file, /[ \t]+/)
            for (i = 1; i <= count; ++i) { sub(/.*\//, "", file[i]); if (file[i] == name) print author "\t" licence }
        }' "$1/usr/share/doc/$1/copyright"
}

printf 'file\tauthor\tlicence\tpackage\tversion\tset\n' > "$folder/CREDITS.tsv"
echo "$photographs" | while read -r package name held; do
    [ -n "$package" ] || continue
    source=$(find "$package" -type f -name "$name")
    credit=$(credit "$package" "$name")
    case "${credit##*	}" in
        CC-BY-[34].0 | CC-BY-SA-[34].0 | CC0-1.0 | GPL-2+) ;;
        *) echo "$0: $package, $name: the licence is \"$credit\"" >&2; exit 1 ;;
    esac
    set=train
    [ -z "$held" ] || set=held_out
    cp "$source" "$folder/$set/"
    version=$(dpkg-deb -f "$package"_*.deb Version)
    printf '%s\t%s\t%s\t%s\t%s\n' "$name" "$credit" "$package" "$version" "$set" >> "$folder/CREDITS.tsv"
done
