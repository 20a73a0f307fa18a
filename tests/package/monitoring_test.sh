#!/bin/bash
# What the alerts, the dashboard and docs/metrics.md name is what /metrics has; promtool, where it is
# installed, finds the rules right and the metrics well-formed.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"
monitoring=$SOURCE_DIR/docs/monitoring

simulate capture.pcap --days 0.02 --devices 5 --attack address-scan@0+00:10
"$wary" replay --serve --state state --listen 127.0.0.1:0 capture.pcap 2>log &
url=http://127.0.0.1:$(port_of log)
until_ready "$url"
curl -sf "$url/metrics" >exposed || die "no metrics: $(cat log)"
sed -nE 's/^# TYPE ([a-z_]+) .*/\1/p' exposed | sort -u >names
[ "$(wc -l <names)" -gt 40 ] || die "only $(wc -l <names) metrics"

# named FILE…: the metrics that are named there, histograms by their name alone.
named() {
    cat "$@" | grep -oE '\bwary_[a-z_]*[a-z]\b' | sed -E 's/(_seconds)_(bucket|sum|count)$/\1/' | sort -u
}
jq -e '.panels | length > 10 and all(.targets | length > 0)' "$monitoring/dashboard.json" >/dev/null ||
    die "no dashboard"
jq -r '.. | .expr? // empty' "$monitoring/dashboard.json" >expressions
sed -nE '/^ +(expr:|> |rate|\(rate|histogram)/p' "$monitoring/alerts.yml" >>expressions
named expressions >used
[ "$(wc -l <used)" -gt 20 ] || die "only these are used: $(cat used)"
missing=$(comm -23 used names)
[ -z "$missing" ] || die "no such metrics: $missing"
sed -nE 's/^\| .(wary_[a-z_]+). .*/\1/p' "$SOURCE_DIR/docs/metrics.md" | sort -u >documented
# Some are there only where what they count is configured.
missing=$(comm -23 documented names | while read -r name; do
    grep -qF "\"${name#wary_}" "$SOURCE_DIR"/web/*.c || echo "$name"
done)
[ -z "$missing" ] || die "docs/metrics.md has what is not there: $missing"
missing=$(comm -13 documented names)
[ -z "$missing" ] || echo "docs/metrics.md should tell of: $missing"

if type -P promtool >/dev/null; then
    promtool check rules "$monitoring/alerts.yml" >out 2>&1 || die "$(cat out)"
    (cd "$monitoring" && promtool test rules alerts_test.yml) >out 2>&1 || die "$(cat out)"
    promtool check metrics >out 2>&1 <exposed || die "$(cat out)"
else
    echo "no promtool (Debian's package prometheus): the rules are not tried"
fi
echo "$(wc -l <used) of $(wc -l <names) metrics are used"
