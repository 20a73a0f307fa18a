#!/bin/bash
# `wary run`, started by root: who it is when it reads packets, that what it may not do ends
# it, and that an interface that goes and returns is opened again all the same.
set -uo pipefail
wary=${BUILD_DIR:?}/wary
scratch=$(mktemp -d)
chmod 711 "$scratch"
space=wary-privilege-$$

skip() {
    echo "SKIPPED: $*"
    exit 77
}
die() {
    printf '%s\n' "$*" >&2
    exit 1
}
clean() {
    [ -n "${server:-}" ] && kill "$server" 2>/dev/null
    ip netns del "$space" 2>/dev/null
    rm -rf "$scratch"
}
trap clean EXIT
cd "$scratch" || exit 1

[ "$(id -u)" -eq 0 ] || skip "only root can make network namespaces"
ip netns add "$space" 2>err || skip "no network namespaces here: $(cat err)"
plug() {
    ip -n "$space" link add cable type veth peer name end 2>err || skip "no cables: $(cat err)"
    ip -n "$space" link set end up
    ip -n "$space" link set cable up
}
plug
ip -n "$space" link set lo up

user=nobody
getent passwd wary >/dev/null && user=wary
start() {
    ip netns exec "$space" "$wary" run -i cable --listen 127.0.0.1:0 "$@" 2>log &
    server=$!
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        url=$(grep -om1 'http://[^ ]*/' log) && return
        sleep 0.1
    done
    die "no answer: $(cat log)"
}
ask() {
    ip netns exec "$space" curl -sf "$url$1"
}
until_said() {
    local tries
    for ((tries = 0; tries < 100; tries++)); do
        grep -q "$1" log && return
        sleep 0.1
    done
    die "nobody said '$1': $(cat log)"
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

# What it writes is its own and nobody else's.
[ -s state/wary.db ] || die "no state: $(ls -la state)"
while read -r mode owner file; do
    [ "$owner $mode" = "$user 600" ] || [ "$file $owner $mode" = "state $user 700" ] ||
        die "$file is $owner's, with mode $mode"
done < <(find state -printf '%m %u %p\n')

# The interface goes and returns; its packets are seen again.
ip -n "$space" link del cable
until_said 'cable: is gone'
plug
until_said 'cable: is watched again'
before=$(ask v1/status | jq .capture.packets)
ip -n "$space" addr add 192.0.2.1/24 dev end
ip netns exec "$space" ping -c 2 -i 0.2 -W 1 -I end 192.0.2.2 >/dev/null 2>&1
for ((tries = 0; tries < 100; tries++)); do
    now=$(ask v1/status | jq .capture.packets)
    [ "$now" -gt "$before" ] && break
    sleep 0.1
done
((tries < 100)) || die "nothing is seen of what returned: $(cat log)"
kill -TERM "$server"
wait "$server" || die "it ended with $?: $(cat log)"
server=
for ((tries = 0; tries < 50; tries++)); do
    [ -e "/proc/$doorman" ] || break
    sleep 0.1
done
[ ! -e "/proc/$doorman" ] || die "the doorman stays"

# What is not a state is not given away.
mkdir other && touch other/thing
ip netns exec "$space" timeout 10 "$wary" run -i cable --state other --listen 127.0.0.1:0 \
    2>log && die "it took a directory of others"
grep -q 'other: cannot be given to user .*: it has other things in it' log || die "$(cat log)"
[ "$(stat -c %U other other/thing | sort -u)" = root ] || die "it gave a directory away"
printf 'process { user = "no-such-user" }\n' >wary.conf
ip netns exec "$space" timeout 10 "$wary" run -i cable -c wary.conf 2>log && die "as nobody knows whom"
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
