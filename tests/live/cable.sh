# shellcheck shell=bash
# shellcheck disable=SC2034 # used by those who source it
# A virtual cable from one network namespace to another, on which there is nothing but what is
# played into it. Sourced by tests and benchmarks; each has a cable of its own.
here=wary-here-$$ there=wary-there-$$

# plug: the cable between the two; again after one end was taken away.
plug() {
    local end
    ip -n "$here" link add cable type veth peer name cable netns "$there" || return
    for end in "$here" "$there"; do
        ip -n "$end" link set cable arp off mtu 9000 up || return
    done
}

# lay_cable: the namespaces, and the cable in them. Only root can.
lay_cable() {
    local end
    for end in "$here" "$there"; do
        ip netns add "$end" || return
        ip netns exec "$end" sysctl -qw net.ipv6.conf.all.disable_ipv6=1 \
            net.ipv6.conf.default.disable_ipv6=1 2>/dev/null
        ip -n "$end" link set lo up || return
    done
    plug
}

# take_cable_away: what is there of it.
take_cable_away() {
    ip netns del "$here" 2>/dev/null
    ip netns del "$there" 2>/dev/null
    return 0
}
