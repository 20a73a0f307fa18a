#!/bin/bash
# The figures of docs/detection.md: every shared capture, where there are any, and the
# simulator's attacks on each of its sites.
#
# detection.sh [OPTION]… [SITE…]          the shared captures, then weeks, one for each kind
# detection.sh month [OPTION]… [SITE…]    a month of each site without an attack, and one with
#                                         all of them, one every 18 hours from the eighth day on
#   --days N      how long instead; of weeks, the last day has the attack, from ten o'clock on
#   --seed N      what chance brings (7)
#   --kinds "…"   of weeks, only these, and none for no attack at all
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
days=7 pace=0.1 seed=7 suites="labelled benign"
kinds=$("$build/traffic" --list | cut -d' ' -f1 | sort | tr '\n' ' ')
attacks=$("$build/traffic" --list | grep -v '(benign)' | cut -d' ' -f1 | tr '\n' ' ')
runs="none $kinds"
if [ "${1:-}" = month ]; then
    # Each as long as it takes of itself, the slowest first.
    attacks="ramp-slow ${attacks/ramp-slow /}" runs="none all" kinds=$attacks
    days=31 pace=0.03 suites=
    shift
fi
while [[ ${1:-} == --* ]]; do
    case $1 in
    --days) days=$2 ;;
    --seed) seed=$2 ;;
    --kinds) runs=$2 kinds=$2 suites= ;;
    *) sed -n '5,10s/^# \?//p' "$0" >&2 && exit 2 ;;
    esac
    shift 2
done
sites=("${@:-home}")
[ $# -gt 0 ] || sites=(home building plant office)

for suite in $suites; do
    if [ -d "$data/$suite" ]; then
        echo "== $suite captures"
        "$build/wary" evaluate --suite "$data/$suite" 2>/dev/null
    else
        echo "== $suite captures: not here, skipped"
    fi
done

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

# A site with one attack on the last day, or with none, or all, or one that grows by a
# hundredth a day for three quarters of the time.
judge() { # SITE KIND
    local name=$1-$2 plan=() state=()
    case $2 in
    none) ;;
    all) plan_all "$1" ;;
    ramp-slow) plan=(--attack "$2@$((days / 4))+10:00") ;;
    *)
        plan=(--attack "$2@$((days - 1))+10:00"
            --write-from $((days - 1)) --evaluate-from $((days - 1)))
        state=(--state "$scratch/$name")
        cp -r "$scratch/$1" "$scratch/$name"
        ;;
    esac
    if simulate "$1" "$name" --days "$days" "${plan[@]}"; then
        "$build/wary" evaluate --json --events "$scratch/$name.events.json" \
            "${state[@]}" "$scratch/$name.pcap" 2>/dev/null |
            jq -c --arg site "$1" --arg run "$2" \
                '.captures[0] | {site: $site, run: $run} + .' >"$scratch/$name.result"
    fi
    rm -rf "${scratch:?}/$name" "$scratch/$name".{pcap,events.json}
}
export -f simulate learn plan_all judge

[ "$runs" = "none all" ] || printf '%s\n' "${sites[@]}" | xargs -P2 -L1 bash -c 'learn "$@"' learn
for run in $runs; do
    printf "%s $run\n" "${sites[@]}"
done | xargs -P2 -L1 bash -c 'judge "$@"' judge

# A cell: after how long it was told, or what did not happen. A trap that is told is an alarm.
echo "== simulated, $days days, 20 devices, seed $seed"
cat "$scratch"/*.result | jq -rs --arg sites "${sites[*]}" --arg kinds "$kinds" '
    def cell:
        if . == null then "–"
        elif .traps > 0 then (if .trap > 0 then "told" else "quiet" end)
        elif .detected > 0 then "\(.ttd | ceil) s"
        else "missed" end;
    def count: "\(.fa) alarms in \(.quiet_device_days | floor) device-days, \(
        (.fa * 700 / .quiet_device_days | round) / 100) a device-week";
    ($sites | split(" ")) as $sites | . as $all |
    (["attack"] + $sites, ["---"] + [$sites[] | "---"],
     ($kinds | split(" ")[] | select(. != "" and . != "none") | . as $kind |
        [$kind] + [$sites[] | . as $site |
            [$all[] | select(.site == $site) |
             (.kinds[] | select(.what == $kind)), select(.traps > 0 and .run == $kind)
            ][0] | cell])
     | "| " + join(" | ") + " |"),
    "",
    ($sites[] as $site | $all[] | select(.site == $site and .run == "none") |
     "\($site) without an attack: \(count); worst risk \(.worst_quiet)"),
    ($sites[] as $site | [$all[] | select(.site == $site and .run != "none")] |
     select(length > 0) |
     {fa: ([.[].fa] | add), quiet_device_days: ([.[].quiet_device_days] | add)} |
     "\($site) beside the attacks: \(count)")'
