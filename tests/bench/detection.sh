#!/bin/bash
# The figures of docs/detection.md: every shared capture, where there are any, and each of the
# simulator's attacks, alone, on each of its sites.
#
# detection.sh [OPTION]… [SITE…]          the shared captures, then weeks
# detection.sh month [OPTION]… [SITE…]    months, with cyclic traffic at a third of the pace
#   --days N      how long instead; the last of them has the attack, from ten o'clock on
#   --seed N      what chance brings (7)
#   --kinds "…"   only these, and none for no attack at all
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
data=${WARY_SHARED:-../shared}/data
days=7 pace=0.1 seed=7 suites="labelled benign"
kinds="none $("$build/traffic" --list | cut -d' ' -f1 | sort | tr '\n' ' ')"
[ "${1:-}" != month ] || { days=31 pace=0.03 suites= && shift; }
while [[ ${1:-} == --* ]]; do
    case $1 in
    --days) days=$2 ;;
    --seed) seed=$2 ;;
    --kinds) kinds=$2 suites= ;;
    *) sed -n '5,9s/^# \?//p' "$0" >&2 && exit 2 ;;
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
export build scratch days pace seed

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

# A site with one attack on the last day, or on none, or one that grows by a hundredth a day
# for three quarters of the time.
judge() { # SITE KIND
    local name=$1-$2 plan=() state=()
    case $2 in
    none) ;;
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
            jq -c --arg site "$1" --arg kind "$2" \
                '.captures[0] | {site: $site, kind: $kind} + .' >"$scratch/$name.result"
    fi
    rm -rf "$scratch/$name" "$scratch/$name".{pcap,events.json}
}
export -f simulate learn judge

printf '%s\n' "${sites[@]}" | xargs -P2 -L1 bash -c 'learn "$@"' learn
for kind in $kinds; do
    printf "%s $kind\n" "${sites[@]}"
done | xargs -P2 -L1 bash -c 'judge "$@"' judge

# A cell: after how long it was told, or what did not happen. A trap that is told is an alarm.
echo "== simulated, $days days, 20 devices, seed $seed"
cat "$scratch"/*.result | jq -rs --arg sites "${sites[*]}" --arg kinds "$kinds" '
    def cell:
        if . == null then "–"
        elif .traps > 0 then (if .trap > 0 then "told" else "quiet" end)
        elif .recall == 1 then "\(.ttd | ceil) s"
        else "missed" end;
    ($sites | split(" ")) as $sites | . as $all |
    (["attack"] + $sites, ["---"] + [$sites[] | "---"],
     ($kinds | split(" ")[] | select(. != "" and . != "none") | . as $kind |
        [$kind] + [$sites[] | . as $site |
            [$all[] | select(.site == $site and .kind == $kind)][0] | cell])
     | "| " + join(" | ") + " |"),
    "",
    ($sites[] as $site | $all[] | select(.site == $site and .kind == "none") |
     "\($site) without an attack: \(.fa) alarms in \(.quiet_device_days | floor) device-days, \(
        (.fa * 700 / .quiet_device_days | round) / 100) a device-week; worst risk \(.worst_quiet)"),
    ($sites[] as $site | [$all[] | select(.site == $site and .kind != "none")] |
     select(length > 0) |
     "\($site) beside the attacks: \([.[].fa] | add) alarms in \([.[].quiet_device_days] | add / 7 | floor) device-weeks")'
