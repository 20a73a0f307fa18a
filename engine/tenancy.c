#include "engine/tenancy.h"

#include "engine/base/checksum.h"

#include <stdlib.h>
#include <string.h>

bool tenancy_init(struct tenancies *tenancies, uint64_t seed) {
    *tenancies = (struct tenancies){
        .current = table_create(SNAPSHOT_TENANCIES, sizeof(struct address),
                                sizeof(uint64_t), seed ^ 7),
        .ring = calloc(SNAPSHOT_TENANCIES, sizeof *tenancies->ring),
    };
    return tenancies->current && tenancies->ring;
}

void tenancy_free(struct tenancies *tenancies) {
    table_destroy(tenancies->current);
    free(tenancies->ring);
    *tenancies = (struct tenancies){.current = NULL};
}

static struct tenancy *at(struct tenancies *tenancies, uint64_t number) {
    return &tenancies->ring[number % SNAPSHOT_TENANCIES];
}

static void show(struct tenancies *tenancies, uint64_t number) {
    tenancies->show(tenancies->context, number, at(tenancies, number));
}

static void set_current(struct tenancies *tenancies, const struct address *ip,
                        uint64_t number) {
    bool fresh;
    *(uint64_t *)table_get(tenancies->current, ip, &fresh) = number;
}

/* The oldest makes room: who holds that address is known no longer. */
static void make_room(struct tenancies *tenancies, uint64_t number) {
    const struct tenancy *old = at(tenancies, number);
    uint64_t *current =
        old->ip.family ? table_find(tenancies->current, &old->ip) : NULL;
    if (current && *current % SNAPSHOT_TENANCIES == number % SNAPSHOT_TENANCIES)
        table_remove(tenancies->current, current);
    tenancies->next = number + 1;
}

void tenancy_restore(struct tenancies *tenancies, uint64_t number,
                     const struct tenancy *tenancy) {
    make_room(tenancies, number);
    *at(tenancies, number) = *tenancy;
    if (!tenancy->to_ns)
        set_current(tenancies, &tenancy->ip, number);
}

static void hold(struct tenancies *tenancies, const char *id, const struct address *ip,
                 uint64_t from_ns) {
    uint64_t *current = table_find(tenancies->current, ip);
    if (current && strcmp(at(tenancies, *current)->device, id) == 0)
        return;
    if (current) {
        at(tenancies, *current)->to_ns = from_ns;
        show(tenancies, *current);
    }
    uint64_t number = tenancies->next;
    make_room(tenancies, number);
    struct tenancy *made = at(tenancies, number);
    *made = (struct tenancy){.ip = *ip, .from_ns = from_ns};
    memcpy(made->device, id, sizeof made->device);
    set_current(tenancies, ip, number);
    show(tenancies, number);
}

/* The same whatever their order, which is that of use; never 0. */
static uint32_t sum_of(const struct device *device) {
    uint64_t sum = 0;
    for (unsigned i = 0; i < device->address_count; i++)
        sum += checksum_of(&device->addresses[i], sizeof device->addresses[i], 0);
    return (uint32_t)(sum ^ sum >> 32) | 1;
}

void tenancy_follow(struct tenancies *tenancies, struct device *device,
                    uint64_t from_ns, uint64_t to_ns) {
    char id[DEVICE_ID_BYTES] = "";
    uint32_t sum = sum_of(device);
    if (!tenancies->show || device->address_sum == sum)
        return;
    device->address_sum = sum;
    device_id(device, id, sizeof id);
    uint64_t since_ns = device->first_ns > from_ns && device->first_ns < to_ns
                            ? device->first_ns
                            : from_ns;
    if (device->key.ip.family)
        hold(tenancies, id, &device->key.ip, since_ns);
    for (unsigned i = 0; i < device->address_count; i++)
        hold(tenancies, id, &device->addresses[i], since_ns);
}
