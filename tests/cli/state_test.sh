#!/bin/bash
# A state directory in an operator's hands: info, check, backup, export, import; also while it
# is in use.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

simulate capture.pcap --days 0.1 --devices 8 --attack address-scan-wide@0+01:30
expect 0 'findings' "$wary" replay --state state capture.pcap
[ -s capture.pcap ] || die "no capture"

expect 0 '' "$wary" state info --state state
grep -qE '^devices +[1-9]' out || die "no devices: $(cat out)"
grep -qE '^history +[1-9][0-9]*, 20' out || die "no history: $(cat out)"
expect 0 '' "$wary" state check --state state

# Export → import → the same export.
expect 0 '' "$wary" state export --state state first.jsonl
expect 0 '' "$wary" state import --state other first.jsonl
"$wary" state export --state other >second.jsonl || die "no second export"
cmp first.jsonl second.jsonl || die "the exports differ"
jq -es 'length > 10' first.jsonl >/dev/null || die "not JSON"
expect 0 '' "$wary" state check --state other
# What was imported is gone on from: the same as from where it came.
"$wary" replay --state state --timeline a.csv capture.pcap 2>/dev/null || die "replay"
"$wary" replay --state other --timeline b.csv capture.pcap 2>/dev/null || die "replay"
cmp a.csv b.csv || die "an import scores otherwise"

# A backup is a state.
mkdir third
expect 0 '' "$wary" state backup --state state third/wary.db
expect 1 'File exists' "$wary" state backup --state state third/wary.db
expect 0 '' "$wary" state check --state third

# While it is in use.
"$wary" replay --serve --listen 127.0.0.1:0 --state state capture.pcap 2>log &
port_of log >/dev/null
expect 0 '' "$wary" state info --state state
grep -qE '^policies +1, 20' out || die "no policy: $(cat out)"
grep -qE '^policy +1-[0-9a-f]{16} of 20.*, by start$' out || die "not which policy: $(cat out)"
grep -qE '^addresses +[1-9][0-9]*, 20' out || die "no addresses: $(cat out)"
expect 0 '' "$wary" state check --state state
expect 0 '' "$wary" state backup --state state online.db
expect 0 '' "$wary" state export --state state online.jsonl
expect 1 'another process' "$wary" state import --state state first.jsonl
expect 1 'another process, [0-9]+ keeps its state there' "$wary" replay --state state capture.pcap
kill %1 && wait %1
mkdir fourth && mv online.db fourth/wary.db
expect 0 '' "$wary" state check --state fourth

# What is wrong is told.
expect 1 'nowhere/wary.db: No such file' "$wary" state info --state nowhere
expect 1 'a state already' "$wary" state import --state other first.jsonl
expect 1 'File exists' "$wary" state export --state other first.jsonl
expect 2 'no state directory' "$wary" state info
expect 2 'info, check, backup' "$wary" state --state other
expect 2 'no file to write' "$wary" state backup --state other
echo nonsense >bad.jsonl
expect 1 'bad.jsonl:1: not an export' "$wary" state import --state fifth bad.jsonl
head -c $(($(stat -c %s first.jsonl) - 50)) first.jsonl >cut.jsonl
expect 1 "cut.jsonl:$(($(wc -l <cut.jsonl) + 1)): not a row" "$wary" state import --state fifth cut.jsonl
# … also between two lines, for what it is of comes last.
head -n -1 first.jsonl >cut.jsonl
expect 1 'cut.jsonl:[0-9]+: cut short' "$wary" state import --state fifth cut.jsonl
sed '1s/"schema":[0-9]*/"schema":999/' first.jsonl >new.jsonl
expect 1 'new.jsonl:1: of a newer wary' "$wary" state import --state fifth new.jsonl
sed '2s/"table":"[a-z]*"/"table":"x\\";drop"/' first.jsonl >evil.jsonl
expect 1 'evil.jsonl:2: not a row' "$wary" state import --state fifth evil.jsonl
[ ! -s fifth/wary.db ] || die "half a state was left"
expect 0 '' "$wary" state import --state fifth first.jsonl

# Damage is found.
head -c 20000 /dev/zero | tr '\0' X |
    dd of=fifth/wary.db bs=4096 seek=$(($(stat -c %s fifth/wary.db) / 8192)) conv=notrunc 2>/dev/null
expect 1 'faults; a start loads the rest' "$wary" state check --state fifth
[ -s out ] || die "the damage has no name"
echo "a state is in good hands"
