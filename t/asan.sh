#!/usr/bin/env bash
# t/asan.sh OUT [SRC]: builds nginx with this module under ASan and UBSan into
# OUT, for `./run test asan`.
#
# SRC is nginx's source tree of the version that the module is built against;
# without it the tarball of Debian's source package is fetched with a list of
# its own, so that the system's package lists stay as they are.
#
# NGX_DEBUG_PALLOC: each small allocation from a pool is one of malloc's, or
# what is written behind its end would be the pool's next bytes.  Alignment is
# left out: nginx itself hashes and compares unaligned words.

set -euo pipefail

repo=$(cd "$(dirname "$0")/.." && pwd)
out=$(mkdir -p "${1:?usage: asan.sh OUT [SRC]}" && cd "$1" && pwd)
src=${2:-}
ngx=${NGX_SRC:-/usr/share/nginx/src}
version=$(sed -n 's/^#define NGINX_VERSION *"\(.*\)"/\1/p' \
          "$ngx/src/core/nginx.h")

if [ -z "$src" ]; then
    src=$out/nginx-$version

    if [ ! -e "$src/configure" ]; then
        mkdir -p "$out/apt/lists/partial" "$out/apt/archives/partial"
        . /etc/os-release
        keys=/usr/share/keyrings/debian-archive-keyring.gpg
        echo "deb-src [signed-by=$keys] http://deb.debian.org/debian" \
            "$VERSION_CODENAME main" >"$out/apt/sources.list"
        apt="apt-get -q -o Dir::Etc::sourcelist=$out/apt/sources.list
            -o Dir::Etc::sourceparts=- -o Dir::State::lists=$out/apt/lists
            -o Dir::Cache=$out/apt -o APT::Sandbox::User=root"
        $apt update
        (cd "$out" && $apt source --download-only nginx)
        tar xzf "$out/nginx_$version.orig.tar.gz" -C "$out"
    fi
fi

. "$ngx/conf_flags"
flags="-fsanitize=address,undefined -fno-sanitize=alignment"

cd "$src"
./configure "${NGX_CONF_FLAGS[@]}" --with-http_sub_module \
    --with-http_gunzip_module --with-http_gzip_static_module \
    --with-http_addition_module --with-http_flv_module \
    --with-cc-opt="-g -O1 -fPIC -fno-omit-frame-pointer $flags \
        -DNGX_DEBUG_PALLOC=1 -DNGX_DEBUG_MALLOC=1 -Wno-error" \
    --with-ld-opt="$flags -rdynamic" \
    --add-dynamic-module="$repo" --builddir="$out/nginx"
make -s -f "$out/nginx/Makefile" -j"$(nproc)" binary modules
