# Completion for wary: what the program says of itself.
_wary() {
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]}
    local verb=${COMP_WORDS[1]-} words=
    if ((COMP_CWORD == 1)); then
        words="$("$1" --help 2>/dev/null | sed -nE 's/^  wary ([a-z-]+) .*/\1/p') --help --version"
    elif [[ $word == -* ]]; then
        words=$("$1" "$verb" --help 2>/dev/null | grep -oE '^ +(-., )?--[a-z-]+' | grep -oE -- '-.*')
        words=${words//,/}
    else
        case $verb:$before in
        *:-i | *:--interface) words=$(cd /sys/class/net && echo *) ;;
        *:--speed) words=max ;;
        *:--without) words='volume shape novelty rhythm lasting' ;;
        *:--scopes) words='risk.read decide facts.write admin' ;;
        *:--listen) words=127.0.0.1:8731 ;;
        state:state) words='info check backup export import' ;;
        token:token) words='create list revoke' ;;
        esac
    fi
    if [[ $words ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    else
        compopt -o default 2>/dev/null
        COMPREPLY=()
    fi
}
complete -F _wary wary
