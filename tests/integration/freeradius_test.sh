#!/bin/bash
# docs/integrations/freeradius.md, line by line: whoever is calm comes to the network as ever, who
# scans it goes to the quarantine VLAN, and without wary nobody does.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

if ! command -v freeradius >/dev/null || ! command -v radclient >/dev/null ||
    ! [ -e /usr/lib/freeradius/rlm_rest.so ]; then
    skip "no freeradius with rlm_rest, or no radclient"
fi

simulate site.pcap --days 0.17 --devices 12 --attack address-scan@0+04:00
"$wary" replay --serve --listen 127.0.0.1:0 site.pcap 2>wary.log &
pid=$!
api=http://127.0.0.1:$(port_of wary.log)
until_ready "$api"
attacker=$(jq -r '.events[0].devices[0]' site.events.json)
calm=$(curl -s "$api/v1/devices?level=LOW,UNKNOWN&limit=100" | jq -r '[.devices[] | select(.id | test("^[0-9a-f:]{17}$")).id][0]')

# fenced NAME: that block of the page, for here.
fenced() {
    sed -n "/^# $1/,/^\`\`\`\$/p" "$SOURCE_DIR/docs/integrations/freeradius.md" |
        sed "/^\`\`\`/d; /^# /d; s|http://127\.0\.0\.1:8731|$api|"
}
fenced mods-enabled >rest
fenced sites-enabled >rule
[ "$(wc -l <rest)" -gt 1 ] || die "the page has no module"
[ "$(wc -l <rule)" -gt 1 ] || die "the page has no rule"
mkdir run
serve() { # PORT
    cat >radiusd.conf <<END
prefix = /usr
libdir = /usr/lib/freeradius
logdir = $scratch
run_dir = $scratch/run
pidfile = $scratch/run/pid

client here {
    ipaddr = 127.0.0.1
    secret = secret
}
modules {
    \$INCLUDE $scratch/rest
}
server default {
    listen {
        type = auth
        ipaddr = 127.0.0.1
        port = $1
    }
    authorize {
        update control {
            Auth-Type := Accept
        }
        \$INCLUDE $scratch/rule
    }
}
END
    freeradius -d "$scratch" -fxl stdout >radius.log 2>&1 &
    radius=$!
}
# admit MAC: what the switch is told.
admit() {
    echo "User-Name=port,Calling-Station-Id=$1" |
        radclient -x -r 3 -t 10 "127.0.0.1:$port" auth secret 2>&1
}
for ((i = 0; i < 5; i++)); do
    port=$(free_port "radius $i")
    serve "$port"
    for ((k = 0; k < 300; k++)); do
        grep -q 'Ready to process' radius.log && break 2
        kill -0 "$radius" 2>/dev/null || break
        sleep 0.1
    done
done
grep -q 'Ready to process' radius.log || die "no server: $(cat radius.log)"

admit "$attacker" >out
grep -q 'Access-Accept' out || die "the attacker is not answered: $(cat out radius.log)"
grep -q 'Tunnel-Private-Group-Id.* = "99"' out ||
    die "the attacker is not in quarantine: $(cat out radius.log)"
admit "$(tr 'a-f:' 'A-F-' <<<"$attacker")" >out
grep -q '= "99"' out || die "spelt otherwise, it is not: $(cat out)"
for device in "$calm" 02:ff:ff:ff:ff:ff; do
    admit "$device" >out
    grep -q 'Access-Accept' out || die "$device does not come in: $(cat out radius.log)"
    grep -q 'Tunnel-' out && die "$device is in quarantine: $(cat out)"
done
kill "$pid"
wait "$pid" 2>/dev/null
admit "$attacker" >out
grep -q 'Access-Accept' out || die "without wary nobody comes in: $(cat out radius.log)"
grep -q 'Tunnel-' out && die "in quarantine by nobody: $(cat out)"
exit 0
