#ifndef ENGINE_SENSOR_H
#define ENGINE_SENSOR_H

#include "engine/base/record.h"
#include "engine/engine.h"
#include "engine/risk.h"
#include "engine/sliding.h"
#include "models/heavy.h"

#include <stdbool.h>
#include <stdint.h>

/* What can be held against no device, for whoever does it invents his addresses: devices that
   appear in masses, say one thing and are never heard again; attempts at one service from
   everywhere. It is told of the sensor itself. Fixed size; owned by the engine's thread. */

#define SENSOR_ID "sensor" /* in a finding, where a device's id stands else */

enum { SENSOR_TARGETS = 32, SENSOR_REGISTERS = 64, SENSOR_KINDS = 2 };

struct sensor {
    uint64_t begun_s;                   /* of this stretch of capture; 0 not yet */
    struct sliding_count born, settled; /* devices; of those, who stayed */
    struct address last_ip;             /* of the last one born, where it has no MAC */
    struct mac last_mac;
    uint32_t held_s[SENSOR_KINDS];               /* when each finding held last */
    struct heavy_place attempts[SENSOR_TARGETS]; /* the services tried most */
    struct sensor_target {
        struct address ip;
        uint16_t port;
        uint8_t protocol;
        uint8_t sources[SENSOR_REGISTERS / 2]; /* a sketch of who tried */
    } targets[SENSOR_TARGETS];
};

/* Time has stepped: what was counted is over. */
void sensor_forget(struct sensor *sensor);

/* A device was made. */
void sensor_born(struct sensor *sensor, const struct invariant_limits *limits,
                 const struct mac *mac, const struct address *ip, uint64_t now_s);

/* It was heard of again, or somebody spoke to it, `age_s` after it was made. */
void sensor_settled(struct sensor *sensor, const struct invariant_limits *limits,
                    uint64_t age_s, uint64_t now_s);

/* A flow did something: was it an attempt in vain? O(SENSOR_TARGETS). */
void sensor_flow(struct sensor *sensor, const struct flow_record *flow);

/* To be called at each tick. Writes what is news, at most SENSOR_KINDS; returns how many. */
unsigned sensor_judge(struct sensor *sensor, const struct invariant_limits *limits,
                      uint64_t now_s, struct evidence news[SENSOR_KINDS]);

#endif
