#!/usr/bin/env bash
# t/tsan.sh [OUT]: the engine under ThreadSanitizer: workers and the learner as
# threads on one arena (t/engine/threads_test.c), and all tests that have one
# process anyway.  A part of `./run test long`.
#
# Tests that fork are left out: the sanitizer does not see what another process
# writes, and a child of a process with threads is not a fair one.  So are those
# that put an allocator of their own in place of the sanitizer's.

set -euo pipefail
cd "$(dirname "$0")/.."

out=${1:-build/tsan}
tests=$(grep -L -e 'fork(' -e 'step_test.h' t/engine/*_test.c |
    grep -v _memory_ | xargs -n1 basename -s .c)

make -s -j"$(nproc)" B="$out" OPT="-O1 -g" \
    CFLAGS="-fsanitize=thread -Wno-tsan -Wno-error -fno-omit-frame-pointer" \
    $(printf "$out/t/%s " $tests)

for name in $tests; do
    TSAN_OPTIONS="halt_on_error=0:exitcode=66" "$out/t/$name" || exit
done
