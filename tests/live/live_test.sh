#!/bin/bash
# What is found live is what a replay of the same packets finds: a labelled capture is played
# in real time into one end of a virtual cable, and `wary run` watches the other.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
# shellcheck source=tests/live/cable.sh
. "${SOURCE_DIR:?}/tests/live/cable.sh"
trap 'clean; take_cable_away' EXIT

[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces"
lay_cable 2>err || skip "no virtual cables here: $(cat err)"
shared=${WARY_SHARED:-$SOURCE_DIR/../shared}

# slice CAPTURE FROM TO: its packets between two times of the epoch (a classic pcap is a header
# and packets, one after the other).
slice() {
    local first count bytes
    read -r first count < <(tcpdump -tt -nr "$1" 2>/dev/null |
        awk -v from="$2" -v to="$3" '$1 < from { first = NR + 1 } $1 >= from && $1 < to { n++ }
                                     END { print first, n }')
    bytes=$(tcpdump -r "$1" -c $((first - 1)) -w - 2>/dev/null | wc -c)
    { head -c 24 "$1" && tail -c +$((bytes + 1)) "$1"; } |
        tcpdump -r - -c "$count" -w - 2>/dev/null
}

# kinds FILE: "device kind", each once, of a file of findings.
kinds() {
    jq -r '"\(.device) \(.kind)"' "$1" | sort -u
}

# watch CAPTURE: plays it, and compares.
watch() {
    local capture=$1 url tries
    "$wary" replay --findings replay.ndjson "$capture" 2>err || die "replay: $(cat err)"
    [ -s replay.ndjson ] || die "the replay of $capture finds nothing to compare"

    ip netns exec "$here" "$wary" run -i cable --state state \
        --listen 127.0.0.1:0 2>live.err &
    server=$!
    url=http://127.0.0.1:$(port_of live.err)/
    ask() { ip netns exec "$here" curl -sf "$url$1"; }
    ask readyz >/dev/null || die "not ready: $(cat live.err)"

    ip netns exec "$there" tcpreplay -q -i cable "$capture" >tcpreplay.log 2>&1 ||
        die "tcpreplay: $(cat tcpreplay.log)"
    # The window that was open when the last packet came is closed by time alone.
    for ((tries = 0; tries < 40; tries++)); do
        ask 'v1/findings?limit=500' | jq -c '.findings[]' >live.ndjson
        kinds replay.ndjson >expected
        kinds live.ndjson >found
        cmp -s expected found && break
        sleep 0.5
    done
    cmp expected found || die "$(printf 'live and replay differ:\n%s\n%s' \
        "$(diff expected found)" "$(cat live.err)")"

    kill -TERM "$server"
    wait "$server" || die "wary run ended with $?: $(cat live.err)"
    server=
    grep -q ' 0 dropped' live.err || die "packets were dropped: $(cat live.err)"
    echo "${capture##*/}: $(wc -l <expected) kinds of findings, live as replayed"
}

if [ -d "$shared/data/labelled" ]; then
    # Half a minute in which a port scan begins.
    slice "$shared/data/labelled/westermo-dev.pcap" 1678441440 1678441470 >westermo.pcap
    watch westermo.pcap
else
    echo "no $shared/data/labelled: a simulated capture stands in"
    "$BUILD_DIR/traffic" --days 0.001 --attack address-scan@0+00:00:1 scan.pcap 2>err ||
        die "no capture: $(cat err)"
    watch scan.pcap
fi
