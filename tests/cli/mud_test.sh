#!/bin/bash
# What was learnt from clean traffic as MUD profiles lets that traffic pass, and not an attack; zones
# and flows are told as they were; the exported firewall is one that nft takes.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

site=(--days 0.1 --devices 8 --seed 5)
simulate clean.pcap "${site[@]}"
simulate attack.pcap "${site[@]}" --attack beacon@0+01:00:60
cat >zones.conf <<'END'
zone low { prefixes = {"192.168.1.8/29"} }
allow = {"low -> internet : tcp/443", "any -> other : udp/53"}
END

# --- learn ---
"$wary" replay -c zones.conf --serve --listen 127.0.0.1:0 clean.pcap 2>serve.err &
pid=$!
url=http://127.0.0.1:$(port_of serve.err)
until_ready "$url"
get() { # PATH FILE
    curl -sf -o "$2" "$url/v1/$1" || die "no answer to $1"
}
get 'devices?limit=100' devices.json
mkdir mud
bind=
while read -r id; do
    name=${id//:/-}.json
    get "devices/$id/mud" "mud/$name"
    jq -e '."ietf-mud:mud"."mud-version" == 1' "mud/$name" >/dev/null || die "no profile: $name"
    bind+="\"device $id = $name\","
done < <(jq -r '.devices[].id' devices.json)
[ "$(jq -s 'map(."ietf-access-control-list:acls".acl[0].aces.ace | length) | add' mud/*.json)" -gt 10 ] ||
    die "little was learnt"

# --- zones and exports ---
get zones zones.json
jq -e '(.zones | map(.name) | index("low")) and .declared[0] == {"from":"low","to":"internet",
    "service":"tcp/443"} and (.learnt | length) > 3 and any(.learnt[]; .allowed) and
    any(.learnt[]; .allowed | not) and (.violations | length) > 0' zones.json >/dev/null ||
    die "zones: $(cat zones.json)"
get 'policy/export?format=csv' all.csv
get 'policy/export?format=csv&by_location=1' near.csv
lines=$(wc -l <all.csv) near=$(wc -l <near.csv)
((near > 1 && near < lines)) || die "$near of $lines flows are by location"
grep -q ',no,' near.csv && die "not by location: $(grep ',no,' near.csv)"
get 'policy/export?format=mud' all.json
[ "$(jq length all.json)" -gt 3 ] || die "few profiles: $(jq -c keys all.json)"
get 'policy/export?format=nftables' rules.nft
grep -q ' accept$' rules.nft || die "no rules: $(cat rules.nft)"
[ "$(curl -s -o /dev/null -w '%{http_code}' "$url/v1/policy/export?format=exe")" = 400 ] ||
    die "an unknown format is taken"
kill -INT "$pid"
wait "$pid"

# --- judge ---
printf 'mud { directory = "%s/mud"\n bind = {%s} }\n' "$PWD" "${bind%,}" >mud.conf
"$wary" check-config mud.conf >/dev/null || die "the profiles have mistakes"
expect 0 '' "$wary" replay -c mud.conf --findings clean.ndjson clean.pcap
jq -se 'any(.[]; .kind == "mud")' clean.ndjson >/dev/null &&
    die "its own replay does not pass: $(cat clean.ndjson)"
expect 0 '' "$wary" replay -c mud.conf --findings attack.ndjson attack.pcap
jq -se 'any(.[]; .kind == "mud")' attack.ndjson >/dev/null || die "the attack passes"

# --- read again while it runs: all of them, or none ---
sed '/bind/d; s/$/ }/' mud.conf >live.conf
mkfifo frames
"$wary" replay -c live.conf --serve --listen 127.0.0.1:0 - <frames 2>live.err &
pid=$!
exec 9>frames
half=$(($(wc -c <attack.pcap) / 4))
head -c "$half" attack.pcap >&9
url=http://127.0.0.1:$(port_of live.err)
# renew PATTERN: a SIGHUP, and what is said of it.
renew() {
    kill -HUP "$pid"
    until_true grep -qE "$1" live.err
}
echo '{' >mud/zz.json
cp mud.conf live.conf
renew 'zz.json: line 2, column 1: this is not JSON'
renew 'the configuration stays as it was'
rm mud/zz.json
renew 'the configuration was read again'
tail -c "+$((half + 1))" attack.pcap >&9
exec 9>&-
until_ready "$url"
get 'findings?kind=mud' live.json
[ "$(jq '.findings | length' live.json)" -gt 0 ] || die "the profiles were not taken: $(cat live.err)"
# … and when the files have ended
over=$(grep -c 'was read again' live.err)
read_again() {
    [ "$(grep -c 'was read again' live.err)" -gt "$over" ]
}
kill -HUP "$pid"
until_true read_again
curl -sf "$url/livez" >/dev/null || die "SIGHUP ends it: $(cat live.err)"
kill -INT "$pid"
wait "$pid" || die "it did not end well: $(cat live.err)"

echo '{' >mud/zz.json
"$wary" check-config mud.conf 2>err && die "a broken profile is taken"
grep -qE 'mud.conf:1: mud: .*/zz.json: line 2, column 1: this is not JSON' err || die "$(cat err)"

# --- the firewall: checked in a network namespace of its own, where that is permitted ---
if ! command -v nft >/dev/null; then
    echo "nft is not installed: the rules' syntax is not checked"
elif ! unshare -rn true 2>/dev/null; then
    echo "no namespace is permitted: the rules' syntax is not checked"
else
    # Not every kernel follows connections on bridges.
    unshare -rn nft -c -f rules.nft 2>err ||
        { grep -q 'ct state.*' err && sed '/ct state/d' rules.nft >plain.nft &&
            unshare -rn nft -c -f plain.nft 2>err; } || die "nft refuses: $(head -5 err)"
fi
