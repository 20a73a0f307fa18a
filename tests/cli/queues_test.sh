#!/bin/bash
# A replay gives the same bytes, through however many queues its packets go.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
shared=${WARY_SHARED:-$SOURCE_DIR/../shared}

# replay QUEUES CAPTURE…: what it finds is left in QUEUES.csv and QUEUES.ndjson.
replay() {
    local queues=$1
    shift
    printf 'capture {\n    queues = %d\n}\n' "$queues" >"$queues.conf"
    expect 0 '' "$wary" replay -c "$queues.conf" --timeline "$queues.csv" \
        --findings "$queues.ndjson" "$@"
}

# same CAPTURE…: of what one queue finds, nothing changes with more.
same() {
    local queues kind
    replay 1 "$@"
    for queues in 4 7; do
        replay "$queues" "$@"
        for kind in csv ndjson; do
            cmp "1.$kind" "$queues.$kind" ||
                die "${*##*/}: $queues queues differ: $(diff "1.$kind" "$queues.$kind" | head)"
        done
    done
    rows=$((rows + $(wc -l <1.csv)))
    findings=$((findings + $(wc -l <1.ndjson)))
}

rows=0 findings=0
for site in home plant; do
    simulate "$site.pcap" --site "$site" --days 0.05 --devices 15 \
        --attack address-scan@0+00:20 --attack port-scan@0+00:40
    same "$site.pcap"
done
same home.pcap plant.pcap # time steps between them
((rows > 1000 && findings > 2)) || die "only $rows rows and $findings findings"

if [ -d "$shared/data" ]; then
    same "$shared"/data/labelled/{westermo-dev,slips-*,modbus-*,mudscope-*}.pcap
    same "$shared"/data/fuzz/*{frag,icmp,tunnel}*.pcap
else
    echo "no $shared: simulated captures only"
fi

# A pipe is read by one queue, whatever the configuration says.
replay 1 home.pcap
"$wary" replay -c 4.conf --timeline piped.csv - <home.pcap 2>err || die "$(cat err)"
cmp 1.csv piped.csv || die "a pipe gives something else"
echo "$rows rows and $findings findings, the same through 1, 4 and 7 queues"
