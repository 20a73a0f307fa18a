#!/bin/bash
# A replay says the same each time, wherever the packets come from, and ends cleanly when it
# is told to.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

simulate site.pcap --days 0.2 --attack address-scan@0+03:00

replay() { # NAME ARGUMENT…
    "$wary" replay --timeline "$1.csv" --findings "$1.ndjson" "${@:2}" 2>"$1.err" ||
        die "$1 ended with $?: $(cat "$1.err")"
}
same() {
    cmp first.csv "$1.csv" || die "the windows of $1 differ from the first"
    cmp first.ndjson "$1.ndjson" || die "the findings of $1 differ from the first"
}

replay first site.pcap
[ "$(head -1 first.csv)" = 'time,device,state,packets,anomaly,risk,level,confidence,top_factor' ] ||
    die "header: $(head -1 first.csv)"
[ "$(wc -l <first.csv)" -gt 100 ] || die "few windows: $(wc -l <first.csv)"
[ -s first.ndjson ] || die "the scan was not found"
grep -qE '^wary: [1-9][0-9]* packets, [1-9][0-9]* devices, [1-9][0-9]* findings' first.err ||
    die "no summary: $(cat first.err)"

# --- the same again, also from standard input and in pieces ---
replay again site.pcap
same again
replay stdin - <site.pcap
same stdin
(sleep 1; cat site.pcap) | replay pipe - || exit 1
same pipe
tcpdump -r site.pcap -w piece -C 1 -Z "$(id -un)" 2>/dev/null
pieces=(piece*)
[ ${#pieces[@]} -gt 1 ] || die "one piece only"
mapfile -t pieces < <(printf '%s\n' "${pieces[@]}" | sort -V)
replay pieces "${pieces[@]}"
same pieces
"$wary" replay --timeline /dev/stdout site.pcap 2>/dev/null | cmp - first.csv || die "stdout differs"

# --- a signal in the middle: what was judged is written, in whole lines ---
"$wary" replay --speed 60 --timeline middle.csv --findings middle.ndjson site.pcap 2>middle.err &
sleep 3
kill -TERM $!
wait $! || die "stopped with $?: $(cat middle.err)"
grep -qE '^wary: [1-9][0-9]* packets' middle.err || die "no summary: $(cat middle.err)"
awk -F, 'NF != 9 { exit 1 }' middle.csv || die "broken rows"
[ "$(tail -c 1 middle.csv | od -An -c | tr -d ' ')" = '\n' ] || die "the last row is cut"
jq -e . middle.ndjson >/dev/null || [ ! -s middle.ndjson ] || die "broken findings"
rows=$(wc -l <middle.csv)
[ "$rows" -gt 1 ] || die "nothing was written"
[ "$rows" -lt "$(wc -l <first.csv)" ] || die "it was not in the middle"

# --- a reader whose input does not come can be ended, before the header and after it ---
mkfifo silent
for bytes in 0 24; do
    "$wary" replay - <silent 2>silent.err &
    exec 3>silent
    head -c "$bytes" site.pcap >&3
    sleep 1
    kill -TERM $!
    for ((i = 0; i < 200; i++)); do
        kill -0 $! 2>/dev/null || break
        sleep 0.1
    done
    kill -0 $! 2>/dev/null && die "with $bytes bytes it still waits for its input"
    exec 3>&-
done
exit 0
