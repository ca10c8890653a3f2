#!/usr/bin/env bash
# t/arm.sh [OUT]: the engine's tests on another processor: built for aarch64
# and run by qemu's emulation of it, for `./run test arm`.
#
# What differs there from the machine that this is written on: char has no
# sign, stores are seen in another order unless told, the page code has no
# SSE2 and takes its portable branch.  (qemu keeps x86's order where it can:
# order is what t/tsan.sh looks after.)
#
# Libraries for aarch64 come from Debian's packages with a list and a folder
# of their own, so that the system gets no second architecture.  What is not
# emulated is left out: ptrace, by which the step_ programs look between two
# instructions, and locks of killed processes, which the torture_ programs are
# about; of other programs single tests, in t/arm_skip.c.
#
# Exit code 77, and a line why: it can't be done here.

set -euo pipefail
cd "$(dirname "$0")/.."

out=$(mkdir -p "${1:-build/arm}" && cd "${1:-build/arm}" && pwd)
root=$out/root
libraries="libjansson4 libjansson-dev libssl3 libssl-dev zlib1g zlib1g-dev
    libcmocka0 libcmocka-dev"
cc=aarch64-linux-gnu-gcc
lib=lib/aarch64-linux-gnu


cannot() {
    echo "arm.sh: $*"
    exit 77
}


fetch() {
    local keys=/usr/share/keyrings/debian-archive-keyring.gpg apt

    . /etc/os-release
    rm -rf "$out/apt" "$root.tmp"
    mkdir -p "$out/apt/lists/partial" "$out/apt/archives/partial" "$root.tmp"
    : >"$out/apt/status"
    echo "deb [arch=arm64 signed-by=$keys] http://deb.debian.org/debian" \
        "$VERSION_CODENAME main" >"$out/apt/sources.list"
    apt="apt-get -q -o Dir::Etc::sourcelist=$out/apt/sources.list
        -o Dir::Etc::sourceparts=- -o Dir::State::lists=$out/apt/lists
        -o Dir::State::status=$out/apt/status -o Dir::Cache=$out/apt
        -o APT::Sandbox::User=root -o APT::Architecture=arm64
        -o APT::Architectures::=arm64"

    # shellcheck disable=SC2086
    $apt update &&
        (cd "$out/apt" && $apt download $libraries &&
         for deb in *.deb; do dpkg-deb -x "$deb" "$root.tmp" || exit; done) &&
        mv "$root.tmp" "$root"
}


for tool in $cc qemu-aarch64; do
    command -v $tool >/dev/null || cannot "no $tool"
done
[ -d "$root" ] || fetch >"$out/fetch.log" 2>&1 ||
    cannot "no libraries for aarch64 from Debian: $out/fetch.log"

tests=()
for test in t/engine/*_test.c; do
    test=$(basename "$test" .c)
    case $test in
    step_* | torture_*) echo "left out: $test" ;;
    *) tests+=("$test") ;;
    esac
done

$cc -std=c11 -D_GNU_SOURCE -Wall -Wextra -Werror \
    -isystem "$root/usr/include" -c t/arm_skip.c -o "$out/arm_skip.o"
flags="-isystem $root/usr/include -isystem $root/usr/include/${lib#lib/}"
libs="$out/arm_skip.o -L$root/usr/$lib -Wl,-rpath-link,$root/$lib"
libs+=" -Wl,-rpath,$root/usr/$lib:$root/$lib"
make -s -j"$(nproc)" B="$out" CC=$cc AR=aarch64-linux-gnu-ar VIPS= \
    CFLAGS="$flags" LIBS="$libs -ljansson -lcrypto -lz -lpthread -lm" \
    "${tests[@]/#/$out/t/}"

prove -j2 --timer --exec "qemu-aarch64 -L /usr/aarch64-linux-gnu" \
    "${tests[@]/#/$out/t/}" </dev/null
