#!/bin/bash
# Who is who, in whole captures of the simulator: exactly the devices that spoke, and exactly
# the doubts about identity that were planted.
set -euo pipefail
build=${BUILD_DIR:?}
for tool in jq tcpdump; do
    command -v "$tool" >/dev/null || { echo "skipped: no $tool" && exit 77; }
done
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
doubts='arp_spoof duplicate_address address_change arp_flood rogue_dhcp rogue_router
forged_lease gateway_impersonation two_stacks two_places vlan_hop replaced_device
shown_certificate'

fail() {
    echo "FAILED: $*"
    exit 1
}

# simulate NAME TRAFFIC-OPTION…: the capture, what was found, and the devices of the timeline.
simulate() {
    local name=$scratch/$1
    shift
    "$build/traffic" "$@" --out "$name.pcap" --events "$name.events.json" >/dev/null 2>&1
    "$build/wary" replay --findings "$name.ndjson" --timeline "$name.csv" "$name.pcap" \
        2>/dev/null >/dev/null
    tail -n +2 "$name.csv" | cut -d, -f2 | sort -u >"$name.devices"
}

# spoke NAME: the MACs that sent something.
spoke() {
    tcpdump -nner "$scratch/$1.pcap" 2>/dev/null | awk '{print $2}' | sort -u
}

# told NAME: "device kind" of every doubt about identity, each once.
told() {
    jq -r --arg doubts "$doubts" '($doubts | split("\\s+"; null)) as $kinds |
        select(.kind | IN($kinds[])) | "\(.device) \(.kind)"' "$scratch/$1.ndjson" | sort -u
}

# expect WHAT WANTED GOT
expect() {
    [ "$2" = "$3" ] || fail "$1: expected
$2
got
$3"
}

# A week in which every join brings another address.
simulate churn --site home --days 7 --devices 8 --pace 0.005 --churn
expect "devices under DHCP churn" "$(spoke churn)" "$(cat "$scratch/churn.devices")"
expect "doubts under DHCP churn" "" "$(told churn)"

# Fifty hosts behind a router are devices by their addresses, the router's own not among them.
simulate routed --site building --days 0.5 --devices 12 --pace 0.02 --routed 50
router=$(tcpdump -nner "$scratch/routed.pcap" ip 2>/dev/null | sed -n \
    's/^[^ ]* \([0-9a-f:]*\) > .* \(10\.20\.50\.[0-9]*\)[.0-9]* > .*/\1 \2/p' | sort -u)
expect "devices behind a router" "$(cut -d' ' -f2 <<<"$router" | sort -u)" \
    "$(grep '\.' "$scratch/routed.devices")"
expect "devices beside the router" "$(spoke routed)" "$(grep -v '\.' "$scratch/routed.devices")"
[ "$(cut -d' ' -f1 <<<"$router" | sort -u | wc -l)" -eq 1 ] || fail "more than one router"
awk -F, '$2 ~ /\./ && $8 > 0.5 { bad = 1 } END { exit bad }' "$scratch/routed.csv" ||
    fail "an address is believed too much"
expect "doubts behind a router" "" "$(told routed)"

# Telephones that take another MAC every day are devices of their own, and not believed much.
simulate private --site home --days 2 --devices 14 --pace 0.005 --private-macs
expect "devices with private MACs" "$(spoke private)" "$(cat "$scratch/private.devices")"
expect "doubts about private MACs" "" "$(told private)"
awk -F, '$2 ~ /^.[26ae]:/ && $8 > 0.5 { bad = 1 } END { exit bad }' "$scratch/private.csv" ||
    fail "a private MAC is believed too much"

# planted KIND SITE DOUBT…: all about who did it, some of them, and nothing about others.
planted() {
    local kind=$1 site=$2 who got doubt
    shift 2
    simulate "$kind" --site "$site" --days 1 --devices 12 --seed 3 --pace 0.02 \
        --attack "$kind@0+18:00:30"
    who=$(jq -r '.events[0].devices[0]' "$scratch/$kind.events.json")
    got=$(told "$kind")
    [ -n "$got" ] || fail "$kind: not seen"
    while read -r device doubt; do
        [ "$device" = "$who" ] || fail "$kind: $doubt of $device"
        [[ " $* " = *" $doubt "* ]] || fail "$kind: $doubt is none of $*"
    done <<<"$got"
    expect "$kind: devices" "$(spoke "$kind")" "$(cat "$scratch/$kind.devices")"
}
planted replacement home replaced_device
# Whoever stands in between also passes on the leases of the server.
planted arp-mitm office arp_spoof gateway_impersonation arp_flood rogue_dhcp
planted rogue-dhcp office rogue_dhcp
planted duplicate-address home duplicate_address arp_spoof address_change
echo "all as expected"
