#!/bin/bash
# Tokens: made, listed and taken away, also while somebody answers; what is on disk is no token.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

expect 0 '' "$wary" token create --state state reader
reader=$(cat out)
expect 0 '' "$wary" token create --state state --scopes admin --expires 90d boss
boss=$(cat out)
expect 0 '' "$wary" token create --state state --expires 1 brief
brief=$(cat out)
[[ $reader =~ ^wary_[0-9a-f]{64}$ && $boss =~ ^wary_[0-9a-f]{64}$ && $reader != "$boss" ]] ||
    die "no tokens: $reader, $boss"
grep -q "${reader#wary_}" state/tokens && die "the token itself is on disk"
grep -q "^reader risk.read $(printf %s "$reader" | sha256sum | cut -d' ' -f1)$" state/tokens ||
    die "not the hash: $(cat state/tokens)"
[ "$(stat -c '%a %U' state/tokens)" = "600 $(id -un)" ] || die "$(stat -c '%a %U' state/tokens)"
expect 0 '' "$wary" token list --state state
grep -qE '^reader +risk.read +never$' out || die "$(cat out)"
grep -qE "^boss +admin +$(date -u -d '+90 days' +%Y-%m-)" out || die "$(cat out)"

simulate capture.pcap --days 0.01 --devices 3
"$wary" replay --serve --listen 127.0.0.1:0 --state state capture.pcap 2>log &
url=http://127.0.0.1:$(port_of log)

# answer STATUS TOKEN [CURL-ARGUMENT…]: within the time that the program takes to see a change.
answer() {
    local tries got
    for ((tries = 0; tries < 600; tries++)); do
        got=$(curl -s -o body -w '%{http_code}' ${2:+-H "Authorization: Bearer $2"} "${@:3}")
        [ "$got" = "$1" ] && return
        sleep 0.1
    done
    die "'${*:3}' gave $got, not $1: $(cat body)"
}
answer 401 '' "$url/v1/devices"
answer 401 "${boss%?}" "$url/v1/devices"
answer 401 "$brief" "$url/v1/devices" # has expired by now, or soon
answer 200 "$reader" "$url/v1/devices"
answer 403 "$reader" -X PUT --json '{}' "$url/v1/policy"
answer 200 "$boss" "$url/v1/devices"

# What changes is seen.
expect 0 '' "$wary" token revoke --state state boss
answer 401 "$boss" "$url/v1/devices"
answer 200 "$reader" "$url/v1/devices"
expect 0 '' "$wary" token create --state state boss
answer 200 "$(cat out)" "$url/v1/devices"
answer 401 "$boss" "$url/v1/devices"
echo nonsense >>state/tokens
is_told() {
    answer 200 "$reader" "$url/v1/devices"
    grep -q 'the tokens stay as they were: .*tokens:[0-9]*: this line' log
}
until_true is_told
kill %1 && wait %1

# What is wrong is told.
expect 1 'tokens:[0-9]+: this line' "$wary" token list --state state
expect 1 'nowhere: No such file' "$wary" token list --state nowhere
expect 1 'nowhere: No such file' "$wary" token revoke --state nowhere x
expect 1 'no such token' "$wary" token revoke --state state nobody
expect 1 'such a token already' "$wary" token create --state state reader
expect 1 'is no name' "$wary" token create --state state 'a b'
expect 2 'no state directory' "$wary" token list
expect 2 'create, list or revoke' "$wary" token --state state
expect 2 'one name' "$wary" token create --state state
expect 2 'only create' "$wary" token list --state state --scopes admin
expect 2 'scopes does not take' "$wary" token create --state state --scopes root x
expect 2 'expires does not take' "$wary" token create --state state --expires soon x
[ ! -e state/tokens.new ] || die "a file was left"
echo "tokens are in good hands"
