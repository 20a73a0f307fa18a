#!/bin/bash
# HAProxy asks wary as docs/integrations/haproxy.md says, and closes what is to be closed when there
# is no answer.
# shellcheck source=tests/cli/common.sh
. "$SOURCE_DIR/tests/cli/common.sh"

if ! command -v haproxy >/dev/null || ! command -v nginx >/dev/null; then
    skip "no haproxy or no nginx"
fi
simulate site.pcap --days 0.02 --devices 5
"$wary" replay --serve --listen 127.0.0.1:0 site.pcap 2>wary.log &
pid=$!
port=$(port_of wary.log)

front=$(free_port front)
back=$(free_port back)
cat >nginx.conf <<EOF
pid $scratch/nginx.pid;
error_log $scratch/nginx.log;
events {}
http {
    access_log off;
    client_body_temp_path $scratch/body;
    proxy_temp_path $scratch/proxy;
    fastcgi_temp_path $scratch/fastcgi;
    uwsgi_temp_path $scratch/uwsgi;
    scgi_temp_path $scratch/scgi;
    server {
        listen 127.0.0.1:$back;
        location / { return 200 'the resource'; }
    }
}
EOF
nginx -p "$scratch" -e "$scratch/nginx.log" -c "$scratch/nginx.conf" -g 'daemon off;' &
# fenced LANGUAGE: that block of the page, for here.
fenced() {
    sed -n "/^\`\`\`$1\$/,/^\`\`\`\$/p" "$SOURCE_DIR/docs/integrations/haproxy.md" | sed "/^\`\`\`/d
        s/127\.0\.0\.1:8731/127.0.0.1:$port/
        s/127\.0\.0\.1:8080/127.0.0.1:$back/
        s/timeout = 500/timeout = 10000/
        s/bind :80/bind 127.0.0.1:$front/
        s|/etc/haproxy/wary\.lua|$scratch/wary.lua|"
}
fenced lua >wary.lua
fenced haproxy >haproxy.cfg
haproxy -db -f haproxy.cfg >haproxy.log 2>&1 &

get() { curl -s -o /dev/null -w '%{http_code}' "http://127.0.0.1:$front$1"; }
# Nobody known asks: what is medium is open, what is high is not.
are_open() { [ "$(get /lamps/1)" = 200 ]; }
until_true are_open
[ "$(get /valves/1)" = 403 ] || die "the valves are open: $(get /valves/1) $(cat haproxy.log wary.log)"
curl -s "http://127.0.0.1:$port/v1/audit?decision=deny&limit=1" |
    jq -e '.decisions[0] | .resource == "/valves/1" and .action == "GET"' >/dev/null || die "not as it was asked"
kill "$pid"
wait "$pid" 2>/dev/null
[ "$(get /lamps/1)" = 200 ] || die "the lamps are closed without wary"
[ "$(get /valves/1)" = 503 ] || die "the valves are open without wary"
exit 0
