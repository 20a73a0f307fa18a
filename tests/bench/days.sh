#!/bin/bash
# Days of traffic one after the other at full speed through one process, each with other devices
# than the last, while the API is asked and the configuration read again: memory and descriptors must
# not grow once the tables are full. days.sh DAYS, 3 at least; WARY: another build of it, perhaps
# under valgrind
set -euo pipefail
days=$1
here=$(cd "$(dirname "$0")/../.." && pwd)
read -ra wary <<<"${WARY:-$here/build/wary}"
scratch=$(mktemp -d)
chmod 711 "$scratch"
# shellcheck disable=SC2046
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
cd "$scratch"

# configure MODE: tables that are full after some days.
configure() {
    printf '%s\n' 'engine { devices = 60 }' 'mud { learn = 2000 }' 'capture { flows = 5000 dpi_flows = 500 }' \
        'state { history = 10d findings = 10d decisions = 10d size = 64M }' \
        'zone cameras { vlans = {10} }' "policy { mode = $1 }" >new.conf
    mv new.conf wary.conf
}
configure enforce
mkfifo frames
"${wary[@]}" replay -c wary.conf --serve --state state --listen 127.0.0.1:0 - <frames 2>log &
server=$!
exec 3>frames
# simulate DAY: its frames, without the file's header.
simulate() {
    "$here/build/traffic" --site home --days 1 --devices 20 --seed "$1" --churn --private-macs \
        --start $((1769990400 + 86400 * $1)) --attack address-scan@0+12:00 - 2>/dev/null |
        tail -c +25
}
head -c 24 <("$here/build/traffic" --days 0.001 --devices 3 - 2>/dev/null) >&3
until url=$(grep -om1 'http://[^ ]*/' log); do sleep 0.1; done

usage() { # KiB resident, descriptors
    echo "$(awk '/VmRSS/ { print $2 }' "/proc/$server/status")" \
        "$(find "/proc/$server/fd" -mindepth 1 | wc -l)"
}
# Everybody asks, all the time.
while set +e; do
    for path in 'v1/devices?sort=risk' 'v1/findings?limit=100' v1/status metrics readyz ''; do
        curl -s -m 10 "$url$path" >/dev/null
    done
    curl -s -m 10 --json '{"subject":{"type":"device","id":"10.0.0.7"},"action":{"name":"connect"},
        "resource":{"type":"service","id":"tcp/443"}}' "${url}access/v1/evaluation" >/dev/null
    sleep 0.05
done &

printf '%5s %10s %12s %8s %9s %9s\n' day KiB descriptors devices evicted findings
for ((day = 1; day <= days; day++)); do
    simulate "$day" >&3
    if ((day % 2)); then configure shadow; else configure enforce; fi
    kill -HUP "$server"
    # What was written has been taken when the capture's time has come to the next day.
    until curl -s -m 10 "${url}metrics" >metrics &&
        awk -v end=$((1769990400 + 86400 * (day + 1) - 600)) \
            '/^wary_capture_time_seconds/ { exit $2 < end }' metrics; do
        kill -0 "$server"
        sleep 0.2
    done
    read -r memory descriptors < <(usage)
    # A request of ours may be under way.
    for ((tries = 0; tries < 20; tries++)); do
        read -r _ fewer < <(usage)
        ((fewer >= descriptors)) || descriptors=$fewer
    done
    printf '%5d %10d %12d %8s %9s %9s\n' "$day" "$memory" "$descriptors" \
        "$(awk '/^wary_devices\{/ { n += $2 } END { print n }' metrics)" \
        "$(awk '/^wary_devices_evicted_total/ { print $2 }' metrics)" \
        "$(awk '/^wary_findings_total/ { n += $2 } END { print n }' metrics)"
    if ((day == days * 2 / 3)); then
        warm=$memory warm_descriptors=$descriptors
    fi
done
exec 3>&-
[ "$(grep -c 'configuration was read again' log)" -ge $((days / 2)) ] || { cat log && exit 1; }
kill -TERM "$server"
wait "$server" || { echo "it ended with $?" && cat log && exit 1; }
echo "from day $((days * 2 / 3)) to day $days: $warm to $memory KiB, $warm_descriptors to $descriptors descriptors"
((memory <= warm * 105 / 100 + 1024 && descriptors <= warm_descriptors + 2))
