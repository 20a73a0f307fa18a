#include "tests/traffic/site_tables.h"

/* A plant: controllers polled over Modbus/TCP, protection relays that speak GOOSE, a grand
   master clock, a historian, engineering by day. Few things here ever meet the world. */

static const struct service gateway_services[] = {
    SAYS(VERB_STP, CYCLE(2, 0.005)),
    SAYS(VERB_LLDP, EVERY(30, 0.005)),
};
static const struct profile gateway = {.label = "gateway",
                                       .name = "firewall",
                                       .oui = {0x00, 0x1b, 0x1b},
                                       .ttl = 64,
                                       .arp_s = 600,
                                       SERVICES(gateway_services)};

static const struct service operator_services[] = {
    DOES(VERB_MODBUS, "@plc*", 502, CYCLE(1, 0.004), 0, 0, 0),
    DOES(VERB_MODBUS_WRITE, "@plc*", 502, PEOPLE(40 * MINUTE, RHYTHM_SHIFT), 0, 0, 0),
    DOES(VERB_SMB, "@historian", 445, PEOPLE(2 * HOUR, RHYTHM_SHIFT), 3000, 40000, 0.8),
    NTP("@clock", 0, EVERY(5 * MINUTE, 0.02)),
};
static const struct profile operator_panel = {.label = "hmi",
                                              .name = "hmi-%02u",
                                              .oui = {0x08, 0x00, 0x06},
                                              .ttl = 128,
                                              .arp_s = 60,
                                              .reboot_days = 45,
                                              SERVICES(operator_services)};

static const struct service historian_services[] = {
    DOES(VERB_MODBUS, "@rtu*", 502, CYCLE(4, 0.01), 0, 0, 0),
    DOES(VERB_MODBUS, "@plc*", 502, CYCLE(10, 0.01), 0, 0, 0),
    DOES(VERB_PING, "@rtu*", 0, EVERY(30 * MINUTE, 0.01), 0, 0, 0),
    DOES(VERB_SNMP, "@switch*", 161, EVERY(MINUTE, 0.01), 0, 0, 0),
    TLS("mirror.plantdata.example", 2, EVERY(10 * MINUTE, 0.03), 14000, 800, 0.4),
    HTTP("!licence.plantdata.example", 80, 1, EVERY(5 * MINUTE, 0.02), 90, 300, 0.05,
         "/lease"),
    TLS("mirror.plantdata.example", 2, WEEKLY(0, 3, 1), 12000000, 900, 0.2),
    NTP("@clock", 0, EVERY(5 * MINUTE, 0.02)),
};
static const struct profile historian = {.label = "historian",
                                         .name = "historian-%02u",
                                         .oui = {0x3c, 0xd9, 0x2b},
                                         .ttl = 128,
                                         .tls_stack = 4,
                                         .arp_s = 60,
                                         .reboot_days = 45,
                                         SERVICES(historian_services)};

static const struct service clock_services[] = {
    SAYS(VERB_PTP, CYCLE(1, 0.0005)),
};
static const struct profile master_clock = {.label = "clock",
                                            .name = "clock-%02u",
                                            .oui = {0xec, 0x46, 0x70},
                                            .ttl = 64,
                                            .arp_s = 300,
                                            SERVICES(clock_services)};

static const struct service engineer_services[] = {
    DOES(VERB_SSH, "@historian", 22, PEOPLE(5 * HOUR, RHYTHM_SHIFT), 0, 300, 0.6),
    DOES(VERB_MODBUS, "@plc", 502, PEOPLE(90 * MINUTE, RHYTHM_SHIFT), 0, 0, 0),
    DOES(VERB_MODBUS, "@plc*", 502, WEEKLY(3, 9, 2), 0, 0, 0),
    DOES(VERB_SMB, "@historian", 445, PEOPLE(HOUR, RHYTHM_SHIFT), 30000, 120000, 1.2),
    HTTP("@switch", 80, 0, PEOPLE(DAY, RHYTHM_SHIFT), 90, 12000, 0.5, "/status"),
    SAYS(VERB_PROFINET, PEOPLE(2 * HOUR, RHYTHM_SHIFT)),
    TLS("portal.vendorsupport.example", 8, PEOPLE(2 * HOUR, RHYTHM_SHIFT), 2000, 40000,
        1.0),
    NTP("@clock", 0, EVERY(HOUR, 0.1)),
};
static const struct profile engineer = {.label = "engineering",
                                        .name = "eng-%02u",
                                        .oui = {0x00, 0x14, 0x22},
                                        .ttl = 128,
                                        .tls_stack = 0,
                                        .arp_s = 45,
                                        .presence = PRESENCE_WORKER,
                                        .vendor_class = "MSFT 5.0",
                                        .dhcp_parameters =
                                            "\x01\x03\x06\x0f\x1f\x21\x2b\x2c\x2e\x2f",
                                        SERVICES(engineer_services)};

