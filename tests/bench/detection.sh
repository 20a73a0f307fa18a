#!/bin/bash
# The measured blocks of docs/detection.md, as they stand there: every shared capture, where
# there are any, and the simulator's sites without an attack and with each of its kinds.
#
# detection.sh [OPTION]… [SITE…]          the shared captures, then weeks, one for each kind
# detection.sh month [OPTION]… [SITE…]    a month of each site without an attack, and one with
#                                         all of them, one every 18 hours from the eighth day on
#   --days N      how long instead; of weeks, the last day has the attack, from ten o'clock on
#   --pace X      of cyclic traffic; 1 is real life (0.1, of months 0.03)
#   --seed N      what chance brings (7); weeks without an attack are of N + 4, too
#   --kinds "…"   of weeks, only these, and none for no attack at all
#   --write       put the blocks into docs/detection.md, too
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
days=7 pace=0.1 seed=7 suites="labelled benign" span=week doc=
kinds=$("$build/traffic" --list | cut -d' ' -f1 | sort | tr '\n' ' ')
attacks=$("$build/traffic" --list | grep -v '(benign)' | cut -d' ' -f1 | tr '\n' ' ')
runs="none other $kinds infected" kinds="$kinds infected"
if [ "${1:-}" = month ]; then
    # Each as long as it takes of itself, the slowest first.
    attacks="ramp-slow ${attacks/ramp-slow /}" runs="none all" kinds=$attacks
    days=31 pace=0.03 suites='' span=month
    shift
fi
while [[ ${1:-} == --* ]]; do
    case $1 in
    --days) days=$2 && shift ;;
    --pace) pace=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --kinds) runs=$2 kinds=${2//none/} suites='' && shift ;;
    --write) doc=docs/detection.md ;;
    *) sed -n '5,13s/^# \?//p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
sites=("${@:-home}")
[ $# -gt 0 ] || sites=(home building plant office)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export build scratch days pace seed attacks

# Captures and what is planted in them, in $scratch.
simulate() { # SITE NAME OPTION…
    "$build/traffic" --site "$1" --devices 20 --seed "$seed" --pace "$pace" \
        --out "$scratch/$2.pcap" --events "$scratch/$2.events.json" "${@:3}" \
        >/dev/null 2>&1
}

# What was learnt until the eve of the attack is the same for all of them.
learn() { # SITE
    simulate "$1" "$1" --days $((days - 1))
    "$build/wary" replay --state "$scratch/$1" "$scratch/$1.pcap" 2>/dev/null
    rm "$scratch/$1.pcap"
}

# Those that the site has somebody for.
plan_all() { # SITE
    local kind at=$((8 * 24 + 1))
    for kind in $attacks; do
        simulate "$1" "$1-all" --days 1 --attack "$kind@0+12:00" || continue
        plan+=(--attack "$kind@$((at / 24))+$((at % 24)):00")
        at=$((at + 18))
    done
}

# How many windows of a device there were, and how many reached each anomaly, as an array.
count_anomalies() { # TIMELINE
    awk -F, 'FNR > 1 && $4 > 0 { n[0]++; for (a = 1; a <= 5; a++) n[a] += $5 >= a }
        END { printf "[%d", n[0]; for (a = 1; a <= 5; a++) printf ",%d", n[a]; print "]" }' "$1"
}

# A site with one attack on the last day, or from its first minute on, with none, or all, or
# one that grows by a hundredth a day for three quarters of the time.
judge() { # SITE KIND
    local name=$1-$2 plan=() options=() anomalies=null
    case $2 in
    none) ;;
    other) seed=$((seed + 4)) ;;
    all) plan_all "$1" ;;
    infected) plan=(--attack "beacon@0+00:00:$((days * 1440))") ;;
    ramp-slow) plan=(--attack "$2@$((days / 4))+10:00") ;;
    *)
        plan=(--attack "$2@$((days - 1))+10:00"
            --write-from $((days - 1)) --evaluate-from $((days - 1)))
        options=(--state "$scratch/$name")
        cp -r "$scratch/$1" "$scratch/$name"
        ;;
    esac
    [ ${#plan[@]} -gt 0 ] || options=(--timeline "$scratch/$name.csv")
    if simulate "$1" "$name" --days "$days" "${plan[@]}"; then
        "$build/wary" evaluate --json --events "$scratch/$name.events.json" \
            "${options[@]}" "$scratch/$name.pcap" >"$scratch/$name.json" 2>/dev/null
        [ ! -e "$scratch/$name.csv" ] || anomalies=$(count_anomalies "$scratch/$name.csv")
        jq -c --arg site "$1" --arg run "$2" --argjson anomalies "$anomalies" \
            '.captures[0] | {site: $site, run: $run, anomalies: $anomalies} + .' \
            "$scratch/$name.json" >"$scratch/$name.result"
    fi
    rm -rf "${scratch:?}/$name" "$scratch/$name".{pcap,csv,json,events.json}
}
export -f simulate learn plan_all count_anomalies judge

# Between marks, as in the document, which says how it was measured.
block() { # NAME
    { echo "<!-- measured: $1 -->" && cat && echo "<!-- end -->"; } |
        tee "$scratch/$1.block"
}

for suite in $suites; do
    [ -d "$data/$suite" ] || continue
    "$build/wary" evaluate --suite "$data/$suite" 2>/dev/null | sed 's/^\(.\)/    \1/' |
        block "$suite"
done

[[ "$runs" == "none"*"all" ]] ||
    printf '%s\n' "${sites[@]}" | xargs -P2 -L1 bash -c 'learn "$@"' learn
for run in $runs; do
    printf "%s $run\n" "${sites[@]}"
done | xargs -P2 -L1 bash -c 'judge "$@"' judge

tabulate() { # benign or attacks
    cat "$scratch"/*.result | jq -rsf tests/bench/detection.jq --arg table "$1" \
        --arg sites "${sites[*]}" --arg kinds "$kinds" | block "$span-$1"
}
[[ " $runs " != *" none "* ]] || tabulate benign
[ -z "${kinds// /}" ] || tabulate attacks

if [ -n "$doc" ]; then
    for block in "$scratch"/*.block; do
        mark="<!-- measured: $(basename "$block" .block) -->"
        awk -v mark="$mark" -v block="$block" '
            $0 == mark { while ((getline line < block) > 0) print line; skip = 1 }
            !skip
            /^<!-- end -->$/ { skip = 0 }' "$doc" >"$scratch/doc"
        cp "$scratch/doc" "$doc"
    done
fi
