#!/bin/bash
# Packets per second and peak memory on the same file, side by side: a bare pcap_next_ex loop,
# nDPI's own reader, softflowd, and wary. Runs alternate, so that a busy machine slows all of
# them; the figures are medians, and what counts is their ratio.
#
# replay.sh [--runs N] [FILE…]   by default two simulated captures in build/bench
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
runs=5
[ "${1:-}" = --runs ] && runs=$2 && shift 2

# shellcheck source=tests/bench/load.sh
. tests/bench/load.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

contestants=(bare softflowd ndpiReader wary)
contest() { # NAME FILE
    case $1 in
    bare) "$build/bench/bare_loop" "$2" ;;
    # With a control socket it may wait there for ever.
    softflowd) softflowd -r "$2" -m 1000000 -p none -c none ;;
    ndpiReader) ndpiReader -q -i "$2" ;;
    wary) "$build/wary" replay --timeline "$scratch/timeline" "$2" ;;
    esac
}
export -f contest
export build scratch

# measure NAME FILE: seconds, peak KiB and seconds of processor time, as a line.
measure() {
    local start=$EPOCHREALTIME
    /usr/bin/time -f '%M %U %S' -o "$scratch/peak" bash -c 'contest "$@"' contest "$1" "$2" \
        >"$scratch/out" 2>&1 || { cat "$scratch/out" >&2 && return 1; }
    echo "$start $EPOCHREALTIME $(tail -1 "$scratch/peak")" |
        awk '{ printf "%.4f %d %.2f\n", $2 - $1, $3, $4 + $5 }'
}

median() { # COLUMN FILE
    sort -n -k"$1,$1" "$2" | awk -v c="$1" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

compare() { # FILE
    local file=$1 name run packets
    packets=$("$build/bench/bare_loop" "$file" | awk '{ print $1; exit }')
    for ((run = 0; run < runs; run++)); do
        for name in "${contestants[@]}"; do
            measure "$name" "$file" >>"$scratch/$name"
        done
    done
    echo
    echo "$(basename "$file"): $packets packets, $runs runs"
    printf '%-12s %10s %14s %12s %10s %12s\n' '' seconds packets/s 'peak MiB' 'x bare' 'cpu seconds'
    for name in "${contestants[@]}"; do
        echo "$name $(median 1 "$scratch/$name") $(median 2 "$scratch/$name")" \
            "$(median 1 "$scratch/bare") $(median 3 "$scratch/$name")"
    done | awk -v packets="$packets" '
        { printf "%-12s %10.2f %14.0f %12.1f %10.3f %12.2f\n", $1, $2, packets / $2, $3 / 1024,
                 $4 / $2, $5
          rate[$1] = packets / $2 }
        END { printf "wary is %.2f x ndpiReader, %.2f x softflowd\n",
                     rate["wary"] / rate["ndpiReader"], rate["wary"] / rate["softflowd"] }'
    rm "${contestants[@]/#/$scratch/}"
}

if [ $# -eq 0 ]; then
    set -- "$(load tls 2000000 20000 2000)" "$(load modbus 4000000 2000 500)"
fi
for file; do
    compare "$file"
done
