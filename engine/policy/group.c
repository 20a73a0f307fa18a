#include "engine/policy/group.h"

#include <stdio.h>
#include <string.h>

static bool is_name(const char *name) {
    for (const char *c = name; *c; c++)
        if ((unsigned char)*c < ' ' || *c == 127)
            return false;
    return *name && strlen(name) < GROUP_NAME_BYTES;
}

bool group_get(struct group_set *groups, const char *name, uint8_t *group,
               char error[GROUP_ERROR_BYTES]) {
    unsigned i = 0;
    while (i < groups->count && strcmp(groups->names[i], name) != 0)
        i++;
    *group = (uint8_t)i;
    if (i < groups->count)
        return true;
    if (!is_name(name)) {
        snprintf(error, GROUP_ERROR_BYTES, "a group's name is 1 to %d characters",
                 GROUP_NAME_BYTES - 1);
        return false;
    }
    if (i == GROUP_MAX) {
        snprintf(error, GROUP_ERROR_BYTES, "more than %d groups", GROUP_MAX);
        return false;
    }
    snprintf(groups->names[groups->count++], GROUP_NAME_BYTES, "%s", name);
    return true;
}

static int compare(const struct group_member *member, const struct mac *mac,
                   const struct address *ip) {
    if (member->ip.family != ip->family)
        return member->ip.family < ip->family ? -1 : 1;
    return ip->family ? memcmp(member->ip.bytes, ip->bytes, sizeof ip->bytes)
                      : memcmp(member->mac.bytes, mac->bytes, sizeof mac->bytes);
}

/* Where it is, or would be. */
static unsigned place_of(const struct group_set *groups, const struct mac *mac,
                         const struct address *ip, bool *found) {
    unsigned low = 0, high = groups->member_count;
    *found = false;
    while (low < high && !*found) {
        unsigned middle = low + (high - low) / 2;
        int order = compare(&groups->members[middle], mac, ip);
        *found = order == 0;
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return *found ? high : low;
}

bool group_add(struct group_set *groups, uint8_t group, const char *device,
               char error[GROUP_ERROR_BYTES]) {
    struct group_member member;
    bool found;
    memset(&member, 0, sizeof member);
    member.group = group;
    if (!mac_parse(device, &member.mac) && !address_parse(device, &member.ip)) {
        snprintf(error, GROUP_ERROR_BYTES, "'%.60s' is no MAC and no IP address",
                 device);
        return false;
    }
    unsigned at = place_of(groups, &member.mac, &member.ip, &found);
    if (found && groups->members[at].group == group)
        return true;
    if (found || groups->member_count == GROUP_MEMBERS) {
        if (found)
            snprintf(error, GROUP_ERROR_BYTES, "%.60s is already in group '%s'", device,
                     groups->names[groups->members[at].group]);
        else
            snprintf(error, GROUP_ERROR_BYTES, "more than %d devices in groups",
                     GROUP_MEMBERS);
        return false;
    }
    memmove(&groups->members[at + 1], &groups->members[at],
            (groups->member_count - at) * sizeof member);
    groups->members[at] = member;
    groups->member_count++;
    return true;
}

const char *group_of(const struct group_set *groups, const struct mac *mac,
                     const struct address *ip) {
    bool found;
    unsigned at = place_of(groups, mac, ip, &found);
    return found ? groups->names[groups->members[at].group] : NULL;
}
