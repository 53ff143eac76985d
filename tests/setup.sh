#!/bin/bash
# Installs what the tests need and this machine lacks. `tests/setup.sh compiler browsers peers`.
set -euo pipefail
cd "$(dirname "$0")/.."

# Debian packages, only those absent; as root or through sudo.
debian() {
    local absent=()
    for package in "$@"; do
        dpkg-query -W -f '${Status}' "$package" 2>/dev/null | grep -q 'ok installed' || absent+=("$package")
    done
    [ ${#absent[@]} -eq 0 ] && return
    local root=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null || {
            echo "the tests need these Debian packages: ${absent[*]}" >&2
            echo "run as root: apt-get install -y --no-install-recommends ${absent[*]}" >&2
            exit 1
        }
        root=(sudo)
    fi
    echo "installing ${absent[*]}"
    "${root[@]}" apt-get update -qq
    "${root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -qq -y --no-install-recommends "${absent[@]}" >/dev/null
}

# The C parts of cryptography and of SQLite.
compiler() {
    command -v cc >/dev/null || debian gcc libc6-dev
}

browsers() {
    debian chromium firefox-esr ffmpeg iproute2 nftables openssl util-linux fonts-dejavu-core fonts-liberation pulseaudio
}

# The other database, and runuser, by which root starts it as somebody else.
postgres() {
    debian postgresql-15 util-linux
}

# Other people's programs that open what is exported.
readers() {
    debian libreoffice-calc-nogui poppler-utils qpdf
}

# The other server of the benchmark. Optional: without it the comparison is left out.
janus() {
    debian janus iproute2
}

# The Python peer, in a folder of its own, at pinned versions.
peers() {
    local venv=target/peers
    cmp -s tests/peers/requirements.txt "$venv/installed" && return
    local python=python3
    "$python" -c 'import ensurepip, venv' 2>/dev/null || { debian python3 python3-venv; python=/usr/bin/python3; }
    rm -rf "$venv"
    mkdir -p target
    "$python" -m venv "$venv"
    "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: -r tests/peers/requirements.txt
    cp tests/peers/requirements.txt "$venv/installed"
}

# Spelling, by a ready binary; without network or Python it is skipped.
typos() {
    local venv=target/typos
    if ! [ -x "$venv/bin/typos" ]; then
        python3 -m venv "$venv" 2>/dev/null &&
            "$venv/bin/pip" install -q --disable-pip-version-check --only-binary :all: typos==1.52.0 || {
            rm -rf "$venv"
            echo "typos cannot be installed: spelling is not checked"
            return
        }
    fi
    "$venv/bin/typos"
}

# `nextest ARGUMENTS`: all Rust tests, with cargo-nextest where it is installed.
nextest() {
    if command -v cargo-nextest >/dev/null; then
        cargo nextest run --config-file tests/nextest.toml --no-fail-fast "$@"
    else
        cargo test --lib --bins --tests --no-fail-fast "$@"
    fi
}

# `optional PROGRAM ARGUMENTS`: a cargo subcommand where it is installed, a word where it is not.
optional() {
    local program=$1
    shift
    if command -v "$program" >/dev/null; then
        cargo "$@"
    else
        echo "$program is not installed: skipped (cargo $*)"
    fi
}

case ${1:-} in
    nextest | optional) "$@" ;;
    *) for step in "$@"; do "$step"; done ;;
esac
