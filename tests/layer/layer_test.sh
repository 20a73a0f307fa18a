#!/bin/bash
# The house stands as docs/architecture.md draws it: who may include whom, which library is
# known in one place only, who may read a clock; and each header compiles alone and twice.
set -u
root=${SOURCE_DIR:?}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# files ROOT FIND-ARGUMENTS…: sources below ROOT, as paths from there.
files() {
    (cd "$1" && shift && find collectors engine models web -name '*.[ch]' "$@" | sort)
}

# grep_in ROOT PATTERN FILE…: lines that match, comments left out, as "file:line: text".
grep_in() {
    local root=$1 pattern=$2 file
    shift 2
    for file; do
        sed -e 's|//.*||' -e 's|/\*.*\*/||' -e '/^[[:space:]]*\/\*/,/\*\//s/.*//' "$root/$file" |
            grep -nE -- "$pattern" | sed "s|^|$file: |"
    done
}

# The rooms: which files, and what their quoted includes must match.
rooms() {
    local root=$1 allowed room name
    while read -r room allowed; do
        case $room in
        engine) name=$(files "$root" -path 'engine/*' -not -path 'engine/base/*' \
            -not -path 'engine/program/*' -not -path 'engine/store/*') ;;
        *) name=$(files "$root" -path "$room/*") ;;
        esac
        # shellcheck disable=SC2086
        grep_in "$root" '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' $name |
            grep -vE "\"($allowed)" | sed "s|^|$room must not include this: |"
    done <<'RULES'
models          models/
engine/base     engine/base/
collectors      collectors/|engine/base/
engine          engine/[a-z_]+\.h|engine/base/|engine/policy/|models/
engine/store    engine/store/|engine/[a-z_]+\.h|engine/base/|models/
web             web/|engine/[a-z_]+\.h|engine/base/|engine/policy/|engine/store/
RULES
}

# A library or a call that is known in one place: a pattern, and the files that may have it.
places() {
    local root=$1 pattern where all
    all=$(files "$root")
    while IFS=$'\t' read -r pattern where; do
        # shellcheck disable=SC2086
        grep_in "$root" "$pattern" $all | grep -vE "^($where)" |
            sed "s#^#only in $where: #"
    done <<RULES
include *<ndpi	collectors/dpi\.h
include *"collectors/dpi\.h	collectors/classify\.c
include *<pcap	collectors/
include *<microhttpd	web/http\.c
include *<confuse	engine/program/config\.c
include *<seccomp	engine/program/confine\.c
include *<cap-ng	engine/program/privilege\.c
include *<systemd	engine/program/notify\.c
include *<sqlite3	engine/store/
include *<xxhash	engine/|collectors/
include *<cjson	web/|engine/policy/|engine/program/
(clock_gettime|gettimeofday|timespec_get|[^a-z_]time) *\(	collectors/|engine/program/|web/|engine/base/deadline\.c
[^a-z_](rand|random|drand48|rand_r) *\(	nowhere
RULES
    # shellcheck disable=SC2046
    grep_in "$root" 'include *<' $(files "$root" -path 'models/*') |
        grep -vE '<(assert|float|inttypes|limits|math|stdbool|stddef|stdint|stdlib|string)\.h>' |
        sed 's|^|models know only libc and libm: |'
}

# Each header on its own, twice.
headers() {
    local root=$1 header compiler source sources=$scratch/headers
    rm -rf "$sources" && mkdir -p "$sources"
    for header in $(files "$root" -name '*.h'); do
        source=$sources/${header%.h}.c
        mkdir -p "${source%/*}"
        printf '#include "%s"\n#include "%s"\n' "$header" "$header" >"$source"
    done
    for compiler in gcc clang; do
        command -v "$compiler" >/dev/null || continue
        # shellcheck disable=SC2046
        find "$sources" -name '*.c' -print0 | xargs -0 -r -P 2 -n 20 "$compiler" -std=c11 \
            -D_GNU_SOURCE -Wall -Wextra -Werror -fsyntax-only -I"$root" $(pkg-config --cflags libndpi) 2>&1
    done
}

complaints() {
    rooms "$1"
    places "$1"
    headers "$1"
}

# The test must be able to fail: a house with one fault of each kind.
fault() {
    mkdir -p "$scratch/$(dirname "$1")"
    printf '%s\n' "$2" >"$scratch/$1"
    faults=$((faults + 1))
}
faults=0
mkdir -p "$scratch"/{collectors,engine/base,engine/policy,engine/program,models,web}
fault models/a.c '#include "engine/base/table.h"'
fault models/b.c '#include <pthread.h>'
fault engine/base/a.c '#include "engine/engine.h"'
fault collectors/a.c '#include "engine/engine.h"'
fault collectors/b.c '#include <ndpi/ndpi_api.h>'
fault engine/a.c '#include "collectors/collector.h"'
fault engine/b.c '#include "engine/program/config.h"'
fault engine/c.c 'now = time(NULL);'
fault engine/policy/a.c '#include "web/api.h"'
fault engine/d.c 'return rand();'
fault web/a.c '#include "models/tail.h"'
fault web/b.c '#include <microhttpd.h>'
fault engine/program/a.c '#include <sqlite3.h>'
found=$(complaints "$scratch" | wc -l)
if [ "$found" -ne "$faults" ]; then
    echo "$faults faults were planted, $found found:"
    complaints "$scratch"
    exit 1
fi
fault web/alone.h 'uint8_t byte;'
fault web/twice.h 'struct twice { int a; };'
for header in web/alone.h web/twice.h; do
    headers "$scratch" | grep -q "^$scratch/$header" || { echo "$header was not found out" && exit 1; }
done

found=$(complaints "$root")
[ -z "$found" ] || { echo "$found" && exit 1; }
echo "$(files "$root" | wc -l) files stand where they should"
