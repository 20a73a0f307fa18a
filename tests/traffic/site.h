#ifndef TESTS_TRAFFIC_SITE_H
#define TESTS_TRAFFIC_SITE_H

#include "tests/traffic/schedule.h"
#include "tests/traffic/simulation.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Who lives at a site and what they do, as tables. */

enum verb {
    VERB_TLS,         /* look the peer up, connect, exchange, close */
    VERB_TLS_CHANNEL, /* stay connected, exchange at each turn */
    VERB_MQTT,        /* stay connected to a broker on the site, publish */
    VERB_HTTP,        /* fetch; a push where more goes up than comes down */
    VERB_BROWSE,      /* a person at a browser: new sites all day */
    VERB_NTP,
    VERB_MDNS,
    VERB_SSDP,
    VERB_MODBUS,       /* poll registers over one lasting connection */
    VERB_MODBUS_WRITE, /* a set point now and then */
    VERB_BACNET,
    VERB_BACNET_WHO_IS,
    VERB_PING,
    VERB_SNMP,
    VERB_SYSLOG,
    VERB_SIP,
    VERB_RTSP, /* stay connected to a camera; clips come in bursts */
    VERB_PRINT,
    VERB_SMB,
    VERB_SSH,
    VERB_IGMP,
    VERB_GOOSE,
    VERB_PROFINET,
    VERB_PTP,
    VERB_LLDP,
    VERB_STP,
};

/* One habit of a device. */
struct service {
    enum verb verb;
    uint16_t port;
    uint16_t pool; /* addresses behind the name; 0 is 1 */
    /* A name in the world, after "!" for an address that was built in; "@label": a host of
       the site; "@label*": each of them. */
    const char *peer;
    struct schedule schedule;
    uint32_t up_bytes, down_bytes; /* medians of one exchange */
    double spread;                 /* sigma of their logarithm */
    double life_s;                 /* mean life of a lasting connection; 0: a week */
    const char *text;              /* path, topic, service type: what the verb wants */
};

struct profile {
    const char *label; /* "camera": what other tables call it */
    const char *name;  /* host name, with %02u or %04x for what is individual */
    uint8_t oui[3];    /* all zero: a locally administered, random address */
    uint8_t ttl;
    uint8_t tls_stack;
    bool dual_stack;    /* asks for AAAA as well */
    bool bacnet;        /* answers Who-Is */
    bool sleepy;        /* joins anew each time it has something to say */
    bool silent_name;   /* sends no host name by DHCP */
    double arp_s;       /* how long its ARP cache lasts */
    double reboot_days; /* mean time between reboots; 0: never */
    enum presence presence;
    const char *vendor_class,
        *dhcp_parameters; /* option 60, 55; no 55: static address */
    const struct service *services;
    size_t service_count;
};

/* A site: who must be there, and who comes in turn until there are enough. */
struct site {
    const char *name;
    const struct profile *const *fixed;
    size_t fixed_count;
    const struct profile *const *crowd;
    size_t crowd_count;
    uint32_t network;
};

extern const struct site site_home, site_building, site_plant, site_office;

/* NULL where there is no such site. */
const struct site *site_by_name(const char *name);

/* Make `count` hosts (at least the fixed ones) and two visitors who stay away until something
   calls them, and let them live. What is random about them
   comes from the simulation's seed. The gateway is host 0. */
void site_populate(struct simulation *simulation, const struct site *site,
                   size_t count);

/* How many of the hosts belong here: all but the visitors. */
size_t site_residents(const struct simulation *simulation);

#endif
