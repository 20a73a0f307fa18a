#!/bin/bash
# With programs that come by npm: a Cedar policy that asks wary of the device, and the schema of
# OpenAPI against the API's description.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

home=$SOURCE_DIR/tests/integration
if ! command -v node >/dev/null || ! command -v npm >/dev/null; then
    skip "no node"
fi
# Once for each lock file, and by one test at a time.
(
    flock 9
    [ "$home/node_modules/.package-lock.json" -nt "$home/package-lock.json" ] ||
        { (cd "$home" && npm ci --no-audit --no-fund) >npm.log 2>&1 && touch "$home/node_modules/.package-lock.json"; }
) 9>"${TMPDIR:-/tmp}/wary-integration-npm.$(id -u).lock" || skip "npm ci: $(tail -1 npm.log)"

# --- a site in the middle of an attack ---
simulate site.pcap --days 0.2 --devices 12 --attack address-scan@0+04:00
end=$(jq '.events[0].start + 120' site.events.json)
attacker=$(jq -r '.events[0].devices[0]' site.events.json)
packets=$(tcpdump -tt -nr site.pcap 2>/dev/null | awk -v end="$end" '$1 < end { n++ } END { print n }')
tcpdump -r site.pcap -c "$packets" -w cut.pcap 2>/dev/null
"$wary" replay --serve --listen 127.0.0.1:0 cut.pcap 2>wary.log &
api=http://127.0.0.1:$(port_of wary.log)
until_ready "$api"
calm=$(curl -s "$api/v1/devices?limit=100" | jq -r '[.devices[] | select(.score < 10 and .state != "stale")][0].id')

cedar() { node "$home/cedar.mjs" "$api" "$1" v1; }
[ "$(cedar "$attacker")" = deny ] || die "Cedar lets the attacker in: $(curl -s "$api/v1/devices/$attacker/risk")"
[ "$(cedar "$calm")" = allow ] || die "Cedar keeps a calm device out: $(curl -s "$api/v1/devices/$calm/risk")"
cedar 02:00:00:ff:ff:ff 2>/dev/null && die "Cedar decided on a device that is not there"

[ "$(node "$home/openapi.mjs" "$api/openapi.json")" = 3.1.0 ] || die "the description is not OpenAPI 3.1"
exit 0
