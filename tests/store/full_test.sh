#!/bin/bash
# The disk is full: learning and answering go on, it is said where, and when there is room again
# all is well by itself. On a small file system of its own.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

if [ "${1:-}" != inside ]; then
    unshare -m true 2>/dev/null || skip "no mount namespaces here"
    cd / && rm -rf "$scratch"
    exec unshare -m bash "$SOURCE_DIR/tests/store/full_test.sh" inside
fi
mkdir state
mount -t tmpfs -o size=160k none state 2>/dev/null || skip "no mounts here"

trap 'kill $(jobs -p) 2>/dev/null; wait; umount state; rm -rf "$scratch"' EXIT
simulate capture.pcap --days 0.1 --devices 20
"$wary" replay --state state --serve --listen 127.0.0.1:0 --speed 400 capture.pcap 2>log &
server=$!
url=http://127.0.0.1:$(port_of log)/
# until_reason REASON: /readyz is 503 and names it; "": it is 200.
until_reason() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        [ "$(curl -s "${url}readyz" | jq -r '.reason? // empty' 2>/dev/null)" = "$1" ] && return
        kill -0 "$server" 2>/dev/null || die "it ended: $(cat log)"
        sleep 0.1
    done
    die "readyz: $(curl -s "${url}readyz")"
}
until_reason store
# What is small may still find room now and then: it is not failing all the time.
until_found() {
    local tries
    for ((tries = 0; tries < 300; tries++)); do
        curl -sf "$url$1" | grep -q "$2" && return
        kill -0 "$server" 2>/dev/null || die "it ended: $(cat log)"
        sleep 0.1
    done
    die "$1 never says $2: $(curl -s "$url$1")"
}
until_found v1/devices '"id":' # learning goes on
until_found metrics '^wary_store_failing 1$'
until_found v1/status '"store":{"state":"failing","last_failure":"[^"]*full'
device=$(curl -sf "${url}v1/devices" | jq -r '.devices[0].id')
name() {
    curl -s -o /dev/null -w '%{http_code}' -X PUT -H 'Content-Type: application/json' \
        -d '{"name":"it"}' "${url}v1/devices/$device"
}
# Sooner or later there is no room for what is told either, and that is said.
for ((tries = 0; tries < 300; tries++)); do
    got=$(name)
    [ "$got" -lt 300 ] || break
done
[ "$got" -ge 500 ] || die "all was acknowledged, the last with $got"

mount -o remount,size=64m state || die "no more room"
got=$(name)
[ "$got" -lt 300 ] || die "no write with room again: $got"
until_reason ''
until_found metrics '^wary_store_failing 0$'
kill "$server"
wait "$server" || die "it ended badly: $(cat log)"
expect 0 '' "$wary" state check --state state
grep -q 'cannot be written: .*; going on without' log || die "the log says nothing: $(cat log)"
grep -q 'can be written again' log || die "the log does not say that it is over: $(cat log)"
echo "a full disk was outlived"
