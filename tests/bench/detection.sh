#!/bin/bash
# The figures of docs/detection.md: every shared capture, where there are any, and the
# simulator's attacks on each of its sites.
#
# detection.sh [--days N] [SITE…]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
days=2
[ "${1:-}" = --days ] && days=$2 && shift 2
sites=("${@:-home}")
[ $# -gt 0 ] || sites=(home building plant office)

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
    "$build/traffic" --list | cut -d' ' -f1 | while read -r kind; do
        for site in "${sites[@]}"; do
            echo "$site $kind"
        done
    done | sort | xargs -P2 -L1 bash -c 'judge "$@"' judge | sort
} | column -t
