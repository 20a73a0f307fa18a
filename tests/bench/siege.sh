#!/bin/bash
# What an attack on the API does to capture, scoring and decisions: 50,000 packets a second of 50,000
# devices are taken from a cable, in turns with and without 10,000 connections that pour in, half a
# request each, as many as the server holds; who is closed comes again. All the while 1000
# decisions a second are asked for. Counted in processor time of the threads, and in losses.
#
# siege.sh [--seconds N] [--connections N] [--coming N] [--rounds N]
#     by default 20 s (of windows of 10), 10000, 10000 a second, 2 rounds
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
seconds=20 connections=10000 coming=10000 rounds=2
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --connections) connections=$2 ;;
    --coming) coming=$2 ;;
    --rounds) rounds=$2 ;;
    *) sed -n '2,8s/^# //p' "$0" && exit 2 ;;
    esac
    shift 2
done
# shellcheck source=tests/bench/rig.sh
. tests/bench/rig.sh

capture=$(load modbus 1500000 50000 50000)
cat >"$scratch/conf" <<END
engine { devices = 60000 }
api { connections = $connections }
END
ulimit -n $((connections + 1000))
watch "$capture"
echo '/access/v1/evaluation {"subject":{"type":"device","id":"02:4c:00:00:00:01"},"action":{"name":"connect"},"resource":{"type":"service","id":"tcp/443"}}' \
    >"$scratch/questions"

# busy NAME: processor time of that thread so far, in ms
busy() {
    local task
    for task in /proc/"$wary"/task/*; do
        [ "$(cat "$task/comm")" = "$1" ] && awk '{ printf "%d\n", $1 / 1e6 }' "$task/schedstat"
    done
}
counted() { # METRIC: of all queues and reasons
    inside curl -s http://127.0.0.1:8731/metrics |
        awk -v m="$1" 'index($1, m) == 1 { n += $2 } END { printf "%d\n", n }'
}
look() {
    echo "$(counted wary_packets_total) $(counted wary_dropped_) $(busy collector) $(busy engine)"
}
row() { # NAME
    local before after pace
    before=$(look)
    pace=$(inside "$build/bench/pace" 8731 1000 "$seconds" <"$scratch/questions")
    after=$(look)
    echo "$before $after $pace" | awk -v n="$1" -v s="$seconds" '{
        printf "%-28s %10d %8d %10.0f %12.0f %8.2f %8.2f %8d\n", n, ($5 - $1) / s, $6 - $2,
            ($7 - $3) * 1e6 / ($5 - $1), ($8 - $4) * 10 / s, $10, $11, $15
    }'
}
known=$(counted wary_packets_total)
send "$capture" 50000 0 &
until [ "$(counted wary_packets_total)" -gt "$known" ]; do sleep 0.2; done
printf '%-28s %10s %8s %10s %12s %8s %8s %8s\n' '' packets/s dropped ns/packet 'ms/window' \
    median 'p99 (ms)' closed
for ((i = 0; i < rounds; i++)); do
    row 'left alone'
    ip netns exec "$here" "$build/bench/flood" 8731 "$connections" "$coming" $((seconds + 2)) \
        >"$scratch/flood" &
    flood=$!
    row "under $connections connections"
    wait "$flood"
    awk '{ printf "    %d begun, %d held at the end\n", $1, $2 }' "$scratch/flood"
done
