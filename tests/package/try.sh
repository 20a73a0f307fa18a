#!/bin/bash
# The Debian package in a Debian of its own: built twice from the same commit in different directories to
# the same bytes; installed, started on a cable where a scan begins, scored, upgraded with a changed
# configuration, removed and purged. try.sh [PACKAGE]: that one, and none is built. For root; takes packages from the network. DEBIAN: a directory
# that debootstrap has filled before.
set -euo pipefail
# What is mounted is so for this script alone.
[ "${ALONE:-}" ] || ALONE=1 exec unshare --mount --propagation private "$0" "$@"
here=$(cd "$(dirname "$0")/../.." && pwd)
scratch=$(mktemp -d)
chmod 711 "$scratch"
space=wary-try-$$ cable=c$$
clean() {
    local job
    for job in $(jobs -p); do kill "$job" 2>/dev/null || true; done
    ip netns del "$space" 2>/dev/null || true
    umount "$scratch/debian/proc" 2>/dev/null || true
    rm -rf --one-file-system "$scratch"
}
trap clean EXIT
die() {
    printf '%s\n' "$*" >&2
    exit 1
}
[ "$(id -u)" -eq 0 ] || die "only root can install packages"
cd "$scratch"

# build DIRECTORY: the committed state there, and its package.
build() {
    mkdir "$1"
    git -C "$here" archive HEAD | tar -x -C "$1"
    (
        cd "$1"
        SOURCE_DATE_EPOCH=$(git -C "$here" log -1 --format=%ct)
        export SOURCE_DATE_EPOCH CMAKE_GENERATOR=Ninja
        ./dev package
    ) >"$1.log" 2>&1 || die "$(cat "$1.log")"
}
package=${1:-}
if [ -z "$package" ]; then
    build one
    build another
    package=$(echo one/build-package/*.deb)
    cmp "$package" another/build-package/*.deb || die "the packages differ"
    echo "the same bytes twice: $(sha256sum <"$package")"
fi

root=$scratch/debian
if [ -d "${DEBIAN:-}" ]; then
    cp -a "$DEBIAN" "$root"
else
    debootstrap --variant=minbase bookworm "$root" >log 2>&1 || die "$(tail log)"
fi
mount -t proc proc "$root/proc"
printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d"
chmod +x "$root/usr/sbin/policy-rc.d"
inside() {
    chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin DEBIAN_FRONTEND=noninteractive "$@"
}
inside apt-get update -qq
find "$root" -xdev \( -path "$root/var/*" -o -path "$root/proc" \) -prune -o -type f -print |
    sort >before
install() {
    cp "$1" "$root/root/wary.deb"
    inside apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold \
        /root/wary.deb >log 2>&1 || die "$(cat log)"
}
install "$package"
inside id wary
inside wary check-config /etc/wary/wary.conf
[ -L "$root/etc/systemd/system/multi-user.target.wants/wary.service" ] || die "the unit is not enabled"

# As the unit would: user wary with one capability, its directories, its command.
ip netns add "$space"
ip -n "$space" link add "$cable" type veth peer name end
for end in "$cable" end lo; do ip -n "$space" link set "$end" up; done
sed -i "s|# interfaces = .*|interfaces = {\"$cable\"}|" "$root/etc/wary/wary.conf"
command=$(sed -n 's/^ExecStart=//p' "$root/usr/lib/systemd/system/wary.service")
inside install -d -o wary -g wary -m 700 /var/lib/wary
start() {
    # shellcheck disable=SC2086
    ip netns exec "$space" chroot "$root" setpriv --reuid wary --regid wary --clear-groups \
        --inh-caps -all,+net_raw --ambient-caps -all,+net_raw --bounding-set -all,+net_raw \
        $command 2>log &
    server=$!
    until grep -q http:// log; do kill -0 "$server" || die "$(cat log)"; sleep 0.1; done
}
stop() {
    kill -TERM "$server"
    wait "$server" || die "it ended with $?: $(cat log)"
}
ask() {
    ip netns exec "$space" curl -sf "127.0.0.1:8731/$1"
}
start
"$here/build/traffic" --days 0.001 --devices 5 --attack address-scan@0+00:00:1 scan.pcap >/dev/null 2>&1
ip netns exec "$space" tcpreplay -q -i end scan.pcap >/dev/null 2>&1
for ((tries = 0; tries < 100; tries++)); do
    ask v1/devices?sort=risk | jq -e '.devices[0].score >= 30' >/dev/null && break
    sleep 0.5
done
((tries < 100)) || die "nobody is scored: $(ask v1/devices)"
worst=$(ask 'v1/devices?sort=risk&limit=1' | jq -r '.devices[0] | "\(.id) \(.level)"')
echo "installed, and scores: $worst"
stop

# The next version: what was set and learnt stays.
dpkg-deb -R "$package" next
sed -i 's/^Version: .*/Version: 99.0/' next/DEBIAN/control
dpkg-deb --root-owner-group -b next next.deb >/dev/null
install next.deb
grep -q "\"$cable\"" "$root/etc/wary/wary.conf" || die "the configuration was lost"
start
id=${worst% *}
for ((tries = 0; tries < 100; tries++)); do
    ask "v1/devices/$id" >device && break
    sleep 0.1
done
((tries < 100)) || die "$id is forgotten: $(cat log)"
stop
echo "upgraded, and knows $id"

inside dpkg -r wary >log 2>&1 || die "$(cat log)"
[ -e "$root/etc/wary/wary.conf" ] || die "the configuration is gone with the program"
[ -e "$root/var/lib/wary/wary.db" ] || die "the state is gone with the program"
inside dpkg -P wary >log 2>&1 || die "$(cat log)"
grep -iE 'warning|error' log && die "purging complains"
find "$root" -xdev \( -path "$root/var/*" -o -path "$root/proc" \) -prune -o -type f -print |
    sort >after
for path in etc/wary etc/logrotate.d/wary var/lib/wary var/log/wary usr/share/doc/wary; do
    [ ! -e "$root/$path" ] || die "$path is left"
done
left=$(find "$root" -xdev -path "$root/proc" -prune -o -name '*wary*' -print |
    grep -v "$root/root/" || true)
[ -z "$left" ] || die "left: $left"
echo "purged, and nothing is left but its user: $(comm -13 before after | wc -l) files of the libraries it used"

# The same as a newcomer does it, under a systemd of its own.
type -P systemd-nspawn >/dev/null || { echo "NOT TRIED: systemd, as there is no systemd-nspawn" && exit; }
rm "$root/usr/sbin/policy-rc.d"
inside apt-get install -y -qq --no-install-recommends systemd systemd-sysv tcpreplay curl jq iproute2 procps \
    >log 2>&1 || die "$(cat log)"
umount "$root/proc"
cp "$here/tests/package/inside.sh" scan.pcap "$package" "$root/root"
cat >"$root/etc/systemd/system/inside.service" <<UNIT
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'exec /root/inside.sh /root/${package##*/} /root/scan.pcap >/root/said 2>&1'
ExecStopPost=/bin/systemctl --no-block poweroff
UNIT
ln -s ../inside.service "$root/etc/systemd/system/multi-user.target.wants/inside.service"
timeout 300 systemd-nspawn -q -D "$root" -b --private-network --register=no --keep-unit --console=pipe \
    </dev/null >log 2>&1 || true
[ "$(tail -1 "$root/root/said")" = good ] || die "$(cat log "$root/root/said")"
echo "under systemd, too:$(sed -n "s/.*exposure level//p" "$root/root/said")"
