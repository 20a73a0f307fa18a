#!/bin/bash
# The figures of docs/detection.md: every shared capture, where there are any, and the
# simulator's attacks on each of its sites.
#
# detection.sh [--days N] [SITE…]     each attack alone, half an hour of the last day (2)
# detection.sh month [SITE…]          a month of each site with all attacks, one every 18 hours
#                                     from its eighth day on, and one without: some minutes
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
days=2
month=
[ "${1:-}" = month ] && month=1 && shift
[ "${1:-}" = --days ] && days=$2 && shift 2
sites=("${@:-home}")
[ $# -gt 0 ] || sites=(home building plant office)

kinds() { "$build/traffic" --list | cut -d' ' -f1; }

# Each as long as it takes of itself; the slowest first. What is judged begins when there is
# a week to compare with.
simulate_month() { # SITE attacked|benign
    local plans=() number=0 kind at
    [ "$2" = benign ] || for kind in ramp-slow $(kinds | grep -vx ramp-slow); do
        at=$((8 * 24 + 1 + 18 * number++))
        plans+=(--attack "$kind@$((at / 24))+$((at % 24)):00")
    done
    "$build/traffic" --site "$1" --days 31 --devices 20 --seed 7 --pace 0.03 \
        --evaluate-from 7 "${plans[@]}" --out "$scratch/$1-$2.pcap" \
        --events "$scratch/$1-$2.events.json" >/dev/null 2>&1
    "$build/wary" evaluate --events "$scratch/$1-$2.events.json" "$scratch/$1-$2.pcap" \
        2>/dev/null
    rm -f "$scratch/$1-$2.pcap"
}

if [ "$month" ]; then
    scratch=$(mktemp -d)
    trap 'rm -rf "$scratch"' EXIT
    for site in "${sites[@]}"; do
        for sort in benign attacked; do
            echo "== $site, a month, 20 devices, $sort"
            simulate_month "$site" "$sort"
        done
    done
    exit
fi

for suite in labelled benign; do
    if [ -d "$data/$suite" ]; then
        echo "== $suite captures"
        "$build/wary" evaluate --suite "$data/$suite" 2>/dev/null
    else
        echo "== $suite captures: not here, skipped"
    fi
done

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export build scratch days

# One attack of half an hour on the last day, judged alone.
judge() { # SITE KIND
    local name=$1-$2
    "$build/traffic" --site "$1" --days "$days" --devices 20 --seed 7 \
        --attack "$2@$((days - 1))+13:00:30" --out "$scratch/$name.pcap" \
        --events "$scratch/$name.events.json" >/dev/null 2>&1 || return 0
    "$build/wary" evaluate --json --events "$scratch/$name.events.json" \
        "$scratch/$name.pcap" 2>/dev/null |
        jq -r --arg site "$1" --arg kind "$2" '.captures[0] |
            [$site, $kind, .auc, .recall, .ttd, .fa, .trap] |
            map(if . == null then "-" else tostring end) | @tsv'
    rm -f "$scratch/$name.pcap" "$scratch/$name.events.json"
}
export -f judge

echo "== simulated, $days days, 20 devices"
{
    printf 'site\tattack\tAUC\trecall\tttd_s\tfalse\ttraps\n'
    kinds | while read -r kind; do
        for site in "${sites[@]}"; do
            echo "$site $kind"
        done
    done | sort | xargs -P2 -L1 bash -c 'judge "$@"' judge | sort
} | column -t
