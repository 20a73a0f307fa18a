#!/bin/bash
# A baseline that somebody found good: kept over a restart, compared with what was learnt since,
# gone back to; of one device and of all.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

simulate before.pcap --days 0.15 --devices 8
simulate after.pcap --days 0.3 --devices 8 --start 1770033600

serve() {
    : >log
    "$wary" replay --serve --listen 127.0.0.1:0 ${2:+--state "$2"} "$1" 2>log &
    server=$!
    url=http://127.0.0.1:$(port_of log)/
    until_ready "${url%/}"
}
stop() {
    kill "$server"
    wait "$server" || die "it ended badly: $(cat log)"
}
# ask STATUS METHOD PATH: ends with this status; the body is left in `body`.
ask() {
    local got
    got=$(curl -s -o body -w '%{http_code}' -X "$2" "$url$3")
    [ "$got" = "$1" ] || die "$2 $3 was answered by $got, not $1: $(cat body)"
}
changes() {
    jq '(.changes | length) + ([.keys[].new] | add)' body
}

serve before.pcap state
device=$(curl -sf "${url}v1/devices?sort=id" | jq -r '[.devices[] | select(.state == "active" or .state == "stale" or .state == "learning")][0].id')
ask 404 GET "v1/devices/$device/golden/compare"
ask 404 POST "v1/devices/$device/golden/rollback"
ask 404 POST v1/devices/nobody/golden
ask 200 POST "v1/devices/$device/golden"
ask 200 GET "v1/devices/$device/golden/compare"
[ "$(changes)" -eq 0 ] || die "it has changed at once: $(cat body)"
ask 200 GET v1/golden
jq -e --arg device "$device" '.golden | length == 1 and .[0].device == $device' body >/dev/null || die "list: $(cat body)"
ask 200 POST v1/golden
stop

# It has lived on, and is another.
serve after.pcap state
for device in $(curl -sf "${url}v1/golden" | jq -r '.golden[].device'); do
    ask 200 GET "v1/devices/$device/golden/compare"
    changed=$(changes)
    [ "$(jq '.changes | length' body)" -eq 0 ] || break
done
[ "$changed" -gt 0 ] || die "nothing has changed: $(cat body)"
jq -e '[.changes[].text | length > 10] | all' body >/dev/null || die "no sentences: $(cat body)"
ask 200 POST "v1/devices/$device/golden/rollback"
ask 200 GET "v1/devices/$device/golden/compare"
[ "$(changes)" -eq 0 ] || die "it did not go back: $(cat body)"

# All that have changed, two devices at a time; then all go back.
list_changed() {
    local cursor=""
    : >changed
    while [ "$cursor" != null ]; do
        ask 200 GET "v1/golden/compare?limit=2${cursor:+&cursor=$cursor}"
        jq -r '.devices[].device' body >>changed
        [ "$(jq '.devices | length' body)" -le 2 ] || die "more than two: $(cat body)"
        cursor=$(jq -r .next_cursor body)
    done
    sort -c changed || die "they are in no order"
}
list_changed
[ "$(wc -l <changed)" -ge 2 ] || die "too few have changed: $(cat changed)"
grep -qx "$device" changed && die "$device went back, and has changed"
ask 200 POST v1/golden/rollback
jq -e --argjson least "$(wc -l <changed)" '.devices > $least' body >/dev/null || die "few went back: $(cat body)"
list_changed
[ ! -s changed ] || die "these did not go back: $(cat changed)"
ask 400 GET 'v1/golden/compare?limit=0'
ask 400 GET 'v1/golden/compare?limit=x'
ask 200 POST v1/golden
ask 200 GET v1/golden
jq -e '.golden | length > 3' body >/dev/null || die "not all were kept: $(cat body)"
kill -9 "$server"
wait "$server" 2>/dev/null

# What was acknowledged has outlived the kill.
serve before.pcap state
ask 200 GET v1/golden
jq -e '.golden | length > 3' body >/dev/null || die "what was kept is gone: $(cat body)"
stop
serve before.pcap
ask 404 POST "v1/devices/$device/golden"
ask 404 POST v1/golden/rollback
ask 404 GET v1/golden/compare
stop
echo "$changed changes were told, and undone"
