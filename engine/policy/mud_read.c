#include "engine/policy/mud_entry.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where the reader stands, and what it fills. */
struct reader {
    struct mud *mud;
    struct mistake *mistake;
    size_t room; /* places for entries */
};

static const cJSON *member(const cJSON *json, const char *name) {
    return cJSON_GetObjectItemCaseSensitive(json, name);
}

/* With its module's name or without, as JSON_IETF (RFC 7951) allows below a node of the
   same module. */
static const cJSON *member_of(const cJSON *json, const char *module, const char *name) {
    char full[64];
    snprintf(full, sizeof full, "%s:%s", module, name);
    const cJSON *found = member(json, full);
    return found ? found : member(json, name);
}

static bool keep(struct reader *reader, const struct place *place, const cJSON *json,
                 char **text) {
    size_t length = cJSON_IsString(json) ? strlen(json->valuestring) : 0;
    if (length == 0 || length >= MUD_NAME_BYTES)
        return place_mistake(place, reader->mistake,
                             "a text of 1 to %d bytes is wanted", MUD_NAME_BYTES - 1);
    free(*text);
    *text = strdup(json->valuestring);
    return *text || place_mistake(place, reader->mistake, "no memory");
}

static bool read_number(struct reader *reader, const struct place *place,
                        const cJSON *json, unsigned most, unsigned *number) {
    double value = cJSON_IsNumber(json) ? json->valuedouble : -1;
    if (!(value >= 0 && value <= most) || value != floor(value))
        return place_mistake(place, reader->mistake,
                             "a whole number of 0 to %u is wanted", most);
    *number = (unsigned)value;
    return true;
}

/* RFC 8519: an operator and a port, or a lower and an upper one. */
static bool read_ports(struct reader *reader, const struct place *place,
                       const cJSON *json, struct mud_ports *ports) {
    static const char *const members[] = {"operator", "port", "lower-port",
                                          "upper-port", NULL};
    if (!place_check_object(place, json, members, reader->mistake))
        return false;
    const cJSON *operator= member(json, "operator"), *port = member(json, "port");
    const char *name = cJSON_IsString(operator) ? operator->valuestring : "range";
    unsigned low = 0, high = UINT16_MAX;
    if (!port) {
        const struct place lower = {place, "lower-port", 0},
                           upper = {place, "upper-port", 0};
        /* Published files call a range "eq", too. */
        if (strcmp(name, "range") != 0 &&
            !(strcmp(name, "eq") == 0 && member(json, "lower-port")))
            return place_mistake(place, reader->mistake, "a port is missing");
        if (!read_number(reader, &lower, member(json, "lower-port"), UINT16_MAX,
                         &low) ||
            !read_number(reader, &upper, member(json, "upper-port"), UINT16_MAX, &high))
            return false;
        if (low > high)
            return place_mistake(place, reader->mistake, "the range is empty");
    } else {
        const struct place here = {place, "port", 0};
        unsigned number = 0;
        if (!read_number(reader, &here, port, UINT16_MAX, &number))
            return false;
        if (!operator|| !strcmp(name, "eq") || !strcmp(name, "neq"))
            low = high = number;
        else if (!strcmp(name, "lte"))
            high = number;
        else if (!strcmp(name, "gte"))
            low = number;
        else
            return place_mistake(place, reader->mistake,
                                 "'%.20s' is none of eq, neq, lte, gte, range", name);
        ports->outside = !strcmp(name, "neq");
    }
    ports->low = (uint16_t)low;
    ports->high = (uint16_t)high;
    return true;
}

static bool not_understood(struct reader *reader, const struct place *place) {
    return place_mistake(place, reader->mistake, "a match that is not understood");
}

