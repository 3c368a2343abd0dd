#!/usr/bin/env bash
# tests/pages/links.sh ROOT: checks that every relative link and picture in the pages (*.md) leads to a file, and its
# anchor to a heading of that page; that the front page has at most 150 lines; and that every page can be reached from
# it in two clicks.
set -euo pipefail
cd "$1"
failures=0
fail() {
    echo "$1"
    failures=$((failures + 1))
}

pages() { find . -name '*.md' -not -path './build*' -not -path './.*/*' | sed 's,^\./,,' | LC_ALL=C sort; }

# Prints the lines outside fenced blocks. In a shell command a # is no heading, and in C++ brackets are no link.
prose() { awk '/^```/ { fenced = !fenced; next } !fenced' "$1"; }

# Anchors are formed as on GitHub: lower case, without punctuation, with hyphens for spaces.
anchors() {
    prose "$1" | sed -n 's/^##* //p' | tr '[:upper:]' '[:lower:]' | sed 's/[^a-z0-9 _-]//g; s/ /-/g'
}

# Prints the relative targets of [text](target). Code in backquotes is left out.
targets() {
    prose "$1" | sed 's/`[^`]*`//g' | grep -o '](\([^)]*\))' | sed 's/^](//; s/)$//' | grep -v '^[a-z]*:' || true
}

# resolve PAGE TARGET: prints the path from ROOT, which is the page itself if the target is only an anchor.
resolve() {
    local path=${2%%#*}
    if [[ -z $path ]]; then
        echo "$1"
    else
        realpath -m --relative-to=. "$(dirname "$1")/$path"
    fi
}

links=0
while read -r page; do
    while read -r target; do
        links=$((links + 1))
        path=$(resolve "$page" "$target")
        if [[ ! -e $path ]]; then
            fail "$page: no file $target"
        elif [[ $target == *'#'* ]] && ! anchors "$path" | grep -qx -- "${target#*#}"; then
            fail "$page: $path has no heading for #${target#*#}"
        fi
    done < <(targets "$page")
done < <(pages)

lines=$(wc -l < README.md)
((lines <= 150)) || fail "README.md has $lines lines, more than 150"

reached=$(
    while read -r target; do
        first=$(resolve README.md "$target")
        echo "$first"
        [[ $first != *.md || ! -f $first ]] || while read -r next; do resolve "$first" "$next"; done < <(targets "$first")
    done < <(targets README.md)
)
while read -r page; do
    [[ $page == README.md ]] || grep -qx -- "$page" <<< "$reached" || fail "$page is more than two clicks from README.md"
done < <(pages)

echo "$links links in $(pages | wc -l) pages, $failures failures"
((links > 0 && failures == 0))
