#!/bin/bash
# TLS with real clients: which versions, whose certificates, what each may, and that certificates
# are changed while somebody is connected.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

# --- certificates ---

# authority NAME: makes one, in a directory of that name.
authority() {
    mkdir "$1" && : >"$1/index" && echo 01 >"$1/serial" && echo 01 >"$1/crlnumber"
    cat >"$1/cnf" <<EOF
[ca]
default_ca = this
[this]
database = $1/index
serial = $1/serial
crlnumber = $1/crlnumber
new_certs_dir = $1
certificate = $1/ca.pem
private_key = $1/ca.key
default_md = sha256
default_days = 30
default_crl_days = 30
unique_subject = no
copy_extensions = copy
policy = any
[any]
commonName = supplied
EOF
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$1/ca.key" \
        -subj "/CN=authority $1" -days 30 -addext keyUsage=critical,keyCertSign,cRLSign \
        -out "$1/ca.pem" 2>openssl.log || die "no authority: $(cat openssl.log)"
}
# issue AUTHORITY NAME EXTENSION [CA-ARGUMENT…]: NAME.pem and NAME.key, with the CN NAME.
issue() {
    {
        openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$2.key" \
            -subj "/CN=$2" -addext "$3" -out request.pem &&
            openssl ca -batch -notext -config "$1/cnf" -in request.pem -out "$2.pem" "${@:4}"
    } 2>openssl.log || die "no certificate $2: $(cat openssl.log)"
}
# revoke NAME…: and writes home/crl.pem.
revoke() {
    local name
    for name in "$@"; do
        openssl ca -config home/cnf -revoke "$name.pem" 2>openssl.log || die "$(cat openssl.log)"
    done
    openssl ca -config home/cnf -gencrl -out crl.pem 2>openssl.log || die "$(cat openssl.log)"
}
fingerprint() {
    openssl x509 -noout -fingerprint -sha256 -in "$1" | cut -d= -f2
}
authority home
authority elsewhere
issue home server subjectAltName=DNS:localhost,IP:127.0.0.1
issue home successor subjectAltName=DNS:localhost,IP:127.0.0.1
issue home gateway subjectAltName=DNS:gateway.example
issue home chief subjectAltName=URI:spiffe://site/chief
issue home eyes extendedKeyUsage=clientAuth
issue home printed subjectAltName=email:printed@example.org
issue home stranger subjectAltName=DNS:stranger.example
issue home old subjectAltName=DNS:gateway.example -startdate 20200101000000Z -enddate 20200201000000Z
issue home stolen subjectAltName=DNS:gateway.example
issue home onlyserver extendedKeyUsage=serverAuth
issue elsewhere foreign subjectAltName=DNS:gateway.example
revoke stolen
cp server.pem now.pem
cp server.key now.key
cat >wary.conf <<EOF
api {
    certificate = '$PWD/now.pem'
    key = '$PWD/now.key'
    client_ca = '$PWD/home/ca.pem'
    client_crl = '$PWD/crl.pem'
    clients = {
        "gateway decide,risk.read dns Gateway.example", "chief admin uri spiffe://site/chief",
        "eyes risk.read cn eyes", "eyes risk.read cn onlyserver",
        "printed decide sha256 $(fingerprint printed.pem)"
    }
}
audit { file = '$PWD/state/audit.ndjson' }
EOF
chmod 644 wary.conf ./*.pem home/ca.pem
chmod 755 home
chmod 600 now.key
"$wary" check-config wary.conf >out 2>err || die "$(cat err)"

# --- what is not served ---

simulate good.pcap --days 0.01 --devices 3
expect 1 'without TLS .*only loopback' "$wary" replay --serve --listen 0.0.0.0:0 good.pcap
printf "log { level = error } api { certificate = '%s' key = '%s' }\n" "$PWD/now.pem" "$PWD/now.key" >alone.conf
expect 1 'without tokens or client certificates only loopback' \
    "$wary" replay -c alone.conf --serve --listen 0.0.0.0:0 good.pcap
chmod 604 now.key
expect 1 'now\.key: others may read it' "$wary" replay -c alone.conf --serve --listen 127.0.0.1:0 good.pcap
chmod 600 now.key
printf "api { certificate = '%s' key = '%s' }\n" "$PWD/now.pem" "$PWD/gateway.key" >bad.conf
expect 1 'gateway\.key: .*match' "$wary" replay -c bad.conf --serve --listen 127.0.0.1:0 good.pcap
printf "api { certificate = '%s' key = '%s' }\n" "$PWD/none.pem" "$PWD/now.key" >bad.conf
expect 1 'none\.pem: No such file' "$wary" replay -c bad.conf --serve --listen 127.0.0.1:0 good.pcap
expect_mistake() {
    printf '%s\n' "$2" >bad.conf
    expect 1 "bad\.conf:1: $1" "$wary" check-config bad.conf
}
expect_mistake 'certificate and key' "api { certificate = 'x' }"
expect_mistake 'client_ca: there is no certificate' "api { client_ca = 'x' }"
tls="certificate = 'x' key = 'x' client_ca = 'x'"
expect_mistake "clients: 'a b' is not NAME" "api { $tls clients = {'a b'} }"
expect_mistake "clients: .* none of risk.read" "api { $tls clients = {'a root cn a'} }"
expect_mistake "clients: .* none of cn" "api { $tls clients = {'a admin o a'} }"
expect_mistake "clients: .* no address" "api { $tls clients = {'a admin ip a'} }"
expect_mistake "clients: .* 64 hexadecimal" "api { $tls clients = {'a admin sha256 00'} }"

# --- who is let in ---

[ "$(id -u)" -ne 0 ] || chown "$(getent passwd wary >/dev/null && echo wary || echo nobody)" now.key
expect 0 '' "$wary" token create --state state --scopes admin operator
token=$(cat out)
mkfifo pipe
chmod 644 pipe
: >log
"$wary" run -c wary.conf --watch pipe --listen 0.0.0.0:0 --state state 2>log &
server=$!
port=$(port_of log)
url=https://localhost:$port
# ask STATUS [CURL-ARGUMENT…]: the last is the path.
ask() {
    local got
    got=$(curl -s --cacert home/ca.pem -o body -w '%{http_code}' "${@:2:$#-2}" "$url${*: -1}" 2>>curl.log)
    [ "$got" = "$1" ] || die "'${*:2}' gave $got, not $1: $(cat body log)"
}
as() {
    printf -- '--cert\n%s.pem\n--key\n%s.key\n' "$1" "$1"
}
status_as() {
    local arguments
    mapfile -t arguments < <(as "$2")
    ask "$1" "${arguments[@]}" "${@:3}"
}
ask 200 /livez
ask 401 /v1/devices
for name in gateway chief eyes; do status_as 200 "$name" /v1/devices; done
for name in old stolen foreign stranger onlyserver; do status_as 401 "$name" /v1/devices; done
status_as 403 printed /v1/devices
question='{"subject":{"type":"device","id":"x"},"action":{"name":"a"},"resource":{"type":"r","id":"1"}}'
status_as 200 printed --json "$question" /access/v1/evaluation
status_as 403 eyes --json "$question" /access/v1/evaluation
status_as 403 gateway -X POST /v1/policy/reload
status_as 200 chief -X POST /v1/policy/reload
status_as 403 chief -X POST -H 'Origin: https://evil.example' /v1/policy/reload
ask 200 -H "Authorization: Bearer $token" /v1/devices
status_as 200 stolen -H "Authorization: Bearer $token" /metrics # the token is good
for reason in expired revoked foreign unlisted; do
    grep -qE "^wary_client_certificates_refused_total\{reason=\"$reason\"\} [1-9]" body ||
        die "nobody was $reason: $(grep certif body)"
done
grep -q "^wary_certificate_end_time_seconds $(date -d "$(openssl x509 -noout -enddate -in server.pem | cut -d= -f2)" +%s)\$" body ||
    die "$(grep certif body)"
status_as 200 chief '/v1/audit?limit=1000'
jq -e '.decisions | any(.principal == "chief" and .path == "/v1/policy/reload" and .status == 200)' body >/dev/null ||
    die "$(cat body)"
status_as 200 chief /.well-known/authzen-configuration
grep -q "\"policy_decision_point\":\"$url\"" body || die "$(cat body)"

# --- how ---

# speak OPTION…: whether a handshake comes about.
speak() {
    openssl s_client -connect "localhost:$port" -CAfile home/ca.pem -verify_return_error "$@" \
        </dev/null >shaken 2>&1 && grep -q 'Cipher is [A-Z]' shaken
}
speak -tls1_3 || die "$(cat shaken)"
speak -tls1_2 || die "$(cat shaken)"
for version in -tls1_1 -tls1; do
    speak "$version" -cipher ALL:@SECLEVEL=0 && die "it speaks $version: $(cat shaken)"
done
speak -tls1_2 -cipher AES128-SHA:AES256-SHA:ECDHE-ECDSA-AES128-SHA && die "weak: $(cat shaken)"
curl -s -o body "http://localhost:$port/livez" && grep -q . body && die "in the clear: $(cat body)"

# --- certificates that change ---

served() {
    openssl s_client -connect "localhost:$port" </dev/null 2>/dev/null |
        openssl x509 -noout -fingerprint -sha256 | cut -d= -f2
}
# reload PATTERN: asks for it and waits until the log has that line once more.
reload() {
    local tries before
    before=$(grep -cE "$1" log)
    kill -HUP "$server"
    for ((tries = 0; tries < 300; tries++)); do
        [ "$(grep -cE "$1" log)" -gt "$before" ] && return
        sleep 0.1
    done
    die "'$1' was not said: $(cat log)"
}
# One who is connected all the time.
mkfifo say
openssl s_client -quiet -connect "localhost:$port" -cert gateway.pem -key gateway.key <say >heard 2>/dev/null &
exec {mouth}>say
# still STATUS: the next answer to who is connected.
answers=0
still() {
    local tries
    printf 'GET /v1/devices HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$mouth"
    answers=$((answers + 1))
    for ((tries = 0; tries < 300; tries++)); do
        [ "$(grep -ao 'HTTP/1.1 [0-9]*' heard | wc -l)" -ge "$answers" ] && break
        sleep 0.1
    done
    ((tries < 300)) || die "no answer: $(cat heard log)"
    [ "$(grep -ao 'HTTP/1.1 [0-9]*' heard | tail -1 | cut -d' ' -f2)" = "$1" ] ||
        die "not $1: $(cat heard log)"
}
still 200
[ "$(served)" = "$(fingerprint server.pem)" ] || die "another certificate is served"
echo nonsense >now.pem
reload 'the certificates stay as they were: .*now\.pem: '
[ "$(served)" = "$(fingerprint server.pem)" ] || die "a broken certificate took its place"
cat successor.pem >now.pem
reload 'the certificates stay as they were: .*now\.key: .*match'
cat successor.key >now.key
reload 'now\.pem: this certificate holds until'
[ "$(served)" = "$(fingerprint successor.pem)" ] || die "the old certificate is served"
still 200
revoke gateway
reload 'now\.pem: this certificate holds until'
still 401
status_as 401 gateway /v1/devices
status_as 200 eyes /v1/devices
openssl ca -config elsewhere/cnf -gencrl -out crl.pem 2>openssl.log || die "$(cat openssl.log)"
reload 'the certificates stay as they were: .*crl\.pem: .*no authority'
status_as 401 gateway /v1/devices
exec {mouth}>&-
kill -TERM "$server"
wait "$server" || die "it ended with $?: $(cat log)"
echo "who may come in comes in, by TLS"