static bool read_transport(struct reader *reader, const struct place *place,
                           const cJSON *json, uint8_t protocol,
                           struct mud_entry *entry) {
    if (entry->has_protocol && entry->protocol != protocol)
        return place_mistake(place, reader->mistake, "the protocol is another one");
    entry->has_protocol = true;
    entry->protocol = protocol;
    if (!place_check_object(place, json, NULL, reader->mistake))
        return false;
    for (const cJSON *at = json->child; at; at = at->next) {
        const struct place here = {place, at->string, 0};
        bool source = !strcmp(at->string, "source-port");
        if (source || !strcmp(at->string, "destination-port")) {
            if (!read_ports(reader, &here, at,
                            source != entry->to_device ? &entry->device_ports
                                                       : &entry->peer_ports))
                return false;
        } else if (protocol == 6 &&
                   (!strcmp(at->string, "direction-initiated") ||
                    !strcmp(at->string, "ietf-mud:direction-initiated"))) {
            const char *who = cJSON_IsString(at) ? at->valuestring : "";
            if (strcmp(who, "from-device") != 0 && strcmp(who, "to-device") != 0)
                return place_mistake(&here, reader->mistake,
                                     "neither from-device nor to-device");
            entry->opener = who[0] == 'f' ? OPENED_BY_DEVICE : OPENED_BY_PEER;
        } else {
            return not_understood(reader, &here);
        }
    }
    return true;
}

/* One of the other version, as in published files, matches nothing. */
static bool read_network(struct reader *reader, const struct place *place,
                         const cJSON *json, struct prefix *prefix) {
    if (!cJSON_IsString(json) || !prefix_parse(json->valuestring, prefix))
        return place_mistake(place, reader->mistake, "not a network");
    return true;
}

/* "a.example." is a.example. */
static void drop_root(char *name) {
    size_t length = strlen(name);
    if (length > 1 && name[length - 1] == '.')
        name[length - 1] = '\0';
}

static bool read_ip(struct reader *reader, const struct place *place, const cJSON *json,
                    uint8_t family, struct mud_entry *entry) {
    entry->family = family;
    if (!place_check_object(place, json, NULL, reader->mistake))
        return false;
    for (const cJSON *at = json->child; at; at = at->next) {
        const struct place here = {place, at->string, 0};
        const char *name =
            strchr(at->string, ':') ? strchr(at->string, ':') + 1 : at->string;
        unsigned number = 0;
        bool source = !strncmp(name, "src-", 4) || !strncmp(name, "source-", 7);
        bool of_device = source != entry->to_device;
        if (!strcmp(name, "protocol")) {
            if (!read_number(reader, &here, at, UINT8_MAX, &number))
                return false;
            if (entry->has_protocol && entry->protocol != number)
                return place_mistake(&here, reader->mistake,
                                     "the protocol is another one");
            entry->has_protocol = true;
            entry->protocol = (uint8_t)number;
        } else if (!strcmp(name, "src-dnsname") || !strcmp(name, "dst-dnsname")) {
            if (of_device)
                return place_mistake(&here, reader->mistake,
                                     "this end is the device, which needs no name");
            if (!keep(reader, &here, at, &entry->name))
                return false;
            drop_root(entry->name);
        } else if (!strcmp(name, family == 4 ? "source-ipv4-network"
                                             : "source-ipv6-network") ||
                   !strcmp(name, family == 4 ? "destination-ipv4-network"
                                             : "destination-ipv6-network")) {
            if (!read_network(reader, &here, at,
                              of_device ? &entry->device : &entry->peer))
                return false;
        } else {
            return not_understood(reader, &here);
        }
    }
    return true;
}

static bool read_icmp(struct reader *reader, const struct place *place,
                      const cJSON *json, struct mud_entry *entry) {
    static const char *const members[] = {"type", "code", NULL};
    unsigned type = 0, code = 0;
    const struct place at_type = {place, "type", 0}, at_code = {place, "code", 0};
    if (!place_check_object(place, json, members, reader->mistake))
        return false;
    entry->is_icmp = true;
    entry->has_type = member(json, "type");
    entry->has_code = member(json, "code");
    if ((entry->has_type &&
         !read_number(reader, &at_type, member(json, "type"), UINT8_MAX, &type)) ||
        (entry->has_code &&
         !read_number(reader, &at_code, member(json, "code"), UINT8_MAX, &code)))
        return false;
    entry->type = (uint8_t)type;
    entry->code = (uint8_t)code;
    return true;
}

