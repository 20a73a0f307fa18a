#!/bin/bash
# The eight steps of a zero-trust request, with real parts: a device asks nginx for a resource (1),
# nginx asks wary (2), as a policy decision point asks it by AuthZEN (3), which weighs what was
# posted of the device (4) and its behaviour (5) and decides (6); the application's own gate asks
# again (7) before the resource is given (8). An attack between the two checks turns the second
# answer. And without wary, what is documented for each class holds. nginx is set up as
# docs/integrations/nginx.md says.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

command -v nginx >/dev/null || skip "no nginx"

# --- a capture in two parts: before the attack and with it ---
simulate site.pcap --days 0.2 --devices 12 --attack address-scan@0+04:00
start=$(jq '.events[0].start' site.events.json)
attacker=$(jq -r '.events[0].devices[0]' site.events.json)
# bytes_until SECOND: how much of the capture lies before.
bytes_until() {
    local packets
    packets=$(tcpdump -tt -nr site.pcap 2>/dev/null | awk -v end="$1" '$1 < end { n++ } END { print n }')
    tcpdump -r site.pcap -c "$packets" -w - 2>/dev/null | wc -c
}
calm=$(bytes_until "$start")
attack=$(bytes_until "$((start + 120))")

cat >policy.json <<'EOF'
{"rules": [
  {"name": "revoked", "when": {"device.facts.certificate": {"prefix": "revoked"}}, "then": "deny"},
  {"name": "valves", "when": {"resource.id": {"prefix": "/valves/"}, "device.facts.attestation": {"not": {"suffix": " pass"}}}, "then": "deny"}],
 "classes": {"high": {"learning": "permit"}}}
EOF
cat >wary.conf <<'EOF'
policy { file = policy.json }
audit { file = audit.ndjson }
EOF
"$wary" check-config wary.conf >out || die "$(cat out)"

mkfifo frames
"$wary" replay -c wary.conf --serve --listen 127.0.0.1:0 - <frames 2>wary.log &
pid=$!
exec 9>frames
# Capture time goes on as packets come: what is fed to it in small steps is never waited for.
fed=0
feed() { # UP-TO-BYTE
    head -c "$1" site.pcap | tail -c "+$((fed + 1))" >&9
    fed=$1
}
go_on() {
    local next=$((fed + 2000))
    feed "$((next < limit ? next : limit))"
}
limit=$calm
feed "$((calm / 2))"
port=$(port_of wary.log)
api=http://127.0.0.1:$port

# --- the resource, and nginx in front of it ---
front=$(free_port front)
back=$(free_port back)
{
    echo "pid $scratch/nginx.pid; error_log $scratch/nginx.log; events {}"
    echo "http { access_log off; set_real_ip_from 127.0.0.1; real_ip_header X-Client;"
    for path in client_body proxy fastcgi uwsgi scgi; do echo "${path}_temp_path $scratch/$path;"; done
    # shellcheck disable=SC2016 # no expressions
    sed -n '/^```nginx$/,/^```$/p' "$SOURCE_DIR/docs/integrations/nginx.md" | sed '/^```/d' |
        sed "s/127\.0\.0\.1:8731/127.0.0.1:$port/; s/127\.0\.0\.1:8080/127.0.0.1:$back/; s/listen 80;/listen 127.0.0.1:$front;/; s/[25]00ms/10s/"
    echo "server { listen 127.0.0.1:$back; location / { return 200 'the resource'; } }"
    echo "}"
} >nginx.conf
nginx -p "$scratch" -e "$scratch/nginx.log" -c "$scratch/nginx.conf" -g 'daemon off;' &
until_true curl -s -o /dev/null "http://127.0.0.1:$front/"

