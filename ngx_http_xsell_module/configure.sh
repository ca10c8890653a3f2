#!/usr/bin/env bash
# configure.sh BUILDDIR: prepare BUILDDIR for building the dynamic module
# against Debian's nginx (package nginx-dev), as its own module packages are.
# The Makefile calls it only when `config`, a list of sources, the compiler or
# nginx-dev changed: it takes most of a minute, the module two seconds.
#
#   CC         compiler (cc)
#   NGX_SRC    nginx-dev's tree (/usr/share/nginx/src)
#   CC_OPT     more compiler options, e.g. for a build under a sanitizer
#   LD_OPT     more linker options
#
# ./configure reads that tree and writes into BUILDDIR only, so the tree may
# be read-only and need not be copied.  The `sh -e` way of other modules loses
# conf_flags, which is a bash array.

set -euo pipefail

usage="usage: configure.sh BUILDDIR"
out=$(mkdir -p "${1:?$usage}" && cd "$1" && pwd)
repo=$(cd "$(dirname "$0")/.." && pwd)
src=${NGX_SRC:-/usr/share/nginx/src}

if [ ! -r "$src/conf_flags" ]; then
    echo "configure.sh: no $src/conf_flags: apt-get install nginx-dev" >&2
    exit 1
fi

# asked for in the repository's folder, whose path they keep out of the binary
flag() {
    if command -v dpkg-buildflags >/dev/null; then
        (cd "$repo" && dpkg-buildflags --get "$1")
    fi
}

cd "$src"
. ./conf_flags

if ! ./configure "${NGX_CONF_FLAGS[@]}" --with-cc="${CC:-cc}" \
        --with-cc-opt="$(flag CFLAGS) -fPIC $(flag CPPFLAGS) ${CC_OPT:-}" \
        --with-ld-opt="$(flag LDFLAGS) -fPIC ${LD_OPT:-}" \
        --add-dynamic-module="$repo" --builddir="$out" \
        >"$out/configure.log" 2>&1
then
    rm -f "$out/Makefile"
    tail -n 20 "$out/configure.log" >&2
    echo "configure.sh: failed, see $out/configure.log and autoconf.err" >&2
    exit 1
fi
