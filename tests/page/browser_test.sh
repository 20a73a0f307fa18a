#!/bin/bash
# The page in a real browser, against a replay with attacks in it.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

for tool in node chromium; do
    type -P "$tool" >/dev/null || { echo "no $tool here" && exit 77; }
done
[ -d "$SOURCE_DIR/web/ui/node_modules/playwright-core" ] || { echo "npm ci has not run" && exit 77; }

simulate site.pcap --site building --days 1 --devices 16 --attack address-scan@0+23:40 \
    --attack arp-mitm@0+23:50:9
printf 'tester admin %s\n' "$(printf the-token-of-a-test | sha256sum | cut -d' ' -f1)" >tokens
echo 'api { tokens = "tokens" }' >guarded.conf
GUARDED=$scratch/guarded.conf WARY=$wary CAPTURE=$scratch/site.pcap LABELS=$scratch/site.events.json \
    node --test --test-reporter=spec "$SOURCE_DIR"/tests/page/*.spec.mjs || die "the page fails"
