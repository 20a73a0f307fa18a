#!/bin/bash
# The measured blocks of docs/detection.md, as they stand there.
#
# detection.sh [SPAN] [OPTION]… [SITE…]   one span, or all:
#   captures      every shared capture, where there are any
#   hour          the simulator's sites with each kind, after twenty minutes of fifty
#   week          without an attack, and with each on the last day from ten o'clock on
#   month         without an attack, and with all of them, one every 13 hours from the
#                 eighth day on
#   --days N      how long instead
#   --pace X      of cyclic traffic; 1 is real life (0.1, of months 0.03)
#   --seed N      what chance brings (7); weeks without an attack are of N + 4, too
#   --kinds "…"   only these, and none for no attack at all
#   --write       put the blocks into docs/detection.md, too
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
span=${1:-all}
case $span in
captures | hour | week | month) shift ;;
*)
    for span in captures week hour month; do tests/bench/detection.sh $span "$@"; done
    exit
    ;;
esac

every=$("$build/traffic" --list | cut -d' ' -f1 | sort | tr '\n' ' ')
attacks=$("$build/traffic" --list | grep -v '(benign)' | cut -d' ' -f1 | sort | tr '\n' ' ')
days=7 pace=0.1 seed=7 doc=
case $span in
hour) # not what takes longer
    days=0.4514 kinds=$(tr ' ' '\n' <<<"$every" | grep -v '^ramp-\|^replacement' | tr '\n' ' ')
    runs=$kinds
    ;;
week) kinds="$every infected" runs="none other $every infected" ;;
month)
    # Alone: what lasts. Not at all: what fills every table with names that nobody bears.
    alone="ramp-slow replacement"
    attacks=$(tr ' ' '\n' <<<"$attacks" | grep -vx "${alone// /\\|}\|mac-flood" | tr '\n' ' ')
    days=31 pace=0.03 kinds="$attacks $alone" runs="none all $alone"
    ;;
esac
while [[ ${1:-} == --* ]]; do
    case $1 in
    --days) days=$2 && shift ;;
    --pace) pace=$2 && shift ;;
    --seed) seed=$2 && shift ;;
    --kinds) runs=$2 kinds=${2/none/} && shift ;;
    --write) doc=docs/detection.md ;;
    *) sed -n '4,15s/^# \?//p' "$0" >&2 && exit 2 ;;
    esac
    shift
done
sites=("${@:-home}")
[ $# -gt 0 ] || sites=(home building plant office)

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export build scratch span days pace seed attacks

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
        at=$((at + 13))
    done
}

# How many windows of a device there were, and how many reached each anomaly, as an array.
count_anomalies() { # TIMELINE
    awk -F, 'FNR > 1 && $4 > 0 { n[0]++; for (a = 1; a <= 5; a++) n[a] += $5 >= a }
        END { printf "[%d", n[0]; for (a = 1; a <= 5; a++) printf ",%d", n[a]; print "]" }' "$1"
}

# A site with one attack on the last day, or from its first minute on, with none, or all, or
# one for three quarters of the time.
judge() { # SITE KIND
    local name=$1-$2 plan=() options=() anomalies=null
    case $span-$2 in
    *-none) ;;
    *-other) seed=$((seed + 4)) ;;
    month-all) plan_all "$1" ;;
    *-infected) plan=(--attack "beacon@0+00:00:$((days * 1440))") ;;
    *-ramp-slow | month-*) plan=(--attack "$2@$((days / 4))+10:00") ;;
    hour-*)
        plan=(--attack "$2@0+10:20" --write-from 0.4167 --evaluate-from 0.4167)
        ;;
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
    { printf '<!-- measured: %s -->\n\n' "$1" && cat && printf '\n<!-- end -->\n'; } |
        tee "$scratch/$1.block"
}

judge_captures() {
    local suite
    for suite in labelled benign; do
        [ -d "$data/$suite" ] || continue
        "$build/wary" evaluate --suite "$data/$suite" 2>/dev/null |
            sed 's/^\(.\)/    \1/' | block "$suite"
    done
}

tabulate() { # benign or attacks
    cat "$scratch"/*.result | jq -rsf tests/bench/detection.jq --arg table "$1" \
        --arg sites "${sites[*]}" --arg kinds "$kinds" | block "$span-$1"
}

judge_sites() {
    local run
    [ "$span" != week ] ||
        printf '%s\n' "${sites[@]}" | xargs -P2 -L1 bash -c 'learn "$@"' learn
    for run in $runs; do
        printf "%s $run\n" "${sites[@]}"
    done | xargs -P2 -L1 bash -c 'judge "$@"' judge
    [[ " $runs " != *" none "* ]] || tabulate benign
    [ -z "${kinds// /}" ] || tabulate attacks
}

if [ "$span" = captures ]; then judge_captures; else judge_sites; fi

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