# get PATH DEVICE-IP: the status, and the body in `out`.
get() {
    curl -s -o out -w '%{http_code}' -H "X-Client: $2" "http://127.0.0.1:$front$1"
}
# evaluate DEVICE PATH CRITICALITY: true or false; the whole answer in `answer`.
evaluate() {
    curl -s -H 'Content-Type: application/json' "$api/access/v1/evaluation" --data \
        '{"subject":{"type":"device","id":"'"$1"'"},"action":{"name":"GET"},"resource":{"type":"http","id":"'"$2"'","properties":{"criticality":"'"$3"'"}}}' >answer
    jq .decision answer
}
post() { # DEVICE KIND VALUE
    curl -sf -o /dev/null -H 'Content-Type: application/json' "$api/v1/devices/$1/facts" --data \
        '{"kind":"'"$2"'","value":'"$3"',"source":"test"}' || die "the fact $2 was not taken"
}
# eventually WANTED COMMAND…: within 30 s it prints that.
eventually() {
    local wanted=$1 got=
    shift
    for ((i = 0; i < 300; i++)); do
        got=$("$@")
        [ "$got" = "$wanted" ] && return
        [ "$fed" -ge "$limit" ] || go_on
        sleep 0.1
    done
    die "'$*' says '$got', not '$wanted': $(cat answer out 2>/dev/null) $(tail -3 nginx.log)"
}
known() { curl -s "$api/v1/devices/$attacker" | jq -r '.id // "none"'; }
eventually "$(tr '[:upper:]' '[:lower:]' <<<"$attacker")" known
address_of() { curl -s "$api/v1/devices/$1" | jq -r '[.addresses[] | select(contains("."))][0]'; }
address=$(address_of "$attacker")
other=$(curl -s "$api/v1/devices?limit=100" | jq -r --arg no "$attacker" \
    '[.devices[] | select(.id != $no and (.addresses | any(contains(".")))) | .id][-1]')
other_address=$(address_of "$other")

# --- 1, 2: nginx lets a calm device to what is not critical ---
[ "$(get /lamps/1 "$address")" = 200 ] || die "a calm device was kept from the lamps: $(cat out)"
grep -q 'the resource' out || die "no resource: $(cat out)"

# --- 3, 4: what is posted of it counts ---
[ "$(get /valves/1 "$address")" = 403 ] || die "the valves are open to what was not attested"
[ "$(evaluate "$attacker" /valves/1 high)" = false ] || die "as AuthZEN has it, too: $(cat answer)"
[ "$(jq -r .context.policy.rule answer)" = valves ] || die "by the wrong rule: $(cat answer)"
post "$attacker" attestation '{"method":"tpm2.0","result":"pass","age_s":20}'
eventually true evaluate "$attacker" /valves/1 high
[ "$(evaluate "$other" /lamps/1 low)" = true ] || die "a calm device was refused: $(cat answer)"
post "$other" certificate '{"serial":"01:02","revoked":true}'
eventually false evaluate "$other" /lamps/1 low
[ "$(jq -r .context.policy.rule answer)" = revoked ] || die "by the wrong rule: $(cat answer)"
[ "$(get /lamps/1 "$other_address")" = 403 ] || die "a revoked device was let in"

# --- 5 to 8: the first check permits, the attack starts, the second denies ---
score=$(curl -s "$api/v1/devices/$attacker/risk" | jq .score)
eventually 200 get /valves/1 "$address"
[ "$fed" -lt "$calm" ] || die "the attack began before the first check"
feed "$attack"
limit=$(wc -c <site.pcap)
eventually 403 get /valves/1 "$address"
eventually false evaluate "$attacker" /valves/1 high
[ "$(jq .context.risk.score answer)" -gt "$score" ] || die "the risk did not rise: $(cat answer)"
[ "$(jq -r .context.policy.rule answer)" = default ] || die "not by its risk: $(cat answer)"

# --- who decided what was written down ---
jq -es 'any(.[]; .api == "authz" and .decision == "permit" and .resource == "/valves/1") and
        any(.[]; .api == "authz" and .decision == "deny" and .score > 29)' audit.ndjson >/dev/null ||
    die "the audit leaves it out: $(tail -3 audit.ndjson)"

# --- the policy is read again, and no request is lost meanwhile ---
sed -i 's/"learning": "permit"/"learning": "permit", "limit": 101/' policy.json
for ((i = 0; i < 200; i++)); do get /lamps/1 192.0.2.1; echo; done >answers &
requests=$!
kill -HUP "$pid"
eventually true evaluate "$attacker" /valves/1 high
wait "$requests"
[ "$(sort answers | uniq -c | awk '{ print $1, $2 }')" = "200 200" ] || die "requests were lost: $(sort answers | uniq -c)"
echo '{"rules": 1}' >policy.json
kill -HUP "$pid"
until_true grep -q 'the policy stays as it was: policy.json: /rules: a list of rules is wanted' wary.log
[ "$(evaluate "$attacker" /valves/1 high)" = true ] || die "a bad policy took effect"

# --- without wary: open for the lamps, closed for the valves ---
kill "$pid"
wait "$pid" 2>/dev/null
[ "$(get /lamps/1 "$address")" = 200 ] || die "the lamps are closed without wary"
[ "$(get /valves/1 "$address")" = 500 ] || die "the valves are open without wary"
exit 0
