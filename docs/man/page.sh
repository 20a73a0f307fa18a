#!/bin/sh
# Fill a manual page's template with what the program says of itself, so that it cannot tell
# anything else: page.sh WARY TEMPLATE. A line @COMMAND@ stands for that command's options,
# @keys@ for all keys of wary.conf.
set -eu
wary=$1

options() {
    LC_ALL=C.UTF-8 "$wary" "$1" --help | sed -nE '
        s/^ +(-(.), )?--([a-z-]+)( ([^ ]+))?  +(.*)/\2\t\3\t\5\t\6/
        T
        s/\\/\\e/g
        s/^([^\t]*)\t([^\t]*)\t([^\t]*)\t(.*)/.It Fl \1 , -\2 Ar \3\n\4/
        s/^.It Fl  , -/.It Fl -/
        s/ Ar \n/\n/
        p'
}

keys() {
    "$wary" check-config --defaults | sed -nE '
        1,2d
        s/\\/\\e/g
        s/^([a-z]+) \{$/.Ss \1\n.Bl -tag -width Ds/p
        s/^\}$/.El/p
        s/^ +# (.*)/\1/
        t help
        s/^ +([a-z_]+) = (.*)/.It Ic \1 No = \2/
        t key
        d
        : help
        s/^([.'\''])/\\\&\1/
        h
        d
        : key
        G
        p'
}

while IFS= read -r line; do
    case $line in
    @keys@) keys ;;
    @*@) line=${line#@} && options "${line%@}" ;;
    *) printf '%s\n' "$line" ;;
    esac
done <"$2"
