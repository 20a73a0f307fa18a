#!/bin/bash
# How long a decision takes while the network is watched: 5000 requests a second, half of them for
# a risk and half AuthZEN evaluations, of 50,000 devices whose 50,000 packets a second are taken
# from a cable; the same with somebody who lists the devices all the time, and without the
# cable's traffic; and of nginx, which says `return 200` on the same machine at the same time of day.
#
# latency.sh [--seconds N] [--rate N] [--packets N]    by default 10, 5000, 50000
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
seconds=10 rate=5000 packets=50000
while [ $# -gt 0 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --rate) rate=$2 ;;
    --packets) packets=$2 ;;
    *) sed -n '2,9s/^# //p' "$0" && exit 2 ;;
    esac
    shift 2
done
# shellcheck source=tests/bench/rig.sh
. tests/bench/rig.sh

# --- the contestants ---
capture=$(load modbus 1500000 50000 50000)
echo 'engine { devices = 60000 }' >"$scratch/conf"
watch "$capture"
ids() {
    inside curl -s 'http://127.0.0.1:8731/v1/devices?sort=id&limit=1000' | jq -r '.devices[].id'
}
ids | awk '{
    if (NR % 2) print "/v1/devices/" $1 "/risk"
    else printf "/access/v1/evaluation {\"subject\":{\"type\":\"device\",\"id\":\"%s\"},\"action\":{\"name\":\"connect\"},\"resource\":{\"type\":\"service\",\"id\":\"tcp/443\"}}\n", $1
}' >"$scratch/questions"
risk=$(awk '!/ / { print; exit }' "$scratch/questions")
body=$(inside curl -s "http://127.0.0.1:8731$risk")
cat >"$scratch/nginx.conf" <<END
worker_processes 1;
pid $scratch/nginx.pid;
error_log $scratch/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $scratch; proxy_temp_path $scratch; fastcgi_temp_path $scratch;
    uwsgi_temp_path $scratch; scgi_temp_path $scratch;
    server { listen 127.0.0.1:8732; location / { return 200 '$body'; } }
}
END
inside nginx -p "$scratch" -c "$scratch/nginx.conf" -g 'daemon off;' 2>/dev/null &
sleep 1

row() { # NAME PORT
    inside "$build/bench/pace" "$2" "$rate" "$seconds" <"$scratch/questions" |
        awk -v n="$1" '{ printf "%-46s %9d %8.2f %8.2f %8.2f %8.1f\n", n, $1, $2, $3, $4, $5 }'
}
devices=$(inside curl -s http://127.0.0.1:8731/v1/status | jq .devices.count)
echo
echo "$rate requests/s of $devices devices; ms"
printf '%-46s %9s %8s %8s %8s %8s\n' '' requests/s median 99% 99.9% worst
row 'nginx, no traffic' 8732
row 'wary, no traffic' 8731
send "$capture" "$packets" 0 &
sender=$!
sleep 2
row "nginx, $packets packets/s watched" 8732
row "wary, $packets packets/s watched" 8731
while inside curl -s -o "$scratch/list" 'http://127.0.0.1:8731/v1/devices?limit=1000&sort=risk'; do
    sleep 1
done &
lister=$!
row 'wary, and the devices listed each second' 8731
kill "$lister" "$sender"
kill -INT "$wary"
wait "$wary" || true
grep -E 'dropped|packets' "$scratch/wary.log" | tail -1
