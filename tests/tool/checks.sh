# What check.sh and on_demand.sh check with. They source it.
failures=0
fail() {
    echo "FAILED: $*"
    ((++failures))
}
status() {  # STATUS command...: checks the exit status; the output goes to messages.txt and output.bin
    local wanted=$1 got=0
    shift
    "$@" >output.bin 2>messages.txt || got=$?
    ((got == wanted)) || fail "status $got, not $wanted: $*: $(cat messages.txt)"
}
says() { grep -qF -- "$1" messages.txt || fail "no word of \"$1\" in: $(cat messages.txt)"; }
same() { cmp -s "$1" "$2" || fail "$1 and $2 differ"; }
