#!/bin/bash
# Requests per second of the API beside nginx, which only says `return 200` with the same body:
# one worker each, keep-alive, in turn, so that a busy machine slows both; and what each took of a
# processor for a request, which does not depend on who else is at work. And decisions per second in
# batches of 1000.
#
# web.sh [--seconds N] [--connections N]
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
seconds=3 connections=16 rounds=3
while [ $# -gt 1 ]; do
    case $1 in
    --seconds) seconds=$2 ;;
    --connections) connections=$2 ;;
    *) break ;;
    esac
    shift 2
done

scratch=$(mktemp -d)
pids=()
finish() {
    [ ${#pids[@]} -eq 0 ] || kill "${pids[@]}" 2>/dev/null || true
    wait || true
    rm -rf "$scratch"
}
trap finish EXIT

# --- wary, with a site that was attacked ---
"$build/traffic" --days 0.2 --devices 30 --attack address-scan@0+04:00 --out "$scratch/site.pcap" >/dev/null
: >"$scratch/wary.log"
"$build/wary" replay --serve --listen 127.0.0.1:0 "$scratch/site.pcap" 2>"$scratch/wary.log" &
wary_pid=$!
pids+=($!)
for ((i = 0; i < 300; i++)); do
    wary=$(sed -n 's|.*answering at \(http://[^ /]*\)/.*|\1|p' "$scratch/wary.log")
    [ -n "$wary" ] && curl -sf "$wary/readyz" >/dev/null && break
    sleep 0.1
done
device=$(curl -s "$wary/v1/devices?limit=1" | jq -r '.devices[0].id')
question() {
    printf '"subject":{"type":"device","id":"%s"},"action":{"name":"connect"},"resource":{"type":"service","id":"tcp/443","properties":{"criticality":"high"}}' "$1"
}
post="Content-Type: application/json"
printf '{%s}' "$(question "$device")" >"$scratch/evaluation"
curl -s "$wary/v1/devices?limit=1000" | jq -c '
    {action: {name: "connect"},
     evaluations: [range(1000) as $i | .devices[$i % (.devices | length)].id |
         {subject: {type: "device", id: .},
          resource: {type: "service", id: "tcp/443", properties: {criticality: "high"}}}]}' \
    >"$scratch/batch"

# --- nginx, with the same bodies ---
same() { # LOCATION FILE
    printf 'location = %s { default_type application/json; return 200 %s; }\n' "$1" "'$(sed "s/['\\\\\$]/\\\\&/g" "$2")'"
}
curl -s "$wary/v1/devices/$device/risk" >"$scratch/risk.answer"
curl -s -H "$post" --data "@$scratch/evaluation" "$wary/access/v1/evaluation" >"$scratch/evaluation.answer"
port=$((20000 + RANDOM % 20000))
cat >"$scratch/nginx.conf" <<EOF
master_process off;
pid $scratch/nginx.pid;
error_log $scratch/nginx.log;
events { worker_connections 1024; }
http {
    access_log off;
    keepalive_requests 100000000;
    client_body_temp_path $scratch;
    proxy_temp_path $scratch;
    fastcgi_temp_path $scratch;
    uwsgi_temp_path $scratch;
    scgi_temp_path $scratch;
    server {
        listen 127.0.0.1:$port;
        $(same /risk "$scratch/risk.answer")
        $(same /evaluation "$scratch/evaluation.answer")
    }
}
EOF
nginx -p "$scratch" -c "$scratch/nginx.conf" -g 'daemon off;' 2>/dev/null &
nginx_pid=$!
pids+=($!)
sleep 0.5
nginx=http://127.0.0.1:$port

ticks() { # PID
    awk '{ print $14 + $15 }' "/proc/$1/stat"
}
# load PID URL [BODY]: requests per second, and none but 200; and processor µs for each.
load() {
    local script=() out before
    if [ -n "${3:-}" ]; then
        cat >"$scratch/post.lua" <<EOF
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = io.open("$3"):read("*a")
EOF
        script=(-s "$scratch/post.lua")
    fi
    before=$(ticks "$1")
    out=$(wrk -t 1 -c "$connections" -d "$seconds" "${script[@]}" "$2")
    if grep -q 'Non-2xx' <<<"$out"; then
        echo "$2 was not answered by 200" >&2
        return 1
    fi
    awk -v ticks="$(($(ticks "$1") - before))" -v hz="$(getconf CLK_TCK)" \
        '/requests in/ { n = $1 } /Requests\/sec/ { print $2, ticks * 1e6 / hz / n }' <<<"$out"
}

# best FILE: the most requests per second, and the least time for one.
best() {
    awk '$1 > n { n = $1 } !t || $2 < t { t = $2 } END { print n, t }' "$1"
}
compare() { # NAME WARY-URL NGINX-URL [BODY]
    rm -f "$scratch/wary.load" "$scratch/nginx.load"
    for ((round = 0; round < rounds; round++)); do
        load "$wary_pid" "$2" "${4:-}" >>"$scratch/wary.load"
        load "$nginx_pid" "$3" "${4:-}" >>"$scratch/nginx.load"
    done
    echo "$(best "$scratch/wary.load") $(best "$scratch/nginx.load")" |
        awk -v n="$1" '{
            printf "%-16s wary %7.0f/s %5.2f us   nginx %7.0f/s %5.2f us   ratio %.2f, by processor %.2f\n",
                n, $1, $2, $3, $4, $1 / $3, $4 / $2 }'
}

compare "GET risk" "$wary/v1/devices/$device/risk" "$nginx/risk"
compare "evaluation" "$wary/access/v1/evaluation" "$nginx/evaluation" "$scratch/evaluation"
connections=2
load "$wary_pid" "$wary/access/v1/evaluations" "$scratch/batch" |
    awk '{ printf "%-16s wary %7.0f decisions/s, %.0f for a second of processor\n", "batches of 1000", $1 * 1000, 1e9 / $2 }'
