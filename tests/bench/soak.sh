#!/bin/bash
# Answers questions about a replay for a long time; memory and descriptors must not grow.
# soak.sh SECONDS CAPTURE
set -euo pipefail
seconds=$1 capture=$2
wary=$(dirname "$0")/../../build/wary
log=$(mktemp)
trap 'kill "$server" 2>/dev/null; rm -f "$log"' EXIT

"$wary" replay --serve --listen 127.0.0.1:0 "$capture" 2>"$log" &
server=$!
until url=$(grep -om1 'http://[^ ]*/' "$log"); do sleep 0.1; done
until curl -sf "${url}readyz" >/dev/null; do sleep 0.2; done

usage() { # KiB resident, descriptors
    echo "$(awk '/VmRSS/ { print $2 }' "/proc/$server/status")" \
        "$(find "/proc/$server/fd" -mindepth 1 | wc -l)"
}
ask() {
    local path
    for path in 'v1/devices?sort=risk' v1/findings v1/status metrics ''; do
        curl -sf "$url$path" >/dev/null
    done
}

for ((i = 0; i < 100; i++)); do ask; done
read -r memory descriptors < <(usage)
echo "at first: $memory KiB, $descriptors descriptors"
rounds=0
while ((SECONDS < seconds)); do
    ask
    ((++rounds % 500)) || echo "after $rounds rounds: $(usage)"
done
read -r memory_now descriptors_now < <(usage)
echo "at last, after $rounds rounds: $memory_now KiB, $descriptors_now descriptors"
((memory_now <= memory * 11 / 10 + 1024 && descriptors_now <= descriptors + 2))
