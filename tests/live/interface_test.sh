#!/bin/bash
# A cable watched by one queue and by four: they see the same. Then it goes down, comes back, is
# taken away and put back again, and is silent; and a rotating tcpdump fills a directory.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
# shellcheck source=tests/live/cable.sh
. "${SOURCE_DIR:?}/tests/live/cable.sh"
trap 'clean; take_cable_away' EXIT

[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces"
lay_cable 2>err || skip "no virtual cables here: $(cat err)"

"$BUILD_DIR/traffic" --site plant --days 0.02 --devices 20 --attack port-scan@0+00:10 \
    site.pcap >err 2>&1 || die "no capture: $(cat err)"
total=$("$wary" replay site.pcap 2>&1 | sed -nE 's/.*wary: ([0-9]+) packets.*/\1/p')

# start NAME QUEUES ARGUMENT…: a wary run called so.
start() {
    local name=$1
    printf 'capture {\n    queues = %d\n}\nengine {\n    no_traffic = 2\n}\n' "$2" >"$name.conf"
    : >"$name.err"
    ip netns exec "$here" "$wary" run -c "$name.conf" --state "$name" --listen 127.0.0.1:0 \
        "${@:3}" 2>"$name.err" &
    echo $! >"$name.pid"
    until_true grep -q http:// "$name.err"
}
# ask NAME PATH
ask() {
    ip netns exec "$here" curl -s "$(grep -o 'http://[^ ]*/' "$1.err")$2"
}
# counted NAME COUNTER: over all queues.
counted() {
    ask "$1" v1/status | jq "[.capture.interfaces[].$2] | add"
}
saw() {
    [ "$(counted "$1" packets)" -eq "$2" ]
}
says() {
    ask "$1" readyz | grep -q "$2"
}
# all_are STATE: every queue of the four has noticed.
all_are() {
    ask four v1/status | jq -e "[.capture.interfaces[] | .state == \"$1\"] | all" >/dev/null
}
# play [RATE]: the capture, with so many packets a second.
play() {
    ip netns exec "$there" tcpreplay -q -p "${1:-20000}" -i cable site.pcap >tcpreplay.log 2>&1 ||
        die "tcpreplay: $(cat tcpreplay.log)"
}

start one 1 -i cable
start four 4 -i cable
until_true says one ok
until_true says four ok
play
until_true saw one "$total"
until_true saw four "$total"
[ "$(counted one flows_created)" -eq "$(counted four flows_created)" ] ||
    die "one queue sees $(counted one flows_created) flows, four $(counted four flows_created)"
queues=$(ask four v1/status | jq '[.capture.interfaces[] | select(.packets > 0)] | length')
[ "$queues" -ge 3 ] || die "only $queues queues have something to do"
kill "$(cat one.pid)"

ip -n "$there" link set cable down
until_true all_are down
says four 'capture: cable is down' || die "is ready, though it is down"
ip -n "$there" link set cable up
until_true all_are watched
says four '^ok' || die "is not ready again"
play
until_true saw four $((2 * total))

ip -n "$there" link del cable
until_true all_are gone
says four 'capture: cable is gone' || die "is ready, though it is gone"
plug
until_true all_are watched
play
until_true saw four $((3 * total))

silent() {
    ask four v1/findings | jq -e '.findings[] | select(.kind == "no_traffic" and
        .device == "sensor" and .peer == "cable" and .contribution == 0)' >/dev/null
}
until_true silent
kill "$(cat four.pid)"
wait "$(cat four.pid)" || die "wary run ended with $?: $(cat four.err)"
[ "$(grep -c 'cable: is' four.err)" -eq 4 ] || die "not one line for each change: $(cat four.err)"
grep -q ' 0 dropped' four.err || die "packets were dropped: $(cat four.err)"

# tcpdump takes another file each second, and writes by the block.
mkdir rotated
: >tcpdump.err
ip netns exec "$here" tcpdump -i cable -n -G 1 -Z root -w rotated/%s.pcap 2>tcpdump.err &
dumper=$!
until_true grep -q listening tcpdump.err
start watcher 1 --watch rotated
play 1500
sleep 1
kill "$dumper"
wait "$dumper"
until_true saw watcher "$total"
files=$(find rotated -type f | wc -l)
[ "$files" -gt 2 ] || die "tcpdump did not rotate: $files files"
echo "$total packets by one queue and $queues of four, three times; and by $files files"
