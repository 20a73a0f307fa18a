#!/bin/bash
# Killed at random points of a replay with load, or its files copied at one moment as a power cut
# would leave them: every start succeeds, and what was acknowledged is there. CRASHES says how often.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
crashes=${CRASHES:-20}
[ -z "${SANITIZED:-}" ] || crashes=5
seed=${WARY_SEED:-$$}
RANDOM=$seed
echo "WARY_SEED=$seed, $crashes crashes"

simulate capture.pcap --days 0.25 --devices 12 --attack address-scan@0+01:30
device="" findings=0 devices=0
echo 0 >tried
echo 0 >acknowledged

# ask METHOD PATH [BODY]: the body of an answer that is 200.
ask() {
    curl -sf -m 20 -X "$1" ${3:+-H 'Content-Type: application/json' -d "$3"} "$url$2"
}

# Names that the operator gives, each with the next number: what is acknowledged is not to be
# lost, though a later one may have been kept that nobody was told of.
tell() {
    local number
    while sleep "0.0$((RANDOM % 10))"; do
        number=$(($(<tried) + 1))
        echo "$number" >tried
        ask PUT "v1/devices/$device" "{\"name\":\"name-$number\"}" >/dev/null || continue
        echo "$number" >acknowledged.part && mv acknowledged.part acknowledged
    done
}

# look DIRECTORY CRASH ACKNOWLEDGED: what it holds is whole, and no less than before.
look() {
    local now
    "$wary" state check --state "$1" >check.log 2>&1 || die "after crash $2: $(cat check.log)"
    "$wary" state export --state "$1" >export.jsonl || die "no export after crash $2"
    grep -q '^{"table":"damaged"' export.jsonl && die "crash $2 damaged something"
    now=$(grep -c '^{"table":"findings"' export.jsonl)
    [ "$now" -ge "$findings" ] || die "crash $2 took findings: $findings were there, $now are"
    findings=$now
    now=$(grep -c '^{"table":"baselines"' export.jsonl)
    # One or the other turns out to be somebody else, and is forgotten.
    [ "$now" -ge $((devices * 2 / 3)) ] || die "crash $2 took devices: $devices were there, $now are"
    devices=$now
    now=$(grep '^{"table":"messages"' export.jsonl | grep -oE 'name-[0-9]+' | cut -c 6- | sort -n | tail -1)
    [ "${now:-0}" -ge "$3" ] || die "crash $2 took name-$3, which was acknowledged: ${now:-none} is there"
}

for ((crash = 1; crash <= crashes; crash++)); do
    : >log
    "$wary" replay --state state --serve --listen 127.0.0.1:0 --speed 8000 capture.pcap 2>log &
    server=$!
    url=http://127.0.0.1:$(port_of log)/
    for ((tries = 0; ${#device} == 0 && tries < 300; tries++)); do
        device=$(ask GET 'v1/devices?limit=1' | jq -r '.devices[0].id // empty')
        sleep 0.1
    done
    [ -n "$device" ] || die "no device: $(cat log)"
    tell &
    teller=$!
    sleep "$((RANDOM % 2)).$((RANDOM % 1000))"
    kill -0 "$server" 2>/dev/null || die "it ended by itself: $(cat log)"
    if ((crash % 2)); then
        kill -9 "$server"
        wait "$server" 2>/dev/null
        told=$(<acknowledged)
    else
        told=$(<acknowledged)
        kill -STOP "$server"
        rm -rf copy && cp -a state copy
        kill -9 "$server"
        wait "$server" 2>/dev/null
        rm -rf state && mv copy state
    fi
    kill "$teller" 2>/dev/null
    wait "$teller" 2>/dev/null
    look state "$crash" "$told"
    # What was acknowledged of a copy's original after that moment is not the copy's to have.
    echo "$told" >acknowledged
done
"$wary" replay --state state capture.pcap 2>log || die "the last start: $(cat log)"
look state last "$(<acknowledged)"
told=$(<acknowledged)
((told > 0)) || die "nothing was acknowledged"
((findings > 0)) || die "nothing was found"
echo "$crashes crashes; name-$told acknowledged, $devices devices and $findings findings there"
