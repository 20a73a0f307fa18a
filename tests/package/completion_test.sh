#!/bin/bash
# bash and zsh offer every command and option that the program knows; and in a terminal, zsh completes
# the beginnings of words.
# shellcheck source=tests/cli/common.sh
. "${SOURCE_DIR:?}/tests/cli/common.sh"

cat >bash.sh <<'BASH'
. "$1"
while read -ra words; do
    COMP_WORDS=("${words[@]}" "")
    [[ ${words[-1]} == -- ]] && COMP_WORDS=("${words[@]}")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _wary "${words[0]}" 2>/dev/null
    echo "${words[*]}: ${COMPREPLY[*]}"
done
BASH

cat >zsh.sh <<'ZSH'
fpath=(${1:h} $fpath)
autoload -U _wary
_describe() { print -r -- ${${(P)@[-1]}%%:*} }
while read -rA words; do
    print -rn -- "$words: "
    [[ $words[-1] == -- ]] || words+=('')
    CURRENT=$#words
    print -r -- $(_wary)
done
ZSH

cat >terminal.sh <<'ZSH'
zmodload zsh/zpty
zpty terminal zsh -f -i
zpty -w terminal "fpath=(${1:h} \$fpath) path=(${2:h} \$path); autoload -U compinit && compinit -u -D && print rea''dy"
zpty -r -m terminal said '*ready*'
for pressed wanted in $'wary sta\t' '*state *' $'ba\t' '*backup *' $'--st\t' '*--state *'; do
    zpty -w -n terminal $pressed
    zpty -r -m terminal said $wanted || exit
done
zpty -d terminal
ZSH

options() {
    "$wary" "$1" --help | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '--[a-z-]+'
}
verbs=$("$wary" --help | sed -nE 's/^  wary ([a-z-]+) .*/\1/p')
[ "$(wc -w <<<"$verbs")" -ge 6 ] || die "only $verbs"
{
    echo "$wary"
    for verb in $verbs; do echo "$wary $verb --"; done
    echo "$wary state"
    echo "$wary evaluate --without"
} >asked

# offered WORDS…: what is offered after these.
offered() {
    grep -F -- "$*: " offers | sed 's/^[^:]*://'
}
# try SHELL FILE: all that is asked of it.
try() {
    local verb option
    "$1" "$1.sh" "$2" <asked >offers || die "$1: $(cat offers)"
    for verb in $verbs; do
        grep -qw -- "$verb" <<<"$(offered "$wary")" || die "$1: no $verb in $(cat offers)"
        for option in $(options "$verb"); do
            grep -qw -e "$option" <<<"$(offered "$wary $verb --")" ||
                die "$1: no $verb $option in $(cat offers)"
        done
    done
    grep -q ' backup' <<<"$(offered "$wary state")" || die "$1: no actions in $(cat offers)"
    grep -q ' novelty' <<<"$(offered "$wary evaluate --without")" || die "$1: no families"
}
try bash "$SOURCE_DIR/docs/completion/wary.bash"
type -P zsh >/dev/null || { echo "no zsh: its completion is not tried" && exit; }
try zsh "$SOURCE_DIR/docs/completion/_wary"
TERM=dumb timeout 120 zsh -f terminal.sh "$SOURCE_DIR/docs/completion/_wary" "$wary" ||
    die "zsh completes nothing in a terminal"
echo "$(wc -l <asked) lines completed by two shells"
