# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source it
# Shared by the tests that run the program. Sourced; needs SOURCE_DIR and BUILD_DIR.
set -uo pipefail
wary=${BUILD_DIR:?}/wary
scratch=$(mktemp -d)
chmod 711 "$scratch" # wary run is nobody there, if the test is root
# clean: at the end, whatever it is.
clean() {
    # shellcheck disable=SC2046
    kill $(jobs -p) 2>/dev/null
    rm -rf "$scratch"
}
trap clean EXIT
cd "$scratch" || exit 1

die() {
    printf '%s\n' "$*" >&2
    exit 1
}

# skip REASON: this machine cannot do what is tried.
skip() {
    echo "SKIPPED: $*"
    exit 77
}

# until_true COMMAND…: tries for a while.
until_true() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        "$@" && return
        sleep 0.1
    done
    die "never true: $* ($(tail -n 20 log ./*.err 2>/dev/null))"
}

# simulate OUT ARGUMENTS…: a capture by the simulator.
simulate() {
    "$BUILD_DIR/traffic" "${@:2}" "$1" >simulate.log 2>&1 || die "no capture: $(cat simulate.log)"
}

# expect STATUS REGEX COMMAND…: the command ends so, and says so on standard error; an error
# is one line. Its standard output is left in `out`.
expect() {
    local status=$1 pattern=$2 got=0
    shift 2
    "$@" >out 2>err </dev/null || got=$?
    [ "$got" -eq "$status" ] || die "'$*' ended with $got, not $status: $(cat err)"
    [ -z "$pattern" ] || grep -qE -- "$pattern" err || die "'$*' did not say '$pattern' but '$(cat err)'"
    [ "$status" -eq 0 ] || [ "$(wc -l <err)" -eq 1 ] || die "'$*' said more: $(cat err)"
}

# until_ready URL: until the program there has taken in what it is given.
until_ready() {
    until_true curl -sf -o /dev/null "$1/readyz"
}

# port_of LOG: waits until the program has said where it answers.
port_of() {
    local tries port
    for ((tries = 0; tries < 300; tries++)); do
        port=$(sed -nE 's|.*https?://.*:([0-9]+)/.*|\1|p' "$1" 2>/dev/null)
        [ -n "$port" ] && echo "$port" && return
        sleep 0.1
    done
    die "nothing answers: $(cat "$1")"
}

# free_port NAME: a TCP port of loopback that nobody has now, another for each NAME. It is below
# those that the kernel gives to connections, so that none of these takes it before it is bound.
free_port() {
    local port
    port=$((10000 + ($$ * 7 + $(cksum <<<"$1" | cut -d' ' -f1)) % 20000))
    while (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do
        port=$((port + 1))
    done
    echo "$port"
}