/* The device's own MAC says nothing that is not known. */
static bool read_eth(struct reader *reader, const struct place *place,
                     const cJSON *json, struct mud_entry *entry) {
    if (!place_check_object(place, json, NULL, reader->mistake))
        return false;
    for (const cJSON *at = json->child; at; at = at->next) {
        const struct place here = {place, at->string, 0};
        bool source = !strcmp(at->string, "source-mac-address");
        if (source || !strcmp(at->string, "destination-mac-address")) {
            struct mac mac;
            if (!cJSON_IsString(at) || !mac_parse(at->valuestring, &mac))
                return place_mistake(&here, reader->mistake, "not a MAC");
            if (source == entry->to_device)
                entry->peer_mac = mac;
        } else if (!strcmp(at->string, "ethertype")) {
            char *end = NULL;
            double value = cJSON_IsString(at)
                               ? (double)strtoul(at->valuestring, &end, 0)
                           : cJSON_IsNumber(at) ? at->valuedouble
                                                : -1;
            if (!(value >= 0 && value <= UINT16_MAX) || (end && *end))
                return place_mistake(&here, reader->mistake, "not an EtherType");
            entry->has_ethertype = true;
            entry->ethertype = (uint16_t)value;
        } else {
            return not_understood(reader, &here);
        }
    }
    return true;
}

static bool read_abstraction(struct reader *reader, const struct place *place,
                             const cJSON *json, struct mud_entry *entry) {
    if (!place_check_object(place, json, NULL, reader->mistake))
        return false;
    for (const cJSON *at = json->child; at; at = at->next) {
        const struct place here = {place, at->string, 0};
        char **text = NULL;
        if (!strcmp(at->string, "local-networks"))
            entry->local_networks = true;
        else if (!strcmp(at->string, "same-manufacturer"))
            entry->same_manufacturer = true;
        else if (!strcmp(at->string, "my-controller"))
            entry->my_controller = true;
        else if (!strcmp(at->string, "controller"))
            text = &entry->controller;
        else if (!strcmp(at->string, "manufacturer"))
            text = &entry->manufacturer;
        else if (!strcmp(at->string, "model"))
            text = &entry->model;
        else
            return not_understood(reader, &here);
        if (text && !keep(reader, &here, at, text))
            return false;
    }
    return true;
}

static bool read_matches(struct reader *reader, const struct place *place,
                         const cJSON *json, struct mud_entry *entry) {
    if (!json)
        return true; /* everything */
    if (!place_check_object(place, json, NULL, reader->mistake))
        return false;
    bool good = true;
    for (const cJSON *at = json->child; good && at; at = at->next) {
        const struct place here = {place, at->string, 0};
        if (!strcmp(at->string, "ipv4"))
            good = read_ip(reader, &here, at, 4, entry);
        else if (!strcmp(at->string, "ipv6"))
            good = read_ip(reader, &here, at, 6, entry);
        else if (!strcmp(at->string, "tcp"))
            good = read_transport(reader, &here, at, 6, entry);
        else if (!strcmp(at->string, "udp"))
            good = read_transport(reader, &here, at, 17, entry);
        else if (!strcmp(at->string, "icmp"))
            good = read_icmp(reader, &here, at, entry);
        else if (!strcmp(at->string, "eth"))
            good = read_eth(reader, &here, at, entry);
        else if (!strcmp(at->string, "ietf-mud:mud"))
            good = read_abstraction(reader, &here, at, entry);
        else
            good = not_understood(reader, &here);
    }
    return good;
}

/* What an extension adds beside the matches allows no more: RFC 8520 has it ignored. */
static bool check_members(struct reader *reader, const struct place *place,
                          const cJSON *json, const char *const *members) {
    const cJSON *at;
    cJSON_ArrayForEach(at, json) {
        const struct place here = {place, at->string, 0};
        const char *const *known = members;
        while (*known && strcmp(*known, at->string) != 0)
            known++;
        if (!*known && !strchr(at->string, ':'))
            return place_mistake(&here, reader->mistake, "there is no such member");
    }
    return true;
}

