#!/bin/bash
# What a packet costs stage by stage, how that grows with flows and devices, what closing a
# window costs, and the memory of a replay of the largest load.
#
# stages.sh [FILE…]   by default simulated loads in build/bench
set -euo pipefail
cd "$(dirname "$0")/../.."
build=$PWD/build
# shellcheck source=tests/bench/load.sh
. tests/bench/load.sh

if [ $# -gt 0 ]; then
    exec "$build/bench/stages" "$@"
fi
files=("$(load tls 2000000 20000 2000)" "$(load modbus 4000000 2000 500)")
for size in '1000 500' '10000 5000'; do
    read -r flows devices <<<"$size"
    files+=("$(load modbus 1000000 "$flows" "$devices")")
done
largest=$(load modbus 5000000 100000 50000)
"$build/bench/stages" "${files[@]}" "$largest"
echo
"$build/bench/windows"
echo
printf 'engine {\n    devices = 50016\n}\n' >"$build/bench/large.conf"
/usr/bin/time -f "replay of $(basename "$largest"): %e s, peak %M KiB" \
    "$build/wary" replay -c "$build/bench/large.conf" "$largest"
