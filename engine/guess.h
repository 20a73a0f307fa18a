#ifndef ENGINE_GUESS_H
#define ENGINE_GUESS_H

#include "engine/fact.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What kind of device it is, by what several sources say: each rule adds to a type's weight,
   the best rule of each kind of fact counts, and a type is named from 1 on. A DHCP
   fingerprint alone never names one: it tells the operating system's library, not the
   device. Pure: facts in, a type out. */

#define DEVICE_TYPES(X)                                                                \
    X(UNKNOWN, "")                                                                     \
    X(ROUTER, "router")                                                                \
    X(SWITCH, "switch")                                                                \
    X(ACCESS_POINT, "access point")                                                    \
    X(SERVER, "server")                                                                \
    X(STORAGE, "storage")                                                              \
    X(COMPUTER, "computer")                                                            \
    X(PHONE, "phone")                                                                  \
    X(VOICE_PHONE, "desk phone")                                                       \
    X(PRINTER, "printer")                                                              \
    X(CAMERA, "camera")                                                                \
    X(MEDIA, "media player")                                                           \
    X(SPEAKER, "speaker")                                                              \
    X(PLUG, "plug")                                                                    \
    X(LIGHT, "light")                                                                  \
    X(THERMOSTAT, "thermostat")                                                        \
    X(SENSOR, "sensor")                                                                \
    X(HUB, "hub")                                                                      \
    X(APPLIANCE, "appliance")                                                          \
    X(PLC, "controller")                                                               \
    X(RTU, "remote terminal")                                                          \
    X(OPERATOR_STATION, "operator station")                                            \
    X(BUILDING, "building controller")

enum device_type {
#define DEVICE_TYPE_ENUM(id, name) TYPE_##id,
    DEVICE_TYPES(DEVICE_TYPE_ENUM)
#undef DEVICE_TYPE_ENUM
        TYPE_COUNT
};

struct guess {
    uint32_t serves, uses; /* sets of services that tell something, by guess_service */
    uint8_t type;          /* enum device_type */
    uint8_t confidence;    /* percent */
};

/* Whether a fact of this kind can change a guess. */
bool guess_asks_for(uint8_t kind);

/* What a guess is made from. */
struct clues {
    const struct known_fact *facts;
    size_t fact_count;
    const char *vendor; /* by its MAC, "" if unknown */
    bool is_router;
};

/* The bit of a service in `serves` and `uses`; 0 for those that tell nothing. */
uint32_t guess_service(uint8_t protocol, uint16_t port);

/* Renew the guess. What was guessed before stays unless something else is clearly better. */
void guess_update(struct guess *guess, const struct clues *clues);

/* Why this type, as a list: "service _ipp._tcp, vendor Brother". */
void guess_reasons(const struct guess *guess, const struct clues *clues, char *text,
                   size_t size);

const char *guess_type_name(enum device_type type); /* "" unknown */

#endif