static bool read_entry(struct reader *reader, const struct place *place,
                       const cJSON *json, bool to_device, uint8_t family) {
    static const char *const members[] = {"name", "matches", "actions", "statistics",
                                          NULL};
    struct mud *mud = reader->mud;
    if (!place_check_object(place, json, NULL, reader->mistake) ||
        !check_members(reader, place, json, members))
        return false;
    if (mud->count == MUD_ENTRIES)
        return place_mistake(place, reader->mistake, "more than %d entries",
                             MUD_ENTRIES);
    if (mud->count == reader->room) {
        size_t room = reader->room ? 2 * reader->room : 32;
        struct mud_entry *entries = realloc(mud->entries, room * sizeof *entries);
        if (!entries)
            return place_mistake(place, reader->mistake, "no memory");
        mud->entries = entries;
        reader->room = room;
    }
    struct mud_entry *entry = &mud->entries[mud->count++];
    static const struct mud_ports all = {0, UINT16_MAX, false};
    *entry = (struct mud_entry){.to_device = to_device,
                                .family = family,
                                .device_ports = all,
                                .peer_ports = all};
    const struct place at_matches = {place, "matches", 0},
                       at_actions = {place, "actions", 0};
    const cJSON *actions = member(json, "actions");
    const cJSON *forwarding =
        member_of(actions, "ietf-access-control-list", "forwarding");
    const char *what = cJSON_IsString(forwarding) ? forwarding->valuestring : "";
    const char *colon = strchr(what, ':');
    what = colon ? colon + 1 : what;
    entry->accept = !strcmp(what, "accept");
    if (!entry->accept && strcmp(what, "drop") != 0 && strcmp(what, "reject") != 0)
        return place_mistake(&at_actions, reader->mistake,
                             "forwarding is none of accept, drop, reject");
    return read_matches(reader, &at_matches, member(json, "matches"), entry);
}

static bool read_list(struct reader *reader, const struct place *place,
                      const cJSON *acl, bool to_device) {
    const char *type = cJSON_GetStringValue(member(acl, "type"));
    uint8_t family = 0;
    if (type && strstr(type, "ipv4-acl-type") && !strstr(type, "ipv6"))
        family = 4;
    if (type && strstr(type, "ipv6-acl-type") && !strstr(type, "ipv4"))
        family = 6;
    const cJSON *aces = member(member(acl, "aces"), "ace"), *ace;
    const struct place at_aces = {place, "aces", 0}, at_ace = {&at_aces, "ace", 0};
    if (!cJSON_IsArray(aces))
        return place_mistake(&at_aces, reader->mistake, "a list `ace` is wanted");
    size_t index = 0;
    cJSON_ArrayForEach(ace, aces) {
        const struct place here = {&at_ace, NULL, index++};
        if (!read_entry(reader, &here, ace, to_device, family))
            return false;
    }
    return true;
}

/* The lists that the device's policy names, in its order. */
static bool read_policy(struct reader *reader, const cJSON *root, const cJSON *named,
                        const struct place *place, bool to_device) {
    static const char *const tops[] = {"ietf-access-control-list:acls",
                                       "ietf-access-control-list:access-lists"};
    const char *top = member(root, tops[0]) ? tops[0] : tops[1];
    const struct place at_top = {NULL, top, 0}, at_acl = {&at_top, "acl", 0};
    const cJSON *lists = member(member(root, top), "acl"), *name, *acl;
    if (!cJSON_IsArray(lists) || cJSON_GetArraySize(lists) > MUD_LISTS)
        return place_mistake(&at_acl, reader->mistake,
                             "a list of at most %d access lists is wanted", MUD_LISTS);
    if (!cJSON_IsArray(named) || cJSON_GetArraySize(named) > MUD_LISTS)
        return place_mistake(place, reader->mistake,
                             "a list of at most %d names is wanted", MUD_LISTS);
    size_t at = 0;
    cJSON_ArrayForEach(name, named) {
        const struct place here = {place, NULL, at++};
        const char *wanted =
            cJSON_GetStringValue(cJSON_IsObject(name) ? member(name, "name") : name);
        const cJSON *found = NULL;
        size_t index = 0, where = 0;
        cJSON_ArrayForEach(acl, lists) {
            const char *its = cJSON_GetStringValue(member(acl, "name"));
            if (wanted && its && !strcmp(its, wanted)) {
                found = acl;
                where = index;
            }
            index++;
        }
        if (!found)
            return place_mistake(&here, reader->mistake,
                                 "there is no access list of that name");
        const struct place at_list = {&at_acl, NULL, where};
        if (!read_list(reader, &at_list, found, to_device))
            return false;
    }
    return true;
}