static const struct service plc_services[] = {
    NTP("@clock", 0, EVERY(64, 0.01)),
    SAYS(VERB_LLDP, EVERY(MINUTE, 0.01)),
};
static const struct profile plc = {.label = "plc",
                                   .name = "plc-%02u",
                                   .oui = {0x00, 0x80, 0xf4},
                                   .ttl = 64,
                                   .arp_s = 300,
                                   .reboot_days = 120,
                                   SERVICES(plc_services)};

static const struct service rtu_services[] = {
    NTP("@clock", 0, EVERY(17 * MINUTE, 0.01)),
};
static const struct profile rtu = {.label = "rtu",
                                   .name = "rtu-%02u",
                                   .oui = {0x00, 0x30, 0xde},
                                   .ttl = 64,
                                   .arp_s = 300,
                                   .reboot_days = 90,
                                   SERVICES(rtu_services)};

static const struct service relay_services[] = {
    SAYS(VERB_GOOSE, CYCLE(1.5, 0.002)),
    NTP("@clock", 0, EVERY(128, 0.01)),
};
static const struct profile protection = {.label = "relay",
                                          .name = "relay-%02u",
                                          .oui = {0x00, 0x1b, 0x1b},
                                          .ttl = 64,
                                          .arp_s = 400,
                                          .reboot_days = 200,
                                          SERVICES(relay_services)};

static const struct service switch_services[] = {
    SAYS(VERB_LLDP, EVERY(30, 0.01)),
    DOES(VERB_SYSLOG, "@historian", 514, EVERY(15 * MINUTE, 1.0), 0, 0, 0),
    NTP("@clock", 0, EVERY(17 * MINUTE, 0.02)),
};
static const struct profile industrial_switch = {.label = "switch",
                                                 .name = "switch-%02u",
                                                 .oui = {0x00, 0x01, 0x05},
                                                 .ttl = 64,
                                                 .arp_s = 300,
                                                 .reboot_days = 150,
                                                 SERVICES(switch_services)};

static const struct service camera_services[] = {
    HTTP("@historian", 8080, 0, EVERY(5 * MINUTE, 0.1), 12000, 60, 0.3, "/inspection"),
    TLS("watch.visioncare.example", 2, EVERY(90, 0.03), 300, 150, 0.1),
    NTP("@clock", 0, EVERY(17 * MINUTE, 0.02)),
};
static const struct profile camera = {.label = "camera",
                                      .name = "vision-%02u",
                                      .oui = {0x00, 0xd0, 0x24},
                                      .ttl = 64,
                                      .tls_stack = 1,
                                      .arp_s = 200,
                                      .reboot_days = 21,
                                      SERVICES(camera_services)};

static const struct service wireless_services[] = {
    MQTT("@historian", EVERY(60, 0.02), NULL),
    MQTT("@historian", EVERY(4 * MINUTE, 0.1), "vibration"),
    NTP("@clock", 0, EVERY(2 * HOUR, 0.05)),
};
static const struct profile wireless = {.label = "sensor",
                                        .name = "vib-%04x",
                                        .oui = {0x24, 0x0a, 0xc4},
                                        .ttl = 255,
                                        .arp_s = 300,
                                        .reboot_days = 12,
                                        .dhcp_parameters = "\x01\x03\x1c\x06",
                                        SERVICES(wireless_services)};

static const struct profile *const fixed[] = {
    &gateway, &operator_panel, &historian, &master_clock, &engineer, &plc, &camera};
static const struct profile *const crowd[] = {
    &plc,        &rtu,      &industrial_switch,
    &protection, &rtu,      &wireless,
    &plc,        &rtu,      &camera,
    &protection, &wireless, &rtu,
    &engineer,   &rtu,      &protection,
    &wireless,   &rtu,      &industrial_switch,
    &wireless,   &camera,   &rtu};

const struct site site_plant = {"plant", fixed,        COUNT(fixed),
                                crowd,   COUNT(crowd), 0xc0a86400};
