#!/bin/bash
# `wary run` under a service manager: what it tells it, that the watchdog is the engine's and the
# collector's own progress, what a reload takes and what it leaves, and how the log is written.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

# The manager: every message to the socket, a line each.
perl -MSocket -e '
    $| = 1;
    socket(S, PF_UNIX, SOCK_DGRAM, 0) && bind(S, sockaddr_un("notify")) or die $!;
    chmod 0666, "notify";
    while (defined recv(S, my $message, 4096, 0)) { $message =~ s/\n/;/g; print "$message\n" }
' >told &
until_true test -S notify

# configure MODE LEVEL [MORE]
configure() {
    printf '%s\n' "policy { mode = $1 file = 'policy.json' }" "log { level = $2 }" \
        'zone cameras { vlans = {10} }' "${3:-}" >wary.conf
}
policy() {
    printf '{"rules":[{"name":"%s","then":"permit"}]}\n' "$1" >policy.json
}
# What is wrong at the start is an error to the journal, line by line.
configure shadow notice 'engine { devises = 20 }'
touch refused
JOURNAL_STREAM=$(stat -c %d:%i refused) "$wary" run -c wary.conf --watch . 2>refused && die "started so"
grep -q "^<3>wary.conf:4: no such option 'devises'" refused || die "no level: $(cat refused)"
JOURNAL_STREAM=$(stat -c %d:%i refused) "$wary" run --watsh . 2>refused && die "started with --watsh"
grep -vE '^<3>' refused && die "a line without a level"

configure shadow notice
policy first
chmod 644 wary.conf policy.json
mkfifo pipe
chmod 644 pipe
touch log
journal=$(stat -c %d:%i log)
NOTIFY_SOCKET=$PWD/notify WATCHDOG_USEC=1000000 JOURNAL_STREAM=$journal \
    "$wary" run -c wary.conf --watch pipe --listen 127.0.0.1:0 --state state 2>log &
server=$!
url=http://127.0.0.1:$(port_of log)
# times PATTERN FILE
times() {
    grep -cE -- "$1" "$2"
}
# more_than N PATTERN FILE
more_than() {
    [ "$(times "$2" "$3")" -gt "$1" ]
}
mode() {
    curl -sf "$url/v1/zones" | jq -r '.zones[] | select(.name == "cameras").mode'
}
rule() {
    curl -sf "$url/v1/policy" | jq -r '.policy.rules[0].name'
}
# reload PATTERN…: asks for it, and waits until it is over and the log says so.
reload() {
    local pattern over lines
    over=$(times '^READY=1' told)
    lines=$(wc -l <log)
    kill -HUP "$server"
    until_true more_than "$over" '^READY=1' told
    for pattern; do
        tail -n +$((lines + 1)) log | grep -qE -- "$pattern" || die "no '$pattern': $(cat log)"
    done
}

until_true more_than 0 '^READY=1' told
[ "$(head -1 told)" = READY=1 ] || die "not ready first: $(cat told)"
curl -sf "$url/livez" >livez || die "ready, but answers nobody"
until_true more_than 2 '^WATCHDOG=1;STATUS=0 devices, 0 of them' told
grep -qE '^<5>answering at http://' log || die "no level for the journal: $(cat log)"
[ "$(mode) $(rule)" = 'shadow first' ] || die "begins with $(mode), $(rule)"

# All is taken, or nothing of what has a mistake.
configure enforce notice 'engine { devices = 20 medium = 31 }'
policy second
reload '^<5>the configuration was read again' '^<5>the policy was read again' \
    '^<4>devices in the section engine: from the next start on' '^<4>medium in the section engine'
more_than 0 'RELOADING=1;MONOTONIC_USEC=[0-9]+' told || die "no reload was told: $(cat told)"
[ "$(mode) $(rule)" = 'enforce second' ] || die "after a reload: $(mode), $(rule)"
configure learn debug 'engine { devises = 20 }'
policy third
reload "^<3>wary.conf:4: no such option 'devises'" '^<3>the configuration stays as it was' \
    '^<5>the policy was read again'
[ "$(mode) $(rule)" = 'enforce third' ] || die "after a mistake: $(mode), $(rule)"
configure learn notice
echo '{"rules":[' >policy.json
reload '^<3>wary.conf:1: file: policy.json' '^<3>the configuration stays as it was' \
    '^<3>the policy stays as it was: policy.json'
[ "$(mode) $(rule)" = 'enforce third' ] || die "after two mistakes: $(mode), $(rule)"
rm wary.conf
reload '^<3>wary.conf: No such file' '^<3>the configuration stays as it was'
configure learn error
policy fourth
reload
[ "$(mode) $(rule)" = 'learn fourth' ] || die "at last: $(mode), $(rule)"
curl -sf "$url/readyz" >readyz || die "not ready: $(cat readyz)"

is_stopped_or_over() {
    [ -e stopped ] || ! kill -0 "$1" 2>/dev/null
}
# What was under way may still come.
is_silent() {
    local before
    before=$(times '^WATCHDOG=1' told)
    sleep 1.5
    [ "$(times '^WATCHDOG=1' told)" -eq "$before" ]
}
# When the engine's thread or the collector's stands still, nobody says that all is well.
mapfile -t threads < <(ls -U "/proc/$server/task")
[ "$(uname -m)" = x86_64 ] || threads=() # the numbers of system calls are its
for thread in "${threads[@]: -2}"; do
    perl -e '
        my ($thread) = @ARGV;
        syscall(101, 0x4206, $thread + 0, 0, 0) == 0 or exit 1; # PTRACE_SEIZE
        syscall(101, 0x4207, $thread + 0, 0, 0) == 0 or exit 1; # PTRACE_INTERRUPT
        waitpid $thread, 0x40000000;                            # __WALL
        open my $stopped, ">", "stopped";
        close $stopped;
        sleep 1 while !-e "go";
    ' "$thread" &
    tracer=$!
    until_true is_stopped_or_over "$tracer"
    if [ ! -e stopped ]; then
        echo "no thread can be stopped here: the watchdog's silence is not tried"
        break
    fi
    until_true is_silent
    before=$(times '^WATCHDOG=1' told)
    touch go
    wait "$tracer"
    until_true more_than "$before" '^WATCHDOG=1' told
    rm go stopped
done

kill -TERM "$server"
wait "$server" || die "it ended with $?: $(cat log)"
until_true more_than 0 '^STOPPING=1' told
grep -vE '^<[3-7]>' log && die "a line without a level"
echo "$(times '^WATCHDOG' told) signs of life, $(times '^RELOADING' told) reloads"
