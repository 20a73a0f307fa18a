#!/bin/bash
# What must not matter does not: a capture of another week has the same scores, and what is
# found in a capture is found where a twentieth of its frames was lost, and where it begins
# an hour before the first attack.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

# rewrite HOW IN OUT: of each record of a pcap file $t is when, in seconds; kept if HOW is true.
rewrite() {
    perl -e '
        my ($how, $in, $out) = @ARGV;
        my $keep = eval "sub { my \$t = \$_[0]; $how }" or die $@;
        srand 7;
        open my $from, "<:raw", $in or die; open my $to, ">:raw", $out or die;
        read $from, my $head, 24; print $to $head;
        while (read($from, my $record, 16) == 16) {
            my ($t, $micros, $bytes, $wire) = unpack "V4", $record;
            read $from, my $frame, $bytes;
            our $shift = 0;
            next unless $keep->($t);
            print $to pack("V4", $t + $shift, $micros, $bytes, $wire), $frame;
        }' "$1" "$2" "$3" || die "no $3"
}

# found NAME: how many of the planted events wary tells in NAME.pcap.
found() {
    "$wary" evaluate --json --events whole.events.json "$1.pcap" 2>err |
        grep -o '"recall":[0-9.]*' | head -n 1 || die "no recall: $(cat err)"
}

start=1769990400 week=604800
simulate whole.pcap --site home --devices 8 --days 1 --seed 5 --start $start \
    --attack address-scan@0+09:00 --attack arp-mitm@0+12:00 \
    --attack password-guessing@0+15:00 --attack udp-flood@0+18:00
rewrite "our \$shift = $week; 1" whole.pcap later.pcap
rewrite "rand() >= 0.05" whole.pcap lossy.pcap
rewrite "\$t >= $start + 8 * 3600" whole.pcap short.pcap

for name in whole later; do
    "$wary" replay --timeline $name.csv --findings $name.ndjson $name.pcap 2>err ||
        die "no replay: $(cat err)"
done
awk -F, -v OFS=, -v week=$week 'NR > 1 { $1 -= week } 1' later.csv | cmp -s - whole.csv ||
    die "another week has other scores"
[ "$(wc -l <whole.ndjson)" -gt 4 ] || die "hardly any finding"
diff <(sed 's/^{"time":[0-9.]*//' whole.ndjson) <(sed 's/^{"time":[0-9.]*//' later.ndjson) >&2 ||
    die "another week has other findings"

for name in whole lossy short; do
    [ "$(found $name)" = '"recall":1' ] || die "$name: $(found $name)"
done
echo "a week later the same; lossy and late captures show every attack"
