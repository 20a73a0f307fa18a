#!/bin/bash
# What appears in a watched directory, or comes by a pipe, is judged as a replay of it would be:
# files in the order of their packets, half-written ones as they grow, none of them twice.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

simulate site.pcap --site plant --days 0.02 --devices 12 --attack port-scan@0+00:10
"$wary" replay --findings replay.ndjson site.pcap 2>err || die "$(cat err)"
total=$(sed -nE 's/.*wary: ([0-9]+) packets.*/\1/p' err)
[ -s replay.ndjson ] || die "the replay finds nothing"

# bytes_of COUNT: how long the capture is up to so many packets.
bytes_of() {
    if [ "$1" -eq 0 ]; then
        echo 24
    else
        tcpdump -r site.pcap -c "$1" -w - 2>/dev/null | wc -c
    fi
}
# cut FROM COUNT: the packets from one (the first is 0) on; a classic pcap is a header and
# packets, one after the other.
cut() {
    local first last
    first=$(bytes_of "$1")
    last=$(bytes_of $(($1 + $2)))
    head -c 24 site.pcap
    head -c "$last" site.pcap | tail -c +$((first + 1))
}

# start ARGUMENT…: wary run on `input`, in the background; its address is left in `url`.
start() {
    rm -f run.err
    "$wary" run --state state --listen 127.0.0.1:0 "$@" <"${input:-/dev/null}" 2>run.err &
    server=$!
    url=http://127.0.0.1:$(port_of run.err)
}
seen() {
    curl -sf "$url/v1/status" | jq .capture.packets
}
# until_seen COUNT: waits for as many packets.
until_seen() {
    has_seen() { [ "$(seen)" = "$1" ]; }
    until_true has_seen "$1"
}
# until_gone NAME: waits until that is what is not ready.
until_gone() {
    is_gone() { curl -s "$url/readyz" | grep -q "capture: $1 is gone"; }
    until_true is_gone "$1"
}
# finish: it ends well.
finish() {
    kill -TERM "$server"
    wait "$server" || die "wary run ended with $?: $(cat run.err)"
}
# found: what was found, but for when and how much.
found() {
    jq -c '[.device, .kind, .peer]' | sort
}

third=$((total / 3))
mkdir in
cut 0 "$third" >in/cap10.pcap              # by name the last, by its packets the first
cut $((third + third)) "$total" >last.pcap # to come later
echo "no capture at all, but longer than a header" >in/README
start --watch in
until_seen "$third"
grep -q 'README.*passed over' run.err || die "the README was not told: $(cat run.err)"

# One that is written while it is read, cut inside of a packet on the way.
cut "$third" "$third" >middle.pcap
half=$(($(stat -c %s middle.pcap) / 2 + 7))
head -c "$half" middle.pcap >in/cap9.pcap
sleep 1
[ "$(seen)" -gt "$third" ] || die "what is written of a file is not read"
[ "$(seen)" -lt $((third + third)) ] || die "more was read than is written"
tail -c +$((half + 1)) middle.pcap >>in/cap9.pcap
until_seen $((third + third))

# A moved one; and one in the other format, without a packet.
tcpdump -r last.pcap -w moved.tmp 2>/dev/null
mv moved.tmp in/cap2.pcap
until_seen "$total"
finish
grep -q "$total packets.* 0 dropped" run.err || die "not all was taken: $(cat run.err)"
grep -q 'cut inside' run.err && die "a growing file is no cut one: $(cat run.err)"

# Again: what was read is not read again, what is new is.
start --watch in
sleep 1
until_seen 0
curl -sf "$url/v1/findings?limit=500" | jq -c '.findings[]' | found >live
found <replay.ndjson >replayed
cmp replayed live || die "live and replay differ: $(diff replayed live)"
finish
rm -r state

# A pipe that stays open: what has come is judged.
mkfifo pipe
start --watch pipe
exec 3>pipe
cat site.pcap >&3
until_seen "$total"
exec 3>&-
until_gone pipe
cat in/cap10.pcap >pipe # another writer
until_seen $((total + third))
finish
rm -r state

# Standard input ends, and what was found can still be asked for.
input=site.pcap start --watch -
until_seen "$total"
finish

# A directory that goes, and comes back.
mkdir -p gone
start --watch gone --state other
mv gone elsewhere
until_gone gone
mv elsewhere gone
cp site.pcap gone/
until_seen "$total"
curl -sf "$url/readyz" >/dev/null || die "not ready again"
finish

expect 1 'neither a directory nor a pipe' "$wary" run --state none --watch site.pcap
expect 1 'No such file' "$wary" run --state none --watch absent
expect 2 'exclude each other' "$wary" run --watch in -i lo
echo "$total packets by a directory, a pipe and standard input"
