#!/bin/bash
# The Debian package as it is built: the same bytes twice, what is in it and what it needs, that what
# it brings is in order, and that the program's bill of materials is one.
set -uo pipefail
source=${SOURCE_DIR:?} build=${BUILD_DIR:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch" || exit 1
umask 022

die() {
    printf '%s\n' "$*" >&2
    exit 1
}
for tool in cpack dpkg-shlibdeps file jq; do
    type -P "$tool" >/dev/null || { echo "SKIPPED: no $tool" && exit 77; }
done
[ -e "$build/package/wary.service" ] || { echo "SKIPPED: not a tree that is packaged" && exit 77; }

for times in once again; do
    (cd "$build" && cpack -G DEB -B "$scratch/$times") >log 2>&1 || die "no package: $(cat log)"
done
package=$(echo once/*.deb)
cmp "$package" again/*.deb || die "not the same twice"

# --- what is in it ---

dpkg-deb -R "$package" tree
for path in etc/wary/wary.conf etc/logrotate.d/wary usr/bin/wary usr/lib/systemd/system/wary.service \
    usr/lib/sysusers.d/wary.conf usr/share/bash-completion/completions/wary usr/share/zsh/vendor-completions/_wary \
    usr/share/man/man1/wary.1.gz usr/share/man/man5/wary.conf.5.gz usr/share/doc/wary/copyright \
    usr/share/doc/wary/changelog.gz usr/share/doc/wary/docs/monitoring/alerts.yml; do
    [ -f "tree/$path" ] || die "$path is missing: $(find tree -type f)"
done
[ "$(dpkg-deb -f "$package" Package)" = wary ] || die "of another name"
dpkg-deb -f "$package" Depends | grep -q 'libc6 .*libpcap0.8' || die "needs no libraries?"
while read -r path; do
    [ -f "tree$path" ] || die "$path is to be kept, but not there"
done <tree/DEBIAN/conffiles
[ "$(sort tree/DEBIAN/conffiles | xargs)" = "$(find tree/etc -type f | sed 's/^tree//' | sort | xargs)" ] ||
    die "not all of /etc is to be kept: $(cat tree/DEBIAN/conffiles)"
(cd tree && md5sum --quiet -c DEBIAN/md5sums) || die "the sums are wrong"
find tree -not -path 'tree/DEBIAN*' -perm /022 | grep . && die "somebody else may write these"
LC_ALL=C grep -rlaF "$source" tree && die "tells where it was built"
for script in postinst prerm postrm; do
    sh -n "tree/DEBIAN/$script" || die "$script"
    [ -x "tree/DEBIAN/$script" ] || die "$script cannot be run"
done
tree/usr/bin/wary check-config tree/etc/wary/wary.conf || die "its own configuration is wrong"
tree/usr/bin/wary run -c tree/etc/wary/wary.conf 2>log
[ $? -eq 2 ] || die "with nothing to watch it should have ended with 2: $(cat log)"

# --- the unit ---

unit=tree/usr/lib/systemd/system/wary.service
grep -qx 'ExecStart=/usr/bin/wary run -c /etc/wary/wary.conf' "$unit" || die "$(cat "$unit")"
if type -P systemd-analyze >/dev/null; then
    sed "s|=/usr/bin/wary|=$PWD/tree/usr/bin/wary|; /^Documentation=/d" "$unit" >wary.service
    SYSTEMD_UNIT_PATH=$PWD: systemd-analyze verify "$PWD/wary.service" 2>&1 | grep 'wary\.service' && die "the unit is wrong"
fi
if type -P lintian >/dev/null; then
    lintian --fail-on error "$package" >log 2>&1 || die "lintian: $(cat log)"
fi

# --- pages ---

for page in man1/wary.1 man5/wary.conf.5; do
    gzip -dc "tree/usr/share/man/$page.gz" >"${page#*/}"
    type -P mandoc >/dev/null && { mandoc -Tlint -W warning "${page#*/}" || die "$page"; }
done
verbs=$("$build/wary" --help | sed -nE 's/^  wary ([a-z-]+) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 6 ] || die "only $verbs"
for verb in $verbs; do
    grep -q "Ss wary $verb\$" wary.1 || die "wary(1) has no $verb"
    for option in $("$build/wary" "$verb" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE '[a-z-]{3,}$'); do
        sed -n "/Ss wary $verb\$/,/^\.El/p" wary.1 | grep -q -- "-${option#--}" ||
            die "wary(1) has no $option of $verb"
    done
done
while read -r key; do
    grep -q "^\.It Ic $key No = " wary.conf.5 || die "wary.conf(5) has no $key"
done < <("$build/wary" check-config --defaults | sed -nE 's/^    ([a-z_]+) = .*/\1/p')

# --- the bill of materials ---

sbom=tree/usr/share/doc/wary/wary.spdx.json
[ -e "$sbom" ] || { echo "no node, no bill of materials" && exit 0; }
jq -e '
    .packages as $packages | ([.SPDXID] + [$packages[].SPDXID]) as $ids |
    .spdxVersion == "SPDX-2.3" and .dataLicense == "CC0-1.0" and .SPDXID == "SPDXRef-DOCUMENT" and
    (.documentNamespace | test("^https://[^#]+$")) and
    (.creationInfo.created | test("^[0-9-]{10}T[0-9:]{8}Z$")) and
    (.creationInfo.creators | length > 0 and all(test("^(Tool|Person|Organization): "))) and
    ($ids | unique | length) == ($ids | length) and ($ids | all(test("^SPDXRef-[A-Za-z0-9.-]+$"))) and
    ($packages | length > 10 and all(.name and .versionInfo and .downloadLocation and
        .filesAnalyzed == false and .licenseConcluded and .licenseDeclared and .copyrightText)) and
    ([$packages[].checksums // [] | .[]] | all(.algorithm == "SHA512" and
        (.checksumValue | test("^[0-9a-f]{128}$")))) and
    (.relationships | all(([.spdxElementId, .relatedSpdxElement] - $ids) == [])) and
    ([.relationships[] | .spdxElementId, .relatedSpdxElement] | unique) == ($ids | unique)' \
    "$sbom" >/dev/null || die "not SPDX 2.3: $(cat "$sbom")"
for library in libpcap0.8 libndpi4.2 libc6 uplot; do
    jq -e --arg name "$library" '.packages[] | select(.name == $name)' "$sbom" >/dev/null ||
        die "$library is not in the bill"
done
echo "$(find tree -type f | wc -l) files, $(jq '.packages | length' "$sbom") parts"
