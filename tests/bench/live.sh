#!/bin/bash
# The highest rate of packets that is taken from a cable without losing one: by `wary run`, and by
# `tcpdump -w /dev/null`, in turns: of rates that double until packets are missing, then of those
# in between. The packets are the same short TLS flows; the figures are medians, and their ratio
# counts.
#
# live.sh [--runs N] [--queues N]    by default 3 runs of one queue
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
runs=3 queues=1
while [ $# -gt 0 ]; do
    case $1 in
    --runs) runs=$2 ;;
    --queues) queues=$2 ;;
    *) sed -n '2,7s/^# //p' "$0" && exit 2 ;;
    esac
    shift 2
done
# shellcheck source=tests/bench/rig.sh
. tests/bench/rig.sh

# Half a second or more of each rate up to a million a second.
capture=$build/bench/live-tls.pcap
mkdir -p "$build/bench"
[ -e "$capture" ] || "$build/traffic" --load tls --flows 20000 --devices 2000 \
    --packets 500000 "$capture" >"$scratch/log"
printf 'capture {\n    queues = %d\n    buffer = 32M\n}\n' "$queues" >"$scratch/conf"

# play RATE: sends, and says how many packets went at which rate.
play() {
    ip netns exec "$there" tcpreplay -q --preload-pcap -p "$1" -i cable "$capture" \
        2>/dev/null >"$scratch/sent"
    sent=$(sed -nE 's/^Actual: ([0-9]+) packets.*/\1/p' "$scratch/sent")
    rate=$(sed -nE 's/^Rated:.* ([0-9.]+) pps.*/\1/p' "$scratch/sent")
}

wait_for() { # PATTERN FILE
    local tries
    for ((tries = 0; tries < 200; tries++)); do
        grep -q "$1" "$2" && return
        sleep 0.05
    done
    cat "$2" >&2 && return 1
}

# ticks PID: processor time of a process, its own and the kernel's for it.
ticks() {
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}

# try NAME RATE: how many of the packets were not taken is left in `lost`, and the processor time
# for each, without that of the start, in `cpu_ns`.
try() {
    local log=$scratch/$1.log pid taken before
    : >"$log"
    case $1 in
    tcpdump)
        ip netns exec "$here" tcpdump -i cable -s 2048 -B 32768 -Z root -w /dev/null 2>"$log" &
        ;;
    wary)
        ip netns exec "$here" "$build/wary" run -c "$scratch/conf" --state "$scratch/state" \
            --listen 127.0.0.1:0 -i cable 2>"$log" &
        ;;
    esac
    pid=$!
    wait_for 'listening on\|answering at' "$log"
    before=$(ticks "$pid")
    play "$2"
    sleep 1
    cpu_ns=$((($(ticks "$pid") - before) * 1000000000 / $(getconf CLK_TCK) / sent))
    kill -INT "$pid"
    wait "$pid" || true
    taken=$(sed -nE 's/^([0-9]+) packets captured$/\1/p; s/^wary: ([0-9]+) packets.*/\1/p' "$log")
    lost=$((sent - taken))
    # What the engine could not take is lost, too.
    [ "$1" = tcpdump ] || lost=$((lost + $(sed -nE 's/.* ([0-9]+) dropped.*/\1/p' "$log")))
    rm -rf "$scratch/state"
}

# highest NAME: the highest rate without a loss, and the time for a packet then.
highest() {
    local step good=0 good_ns=0 bad=0 wanted=50000
    for ((step = 0; step < 4 || bad == 0; )); do
        try "$1" "$wanted"
        if [ "$lost" -eq 0 ]; then
            good=${rate%.*} good_ns=$cpu_ns
            [ "$good" -ge $((wanted * 9 / 10)) ] || break # the sender can no more
        else
            bad=$wanted
        fi
        wanted=$((bad ? (good + bad) / 2 : 2 * wanted))
        step=$((bad ? step + 1 : 0))
    done
    echo "$good $good_ns"
}

median() { # COLUMN FILE
    sort -n -k"$1,$1" "$2" | awk -v c="$1" '{ v[NR] = $c } END { print v[int((NR + 1) / 2)] }'
}

for ((run = 0; run < runs; run++)); do
    for name in tcpdump wary; do
        highest "$name" >>"$scratch/$name"
    done
done
echo
echo "live, $queues queue(s) of 32 MiB, short TLS flows, $runs runs"
printf '%-12s %14s %12s %16s\n' '' packets/s 'x tcpdump' 'cpu ns/packet'
for name in tcpdump wary; do
    echo "$name $(median 1 "$scratch/$name") $(median 1 "$scratch/tcpdump")" \
        "$(median 2 "$scratch/$name")"
done | awk '{ printf "%-12s %14d %12.2f %16d\n", $1, $2, $2 / $3, $4 }'
