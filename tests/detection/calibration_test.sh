#!/bin/bash
# On clean traffic an anomaly of a comes at most once in 10^a windows, and alarms keep their
# budget: simulated days of each site, and the shared benign captures where there are any.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# The share of windows at a ≥ 1 … 4, and the alarms at MEDIUM a device-week, episodes a
# quarter of an hour apart. A share of few windows is given the counts that chance allows.
judge() { # NAME TIMELINE…
    local name=$1
    shift
    awk -F, -v name="$name" '
        FNR == 1 { next }
        { files[FILENAME]; seen[FILENAME, $2] }
        $4 > 0 { n++; for (k = 1; k <= 4; k++) count[k] += $5 >= k }
        !((FILENAME) in first) { first[FILENAME] = $1 }
        { last[FILENAME] = $1 }
        $6 >= 30 {
            if (!((FILENAME, $2) in up) || $1 - up[FILENAME, $2] > 900) medium++
            up[FILENAME, $2] = $1
        }
        $6 >= 60 { high++ }
        END {
            for (key in seen) {
                split(key, part, SUBSEP)
                weeks += (last[part[1]] - first[part[1]]) / 604800
            }
            printf "%-10s %7d windows, P(a >= 1 2 3 4):", name, n
            for (k = 1; k <= 4; k++) {
                expected = n / 10 ^ k
                printf " %.1e", count[k] / n
                bad = bad || count[k] > expected + 4 * sqrt(expected) + 4
            }
            printf "; MEDIUM %.2f a device-week, HIGH %d\n", medium / weeks, high
            exit bad || medium > weeks + 4 * sqrt(weeks) + 1 || high > 0
        }' "$@"
}

days=2
[ -z "${SANITIZED:-}" ] || days=1
status=0
for site in home building plant office; do
    "$BUILD_DIR/traffic" --site $site --days $days --devices 8 --seed 11 \
        --out "$scratch/$site.pcap" >/dev/null
    "$BUILD_DIR/wary" replay --timeline "$scratch/$site.csv" "$scratch/$site.pcap" \
        2>/dev/null
    rm "$scratch/$site.pcap"
    judge $site "$scratch/$site.csv" || status=1
done
judge simulated "$scratch"/{home,building,plant,office}.csv || status=1

shared=${WARY_SHARED:-$SOURCE_DIR/../shared}/data/benign
if [ -d "$shared" ] && [ -z "${SANITIZED:-}" ]; then
    for capture in "$shared"/*.pcap; do
        "$BUILD_DIR/wary" replay --timeline "$scratch/$(basename "$capture").csv" \
            "$capture" 2>/dev/null
    done
    judge captures "$scratch"/*.pcap.csv || status=1
else
    echo "skipped: the shared benign captures"
fi
exit $status
