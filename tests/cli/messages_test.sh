#!/bin/bash
# Every mistake is one clear line that names the thing, the exit code says whose it is, and
# nothing is half done.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

simulate good.pcap --days 0.01
mkdir -m 0 kept

# --- the command line: 2 ---
expect 2 'no command' "$wary"
expect 2 "unknown command 'nope'" "$wary" nope
expect 2 'unknown option --nope' "$wary" replay --nope good.pcap
expect 2 'no capture file' "$wary" replay
expect 2 '--speed wants a value' "$wary" replay good.pcap --speed
expect 2 "--speed does not take 'fast'" "$wary" replay --speed fast good.pcap
expect 2 "--speed does not take '0'" "$wary" replay --speed 0 good.pcap
expect 2 "--listen does not take 'localhost:80'" "$wary" replay --listen localhost:80 good.pcap
expect 2 'no interface' "$wary" run
expect 2 'unknown option --timeline' "$wary" run -i lo --timeline x
expect 2 'no events' "$wary" evaluate good.pcap
expect 2 'exclude each other' "$wary" evaluate --suite . --events good.json
expect 2 "--without does not take 'magic'" "$wary" evaluate --without magic --suite .
expect 2 "--budget does not take '1/year'" "$wary" evaluate --budget 1/year --suite .
expect 2 'one file' "$wary" check-config
expect 2 'same file' "$wary" replay --timeline x --findings x good.pcap
expect 2 'given twice' "$wary" replay - -

# --- help and version: 0, on standard output ---
expect 0 '' "$wary" --version
grep -qE '^wary [0-9]+\.[0-9]+\.[0-9]+$' out || die "version: $(cat out)"
expect 0 '' "$wary" --help
for command in run replay evaluate check-config; do
    grep -q "wary $command" out || die "help leaves out $command"
done
for command in run replay evaluate check-config; do
    "$wary" "$command" --help | grep -q "^usage: wary $command" || die "no help for $command"
done

# --- captures: 1 ---
expect 1 'missing\.pcap: No such file' "$wary" replay missing.pcap
expect 1 'missing\.pcap: No such file' "$wary" replay good.pcap missing.pcap
echo 'this is no capture, but a text of some length' >text.pcap
: >empty.pcap
mkdir folder.pcap
for file in text empty folder; do
    expect 1 "$file\.pcap: " "$wary" replay "$file.pcap"
    expect 1 "$file\.pcap: " "$wary" replay --timeline never.csv good.pcap "$file.pcap"
done
[ ! -e never.csv ] || die "a timeline was begun for a capture that cannot be read"

gzip -c good.pcap >packed.pcap.gz
expect 1 'packed\.pcap\.gz: compressed; unpack it: zcat' "$wary" replay packed.pcap.gz
status=0
"$wary" replay - <packed.pcap.gz 2>err || status=$?
{ [ "$status" -eq 1 ] && grep -q 'standard input: compressed' err; } ||
    die "packed standard input: $status, $(cat err)"
cp good.pcap only.pcap
expect 1 'only\.pcap: is a capture to be read' "$wary" replay --timeline only.pcap only.pcap
expect 1 'to be read' "$wary" evaluate --events good.events.json --timeline only.pcap only.pcap
expect 0 '' "$wary" replay --timeline - good.pcap
cp out piped.csv
expect 0 '' "$wary" replay --timeline written.csv good.pcap
{ [ -s written.csv ] && cmp -s piped.csv written.csv && [ ! -e ./- ]; } ||
    die "standard output had another timeline"
cmp -s good.pcap only.pcap || die "a capture was overwritten"

# --- permissions: 1 ---
chmod 755 .
chmod 0 text.pcap
nobody=(setpriv --reuid 65534 --regid 65534 --clear-groups)
[ "$(id -u)" -eq 0 ] || nobody=()
if "${nobody[@]}" "$wary" --version >/dev/null 2>&1; then
    expect 1 'text\.pcap: Permission denied' "${nobody[@]}" "$wary" replay text.pcap
    expect 1 'kept/x: Permission denied' "${nobody[@]}" "$wary" replay --findings kept/x good.pcap
    expect 1 'lo: no permission' "${nobody[@]}" "$wary" run -i lo --listen 127.0.0.1:0
else
    echo "permissions are not tested: nobody cannot start $wary"
fi
chmod 644 text.pcap

# A capture that is cut inside a packet is read up to there, which is said.
head -c -7 good.pcap >cut.pcap
expect 0 'cut\.pcap' "$wary" replay cut.pcap
expect 0 '[1-9][0-9]* packets' "$wary" replay cut.pcap

# What is no packet any more is an error with its place, and all before it is judged.
{ head -c 24 good.pcap && head -c 16 /dev/zero | tr '\0' '\377'; } >bent.pcap
status=0
"$wary" replay good.pcap bent.pcap 2>err || status=$?
{ [ "$status" -eq 1 ] && grep -q 'bent\.pcap: at byte 24: a packet longer' err &&
    grep -qE '[1-9][0-9]* packets' err; } || die "a bent capture: $status, $(cat err)"

# --- interfaces: 1 ---
expect 1 'nosuch0' "$wary" run -i nosuch0 --state state --listen 127.0.0.1:0
[ ! -e state ] || die "state was begun for an interface that is not there"

# --- outputs: 1 ---
expect 1 '/nowhere/x\.csv: No such file' "$wary" replay --timeline /nowhere/x.csv good.pcap
expect 1 'folder\.pcap: Is a directory' "$wary" replay --findings folder.pcap good.pcap
expect 1 'text\.pcap' "$wary" replay --state text.pcap good.pcap
echo precious >kept.csv
expect 1 '/nowhere/x: ' "$wary" replay --timeline kept.csv --findings /nowhere/x good.pcap
expect 1 'missing\.pcap' "$wary" replay --timeline kept.csv missing.pcap
[ "$(cat kept.csv)" = precious ] || die "a failed start has emptied a file"
"$wary" replay --timeline /dev/full good.pcap 2>err && die "a full disk was not noticed"
grep -q '/dev/full: No space left' err || die "full disk: $(cat err)"

# --- the port: 1 ---
"$wary" replay --serve --listen 127.0.0.1:0 good.pcap 2>server.err &
port=$(port_of server.err) || exit 1
expect 1 "$port.*in use" "$wary" replay --serve --listen "127.0.0.1:$port" good.pcap
expect 1 'loopback' "$wary" replay --serve --listen 192.0.2.1:0 good.pcap
kill -TERM %1
wait %1 || die "the server ended with $?: $(cat server.err)"

# --- the configuration: 1 ---
printf 'capture {\n    snaplen = 8\n    flow = 3\n}\n' >bad.conf
for command in 'check-config bad.conf' 'replay -c bad.conf good.pcap'; do
    # shellcheck disable=SC2086
    "$wary" $command 2>err && die "$command: taken"
    [ "$(cat err)" = "bad.conf:2: snaplen: 8 is not within 64 to 262144
bad.conf:3: no such option 'flow'" ] || die "$command: $(cat err)"
done
expect 1 'missing\.conf: No such file' "$wary" replay -c missing.conf good.pcap
"$wary" check-config --defaults >all.conf || die "no defaults"
expect 0 '' "$wary" check-config all.conf
expect 0 '' "$wary" replay -c all.conf good.pcap
printf 'capture { filter = "tcp and (" }' >filter.conf
expect 1 'filter' "$wary" replay -c filter.conf good.pcap
exit 0
