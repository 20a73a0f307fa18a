# shellcheck shell=bash
# shellcheck disable=SC2034,SC2154 # used by those who source it; here and there are the cable's ends
# What a bench on a cable works with: the cable, a directory `scratch`, both gone at its end with
# whoever uses them, and the loads. Sourced from the project's root, with `build` set. Without
# root the bench ends here.
if [ "$(id -u)" -ne 0 ]; then
    echo "$(basename "$0" .sh): only root can make network namespaces"
    exit 0
fi
# shellcheck source=tests/live/cable.sh
. tests/live/cable.sh
# shellcheck source=tests/bench/load.sh
. tests/bench/load.sh

scratch=$(mktemp -d)
chmod 711 "$scratch" # wary run is not root there
clean() {
    # shellcheck disable=SC2046
    kill $(jobs -p) $(ip netns pids "$here") $(ip netns pids "$there") 2>/dev/null || true
    wait
    take_cable_away
    rm -rf "$scratch"
}
trap clean EXIT
lay_cable

inside() { ip netns exec "$here" "$@"; }

# send CAPTURE PACKETS/S LOOPS
send() {
    ip netns exec "$there" tcpreplay -q --preload-pcap --loop "$3" -p "$2" -i cable "$1" \
        >"$scratch/sent" 2>&1
}

# watch CAPTURE: `wary run` as process `wary`, by scratch/conf, until it answers at port 8731 and
# knows all devices of the capture.
watch() {
    local tries
    : >"$scratch/wary.log"
    ip netns exec "$here" "$build/wary" run -c "$scratch/conf" --state "$scratch/state" \
        --listen 127.0.0.1:8731 -i cable 2>"$scratch/wary.log" &
    wary=$!
    inside tcpdump -D >/dev/null # wakes what a first capture has to wake
    for ((tries = 0; tries < 200; tries++)); do
        inside curl -sf http://127.0.0.1:8731/readyz >/dev/null && break
        sleep 0.1
    done
    send "$1" 100000 1
}
