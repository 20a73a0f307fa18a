# shellcheck shell=bash
# shellcheck disable=SC2154 # build is theirs who source it
# The simulator's loads, made once: sourced by the benches, with `build` set.

# load SHAPE PACKETS FLOWS DEVICES: the name of the capture.
load() {
    local file=$build/bench/$1-$3-$4.pcap
    mkdir -p "$build/bench"
    if [ ! -e "$file" ] || [ "$build/traffic" -nt "$file" ]; then
        "$build/traffic" --load "$1" --packets "$2" --flows "$3" --devices "$4" \
            --out "$file.part" >&2
        mv "$file.part" "$file"
    fi
    echo "$file"
}