static int compare_names(const void *a, const void *b) {
    return strcasecmp(*(const char *const *)a, *(const char *const *)b);
}

static bool collect_names(struct reader *reader) {
    struct mud *mud = reader->mud;
    mud->names = malloc((mud->count + 1) * sizeof *mud->names);
    if (!mud->names)
        return place_mistake(NULL, reader->mistake, "no memory");
    for (size_t i = 0; i < mud->count; i++)
        if (mud->entries[i].name)
            mud->names[mud->name_count++] = mud->entries[i].name;
    qsort(mud->names, mud->name_count, sizeof *mud->names, compare_names);
    return true;
}

static bool read_document(struct reader *reader, const cJSON *root) {
    enum { DEPTH = 32 };
    const struct place at_mud = {NULL, "ietf-mud:mud", 0},
                       at_version = {&at_mud, "mud-version", 0},
                       at_url = {&at_mud, "mud-url", 0},
                       at_system = {&at_mud, "systeminfo", 0};
    const cJSON *mud = member(root, "ietf-mud:mud"),
                *system = member(mud, "systeminfo"), *policy;
    unsigned version = 0;
    if (!place_check_all(NULL, root, DEPTH, reader->mistake) ||
        !place_check_object(NULL, root, NULL, reader->mistake) ||
        !place_check_object(&at_mud, mud, NULL, reader->mistake) ||
        !read_number(reader, &at_version, member(mud, "mud-version"), UINT8_MAX,
                     &version) ||
        !keep(reader, &at_url, member(mud, "mud-url"), &reader->mud->url))
        return false;
    if (version != 1)
        return place_mistake(&at_version, reader->mistake, "not version 1");
    if (strncasecmp(reader->mud->url, "https://", 8) != 0)
        return place_mistake(&at_url, reader->mistake, "does not begin with https://");
    if (system && cJSON_GetStringValue(system) && !*system->valuestring)
        system = NULL;
    if (system && !keep(reader, &at_system, system, &reader->mud->system))
        return false;
    static const char *const policies[] = {"from-device-policy", "to-device-policy"};
    for (unsigned i = 0; i < 2; i++) {
        const struct place at_policy = {&at_mud, policies[i], 0},
                           at_lists = {&at_policy, "access-lists", 0},
                           at_list = {&at_lists, "access-list", 0};
        if (!(policy = member(mud, policies[i])))
            continue; /* nothing is allowed that way */
        if (!read_policy(reader, root,
                         member(member(policy, "access-lists"), "access-list"),
                         &at_list, i == 1))
            return false;
    }
    return collect_names(reader);
}

struct mud *mud_create(const char *text, size_t length, struct mistake *mistake) {
    mistake->text[0] = '\0';
    struct reader reader = {calloc(1, sizeof(struct mud)), mistake, 0};
    char *copy = length <= MUD_BYTES ? malloc(length + 1) : NULL;
    cJSON *root = NULL;
    bool good = false;
    if (!reader.mud || !copy) {
        place_mistake(NULL, mistake, "%s",
                      length > MUD_BYTES ? "longer than a profile can be"
                                         : "no memory");
    } else {
        memcpy(copy, text, length);
        copy[length] = '\0';
        root = place_parse(copy, length, mistake);
        good = root && read_document(&reader, root);
    }
    cJSON_Delete(root);
    free(copy);
    if (good && !reader.mud->system)
        good = (reader.mud->system = calloc(1, 1)) ||
               place_mistake(NULL, mistake, "no memory");
    if (good)
        return reader.mud;
    mud_free(reader.mud);
    return NULL;
}

struct mud *mud_read(const char *path, struct mistake *mistake) {
    struct mud *mud = NULL;
    struct mistake inner;
    size_t length;
    char *text = place_read(path, MUD_BYTES, &length, &inner);
    if (text)
        mud = mud_create(text, length, &inner);
    free(text);
    mistake->text[0] = '\0';
    if (!mud)
        place_mistake(NULL, mistake, "%.120s: %.260s", path, inner.text);
    return mud;
}
