#!/bin/bash
# What identity systems and people post changes the risk that is served within one window,
# names the fact, and outlives the program.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

simulate site.pcap --days 0.2 --devices 6

start() { # ARGUMENT…
    "$wary" replay --serve --state state --listen 127.0.0.1:0 "$@" site.pcap 2>serve.err &
    pid=$!
    url=http://127.0.0.1:$(port_of serve.err)/v1
}
stop() { # SIGNAL
    kill -"$1" "$pid"
    wait "$pid" 2>/dev/null
}
ask() { # METHOD PATH [BODY]: the answer in `answer`, its status in `status`
    status=$(curl -s -o answer -w '%{http_code}' -X "$1" -H 'Content-Type: application/json' \
        ${3:+-d "$3"} "$url/$2") || die "no answer to $1 $2"
}
tell() { # METHOD PATH BODY
    ask "$@"
    [ "$status" = 200 ] || die "$1 $2 $3: $status $(cat answer)"
}
# holds DEVICE FILTER: what is served of its risk.
holds() {
    ask GET "devices/$1/risk"
    jq -e "$2" answer >/dev/null || die "of $1 '$2' does not hold: $(cat answer)"
}

# --- while the capture runs: what is posted is seen in the very next answer ---
start --speed 200
are_two() {
    ask GET 'devices?sort=id&limit=2'
    device=$(jq -r '.devices[0].id // empty' answer)
    other=$(jq -r '.devices[1].id // empty' answer)
    [ -n "$other" ]
}
until_true are_two
holds "$device" '.score == 0 and (.factors | length) == 0'
tell POST "devices/$device/facts" \
    '{"kind":"attestation","source":"verifier","value":{"method":"tpm2.0","result":"fail"}}'
holds "$device" '.level == "HIGH" and .factors[0].kind == "attestation" and
    .factors[0].text == "failed its TPM 2.0 attestation" and .trust < 20'
tell POST "devices/$device/facts" \
    '{"kind":"attestation","source":"verifier","value":{"method":"tpm2.0","result":"pass"}}'
holds "$device" '.score == 0 and .trust > 95'
tell POST facts '[{"device":"'"$other"'","kind":"certificate","source":"ca",
    "value":{"subject":"CN=other","serial":"01","revoked":true}}]'
holds "$other" '.level == "CRITICAL" and .factors[0].text == "its certificate was revoked"'
tell POST "devices/$device/facts" '[{"kind":"firmware","source":"fleet","value":{"version":"1.0"}},
    {"kind":"firmware","source":"fleet","value":{"update":{"version":"1.1"}}}]'
jq -e .relearn.until answer >/dev/null || die "no relearn: $(cat answer)"
tell POST "devices/$device/facts" '{"kind":"firmware","source":"fleet","value":{"version":"1.1"}}'
holds "$device" '.score == 0'
tell POST "devices/$device/facts" '{"kind":"firmware","source":"fleet","value":{"version":"6.6"}}'
holds "$device" '.factors[0].kind == "firmware_change"'
ask GET "findings?device=$device&kind=firmware_change"
finding=$(jq '.findings[0].id' answer)
tell POST "devices/$device/verdict" \
    '{"finding":'"$finding"',"verdict":"benign","by":"operator","note":"was me"}'
holds "$device" '.score == 0'
tell PUT "devices/$device" '{"name":"the <pump>","group":"pumps","criticality":"high"}'
ask GET "devices/$device"
jq -e '.name == "the <pump>" and .group == "pumps" and .criticality == "high" and
    ([.facts[] | select(.kind == "firmware" and .source == "fleet")] | length) == 1' answer >/dev/null ||
    die "not set: $(cat answer)"

# --- killed: what was acknowledged is still there, and the capture goes on without it ---
stop KILL
start
until_ready "${url%/v1}"
holds "$other" '.level == "CRITICAL" and .factors[0].kind == "certificate"'
ask GET "devices/$device"
jq -e '.name == "the <pump>" and .criticality == "high" and .identity.confidence > 0.5 and .score == 0' \
    answer >/dev/null || die "forgotten: $(cat answer)"

# --- the files have ended, and it is still told things ---
tell POST "devices/$other/facts" '{"kind":"certificate","source":"ca",
    "value":{"subject":"CN=other","serial":"02","not_after":"2090-01-01T00:00:00Z"}}'
holds "$other" '[.factors[].kind] | index("certificate") == null'
ask POST "devices/$other/facts" '{"kind":"certificate","source":"ca","value":{"serial":3}}'
[ "$status $(jq -r .pointer answer)" = '400 /value/serial' ] || die "$status: $(cat answer)"
stop TERM || die "it ended with $?"
exit 0
