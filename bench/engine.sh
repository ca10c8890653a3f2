#!/usr/bin/env bash
# engine.sh: what the engine costs and how good it is, as one table.
#
# Decisions are timed by decision_bench (a page view without HTTP: session
# read, eight offers, event put into the ring) in shops of three sizes; bytes
# come from catalog_bench; the rows of quality from `xsell eval` on the data
# of the folder beside this one, and are left out without it.  1M items take 2
# GB and, the first time, half a minute: their catalogue stays in build/;
# `./run bench engine --quick` leaves them out.

set -euo pipefail

bin=build/lto/bench
data=${XSELL_SHARED:-../shared}/data
first=

row() { printf '%-34s %-12s %s\n' "$@"; }

row measure gate here

for shop in '1000 100000 8' '100000 100000 10' '1000000 200000 14'; do
    read -r items sessions gate <<<"$shop"
    if [ "$items" = 1000000 ] && [ "${1:-}" = --quick ]; then
        continue
    fi

    read -r _ p50 p90 rows < <($bin/decision_bench "$items" "$sessions" \
                               20000 table)
    first=${first:-$p50}
    last=$items
    row "decision, $items items" "$gate us" \
        "p50 $p50 us  p90 $p90 us  ($rows candidates)"
done

row "p50 of $last over 1000 items" 2.5 \
    "$(awk "BEGIN { printf \"%.2f\", $p50 / $first }")"

printf '\n'
$bin/catalog_bench

if [ -r "$data/diginetica_train.txt.gz" ]; then
    printf '\n'
    for novel in '' --novel; do
        build/xsell eval sessions --train "$data/diginetica_train.txt.gz" \
            --test "$data/diginetica_test.txt.gz" $novel
    done
    build/xsell eval baskets \
        --train "$data/online_retail_until_2011-11-08.csv.gz"
fi
