#!/bin/bash
# Within a Debian that has booted (try.sh): install the package as a newcomer would, and see what
# systemd makes of the unit. inside.sh PACKAGE CAPTURE; its last word is "good".
set -euo pipefail
package=$1 capture=$2
trap 'echo "failed in line $LINENO: $BASH_COMMAND"' ERR

# shown NAME: a property of the unit.
shown() {
    systemctl show -p "$1" --value wary
}
plug() {
    ip link add eth1 type veth peer name end
    ip link set eth1 up
    ip link set end up
}
# until_true COMMAND…
until_true() {
    local tries
    for ((tries = 0; tries < 600; tries++)); do
        "$@" && return
        sleep 0.1
    done
    echo "never true: $*"
    journalctl -u wary --no-pager
    exit 1
}

dpkg -i "$package"
systemctl is-enabled wary
[ "$(shown ActiveState)" = inactive ]
if systemctl start wary; then exit 1; fi # nothing to watch: said, and not tried again
[ "$(shown NRestarts)" = 0 ]
plug
sed -i 's|# interfaces = .*|interfaces = {"eth1"}|' /etc/wary/wary.conf
systemctl start wary
[ "$(ps -o user= -p "$(shown MainPID)")" = wary ]
grep -qE 'CapEff:\s+0+$' "/proc/$(shown MainPID)/status"

tcpreplay -q -x 20 -i end "$capture" >/dev/null
is_scored() {
    curl -s '127.0.0.1:8731/v1/devices?sort=risk&limit=1' | jq -e '.devices[0].score >= 30' >/dev/null
}
until_true is_scored
sed -i 's|^capture|policy { mode = shadow }\ncapture|' /etc/wary/wary.conf
systemctl reload wary
journalctl -u wary -o cat --no-pager | grep -x 'the configuration was read again' >/dev/null
# has_said LINE
has_said() {
    journalctl -u wary -o cat --no-pager | grep "^$1" >/dev/null
}
ip link del eth1
until_true has_said 'eth1: is gone'
plug
until_true has_said 'eth1: is watched again'
has_status() {
    [[ $(shown StatusText) == *' of them HIGH or CRITICAL'* ]]
}
until_true has_status
[ -z "$(journalctl _COMM=wary -p err --no-pager -o cat -q | grep -v 'nothing to watch' || true)" ]

# Stuck, it is started again; what it had learnt is still there.
mkdir -p /etc/systemd/system/wary.service.d
printf '[Service]\nWatchdogSec=5s\n' >/etc/systemd/system/wary.service.d/test.conf
systemctl daemon-reload
systemctl restart wary
before=$(shown MainPID)
kill -STOP "$before"
is_another() {
    [ "$(shown ActiveState)" = active ] && [ "$(shown MainPID)" != "$before" ]
}
until_true is_another
[ "$(shown NRestarts)" = 1 ]
until_true is_scored
rm -r /etc/systemd/system/wary.service.d
systemctl daemon-reload
systemctl restart wary

before=$(shown MainPID)
dpkg -i "$package" # as an upgrade does, it restarts what ran
until_true is_another
systemd-analyze security wary.service --no-pager | tail -1
dpkg -P wary
[ "$(systemctl is-active wary 2>&1 || true)" = inactive ]
echo good
