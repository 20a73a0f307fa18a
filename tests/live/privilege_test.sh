#!/bin/bash
# `wary run`, started by root: who it is when it reads packets, that what it may not do ends
# it, and that an interface that goes and returns is opened again all the same.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
# shellcheck source=tests/live/cable.sh
. "${SOURCE_DIR:?}/tests/live/cable.sh"
trap 'clean; take_cable_away' EXIT

[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces"
lay_cable 2>err || skip "no virtual cables here: $(cat err)"

user=nobody
getent passwd wary >/dev/null && user=wary
start() {
    ip netns exec "$here" "$wary" run -i cable --listen 127.0.0.1:0 "$@" 2>log &
    server=$!
    url=http://127.0.0.1:$(port_of log)/
}
ask() {
    ip netns exec "$here" curl -sf "$url$1"
}
# expect_status FILE NAME VALUE
expect_status() {
    local got
    got=$(awk -v name="$2:" '$1 == name { print $2 }' "$1")
    [ "$got" = "$3" ] || die "$1: $2 is $got, not $3"
}

start --state state
tasks=(/proc/"$server"/task/*/status)
[ ${#tasks[@]} -ge 4 ] || die "only ${#tasks[@]} threads"
for task in "${tasks[@]}"; do
    expect_status "$task" Uid "$(id -u "$user")"
    expect_status "$task" Gid "$(id -g "$user")"
    for name in CapInh CapPrm CapEff CapBnd CapAmb; do
        expect_status "$task" $name 0000000000000000
    done
    expect_status "$task" NoNewPrivs 1
    expect_status "$task" Seccomp 2
done

# The doorman has one right, and a filter of his own.
doorman=$(pgrep -P "$server") || die "no doorman"
expect_status "/proc/$doorman/status" Uid "$(id -u "$user")"
expect_status "/proc/$doorman/status" CapEff 0000000000002000
expect_status "/proc/$doorman/status" CapBnd 0000000000000000
expect_status "/proc/$doorman/status" NoNewPrivs 1
expect_status "/proc/$doorman/status" Seccomp 2

# The server's thread is less nice than the others, where root may have that.
own=$(nice)
prompt=$own
nice -n -5 true 2>err && [ ! -s err ] && prompt=$((own - 5))
for task in /proc/"$server"/task/*; do
    expected=$own
    [ "$(cat "$task/comm")" = MHD-single ] && expected=$prompt
    got=$(sed 's/.*) //' "$task/stat" | cut -d' ' -f17)
    [ "$got" = "$expected" ] || die "$(cat "$task/comm"): niceness $got, not $expected"
done

# What it writes is its own and nobody else's.
[ -s state/wary.db ] || die "no state: $(ls -la state)"
while read -r mode owner file; do
    [ "$owner $mode" = "$user 600" ] || [ "$file $owner $mode" = "state $user 700" ] ||
        die "$file is $owner's, with mode $mode"
done < <(find state -printf '%m %u %p\n')

# The interface goes and returns; its packets are seen again.
ip -n "$here" link del cable
until_true grep -q 'cable: is gone' log
plug
until_true grep -q 'cable: is watched again' log
packets() { ask v1/status | jq .capture.packets; }
has_seen_more() { [ "$(packets)" -gt "$before" ]; }
before=$(packets)
ip -n "$there" link set cable arp on
ip -n "$there" addr add 192.0.2.1/24 dev cable
ip netns exec "$there" bash -c "echo >/dev/udp/192.0.2.2/9" # who has it? nobody answers
until_true has_seen_more
kill -TERM "$server"
wait "$server" || die "it ended with $?: $(cat log)"
server=
until_true test ! -e "/proc/$doorman"

# What is not a state is not given away.
mkdir other && touch other/thing
ip netns exec "$here" timeout 10 "$wary" run -i cable --state other --listen 127.0.0.1:0 \
    2>log && die "it took a directory of others"
grep -q 'other: cannot be given to user .*: it has other things in it' log || die "$(cat log)"
[ "$(stat -c %U other other/thing | sort -u)" = root ] || die "it gave a directory away"
printf 'process { user = "no-such-user" }\n' >wary.conf
ip netns exec "$here" timeout 10 "$wary" run -i cable -c wary.conf 2>log && die "as nobody knows whom"
grep -q 'no user no-such-user' log || die "$(cat log)"

# Who must stay root has no rights either.
printf 'process { user = "root" }\n' >wary.conf
start -c wary.conf --state root-state
for task in /proc/"$server"/task/*/status; do
    expect_status "$task" Uid 0
    expect_status "$task" CapEff 0000000000000000
    expect_status "$task" CapBnd 0000000000000000
    expect_status "$task" Seccomp 2
done
kill -TERM "$server"
wait "$server" || die "as root it ended with $?: $(cat log)"
server=
echo "it runs as $user, with nothing but its threads"
