# For the scripts examples/run, tests/run and .ci/run. install_packages NAME... prints which of the Debian packages are
# missing and installs those. If none is missing, it does not use the network.

install_packages() {
    if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
        echo "This is no Debian: please see to it that these are installed: $*"
        return 0
    fi
    local package missing=()
    for package in "$@"; do
        if [[ $(dpkg-query -W -f='${db:Status-Status}' "$package" 2>/dev/null) != installed ]]; then
            missing+=("$package")
        fi
    done
    if ((${#missing[@]} == 0)); then
        echo "Nothing to install: all of these are there: $*"
        return 0
    fi
    echo "About to install with apt-get: ${missing[*]}"
    local as_root=()
    ((EUID == 0)) || as_root=(sudo)
    "${as_root[@]}" apt-get update -qq
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${missing[@]}"
}
