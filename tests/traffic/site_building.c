#include "tests/traffic/site_tables.h"

/* A commercial building: automation over BACnet/IP and Modbus, doors, cameras with a
   recorder of their own, occupancy sensors that publish to an analytics server. */

static const struct service gateway_services[] = {
    SAYS(VERB_IGMP, EVERY(125, 0.01)),
    SAYS(VERB_LLDP, EVERY(30, 0.01)),
    DOES(VERB_SYSLOG, "@management", 514, EVERY(4 * MINUTE, 0.8), 0, 0, 0),
};
static const struct profile gateway = {.label = "gateway",
                                       .name = "gateway",
                                       .oui = {0x24, 0xa4, 0x3c},
                                       .ttl = 64,
                                       .arp_s = 600,
                                       SERVICES(gateway_services)};

static const struct service management_services[] = {
    DOES(VERB_BACNET, "@controller*", 47808, CYCLE(2, 0.03), 0, 0, 0),
    DOES(VERB_MODBUS, "@meter*", 502, EVERY(60, 0.02), 0, 0, 0),
    DOES(VERB_MODBUS_WRITE, "@meter", 502, PEOPLE(3 * HOUR, RHYTHM_OFFICE), 0, 0, 0),
    DOES(VERB_SNMP, "@printer*", 161, EVERY(5 * MINUTE, 0.01), 0, 0, 0),
    DOES(VERB_PING, "@camera*", 0, EVERY(15 * MINUTE, 0.02), 0, 0, 0),
    DOES(VERB_SNMP, "@gateway", 161, EVERY(5 * MINUTE, 0.01), 0, 0, 0),
    SAYS(VERB_BACNET_WHO_IS, EVERY(2 * HOUR, 0.05)),
    TLS("cloud.facilityview.example", 4, EVERY(15 * MINUTE, 0.1), 6000, 900, 0.4),
    TLS("backup.facilityview.example", 8, WEEKLY(0, 2, 1), 9000000, 4000, 0.2),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.05)),
};
static const struct profile management = {.label = "management",
                                          .name = "bms-%02u",
                                          .oui = {0x00, 0x14, 0x22},
                                          .ttl = 128,
                                          .tls_stack = 4,
                                          .arp_s = 120,
                                          .reboot_days = 28,
                                          SERVICES(management_services)};

static const struct service recorder_services[] = {
    DOES(VERB_RTSP, "@camera*", 554, EVERY(45, 0.05), 0, 22000, 0.5),
    TLS("health.vaultcam.example", 3, EVERY(10 * MINUTE, 0.05), 900, 500, 0.3),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.1)),
};
static const struct profile recorder = {.label = "recorder",
                                        .name = "nvr-%02u",
                                        .oui = {0x00, 0x11, 0x32},
                                        .ttl = 64,
                                        .tls_stack = 2,
                                        .arp_s = 200,
                                        .reboot_days = 40,
                                        SERVICES(recorder_services)};

static const struct service analytics_services[] = {
    TLS("ingest.roomwise.example", 12, EVERY(5 * MINUTE, 0.05), 9000, 700, 0.5),
    TLS("packages.distro.example", 20, DAILY(3, 2), 900, 250000, 0.8),
    NTP("pool-ntp.example", 30, EVERY(34 * MINUTE, 0.05)),
    MDNS(EVERY(HOUR, 0.1), "_mqtt._tcp.local"),
};
static const struct profile analytics = {.label = "analytics",
                                         .name = "analytics-%02u",
                                         .oui = {0xb8, 0x27, 0xeb},
                                         .ttl = 64,
                                         .tls_stack = 2,
                                         .arp_s = 60,
                                         .reboot_days = 30,
                                         SERVICES(analytics_services)};

static const struct service doors_services[] = {
    TLS("licence.doorwise.example", 2, DAILY(4, 1), 700, 2000, 0.2),
    TLS("alive.doorwise.example", 2, EVERY(30, 0.03), 260, 120, 0.1),
    DOES(VERB_SMB, "@files", 445, DAILY(1, 0.5), 700000, 2000, 0.3),
    NTP("pool-ntp.example", 30, EVERY(2 * HOUR, 0.1)),
};
static const struct profile doors = {.label = "doors",
                                     .name = "access-%02u",
                                     .oui = {0x3c, 0xd9, 0x2b},
                                     .ttl = 128,
                                     .tls_stack = 4,
                                     .arp_s = 120,
                                     .reboot_days = 28,
                                     SERVICES(doors_services)};

static const struct service camera_services[] = {
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.05)),
    MDNS(EVERY(HOUR, 0.1), "_axis-video._tcp.local"),
    DOES(VERB_SYSLOG, "@management", 514, EVERY(20 * MINUTE, 0.9), 0, 0, 0),
    HTTP("@recorder", 8080, 0, PEOPLE(20 * MINUTE, RHYTHM_OFFICE), 9000, 60, 0.5,
         "/event"),
};
static const struct profile camera = {.label = "camera",
                                      .name = "axis-%04x",
                                      .oui = {0x00, 0x40, 0x8c},
                                      .ttl = 64,
                                      .tls_stack = 1,
                                      .arp_s = 180,
                                      .reboot_days = 14,
                                      .vendor_class = "AXIS,Network Camera,M3045",
                                      .dhcp_parameters =
                                          "\x01\x03\x06\x0c\x0f\x1c\x2a\x78",
                                      SERVICES(camera_services)};

static const struct service controller_services[] = {
    NTP("@management", 0, EVERY(6 * HOUR, 0.05)),
    DOES(VERB_BACNET, "@controller", 47808, EVERY(5 * MINUTE, 0.05), 0, 0, 0),
};
static const struct profile controller = {.label = "controller",
                                          .name = "hvac-%02u",
                                          .oui = {0x00, 0x10, 0x8d},
                                          .ttl = 64,
                                          .bacnet = true,
                                          .arp_s = 300,
                                          .reboot_days = 60,
                                          SERVICES(controller_services)};

static const struct service meter_services[] = {
    NTP("@management", 0, EVERY(12 * HOUR, 0.05)),
};
static const struct profile meter = {.label = "meter",
                                     .name = "meter-%02u",
                                     .oui = {0x00, 0x80, 0xf4},
                                     .ttl = 64,
                                     .arp_s = 400,
                                     .reboot_days = 90,
                                     SERVICES(meter_services)};

static const struct service reader_services[] = {
    CHANNEL("@doors", 4070, 0, EVERY(50, 0.03), 70, 60, 0.2, 8 * DAY),
    CHANNEL("@doors", 4071, 0, PEOPLE(5 * MINUTE, RHYTHM_OFFICE), 260, 180, 0.3,
            8 * DAY),
    NTP("pool-ntp.example", 30, EVERY(4 * HOUR, 0.1)),
};
static const struct profile reader = {.label = "reader",
                                      .name = "reader-%04x",
                                      .oui = {0x00, 0x06, 0x8e},
                                      .ttl = 64,
                                      .tls_stack = 1,
                                      .arp_s = 200,
                                      .reboot_days = 30,
                                      .vendor_class = "HID VertX",
                                      .dhcp_parameters = "\x01\x03\x06\x0c\x0f",
                                      SERVICES(reader_services)};

static const struct service lock_services[] = {
    TLS("@doors", 0, PEOPLE(15 * MINUTE, RHYTHM_OFFICE), 300, 250, 0.3),
    TLS("@doors", 0, EVERY(2 * HOUR, 0.05), 300, 250, 0.1),
};
static const struct profile lock = {.label = "lock",
                                    .sleepy = true,
                                    .name = "lock-%04x",
                                    .oui = {0x00, 0x17, 0x7a},
                                    .ttl = 255,
                                    .tls_stack = 5,
                                    .arp_s = 120,
                                    .dhcp_parameters = "\x01\x03\x06\x0f",
                                    SERVICES(lock_services)};

static const struct service occupancy_services[] = {
    MQTT("@analytics", EVERY(60, 0.02), NULL),
    MQTT("@analytics", PEOPLE(4 * MINUTE, RHYTHM_OFFICE), "occupancy"),
    NTP("@analytics", 0, EVERY(8 * HOUR, 0.1)),
};
static const struct profile occupancy = {.label = "occupancy",
                                         .name = "occ-%04x",
                                         .oui = {0x24, 0x0a, 0xc4},
                                         .ttl = 255,
                                         .arp_s = 300,
                                         .reboot_days = 12,
                                         .dhcp_parameters = "\x01\x03\x1c\x06",
                                         SERVICES(occupancy_services)};

static const struct service air_services[] = {
    MQTT("@analytics", EVERY(6 * HOUR, 0.03), "co2"),
};
static const struct profile air = {.label = "air",
                                   .sleepy = true,
                                   .name = "air-%04x",
                                   .oui = {0x24, 0x0a, 0xc4},
                                   .ttl = 255,
                                   .arp_s = 60,
                                   .dhcp_parameters = "\x01\x03\x1c\x06",
                                   SERVICES(air_services)};

static const struct service printer_services[] = {
    MDNS(EVERY(30 * MINUTE, 0.05), "_ipp._tcp.local"),
    SSDP(EVERY(25 * MINUTE, 0.05), NULL),
    TLS("supplies.inkwell.example", 4, EVERY(8 * HOUR, 0.2), 1800, 900, 0.4),
    DOES(VERB_SMB, "@files", 445, PEOPLE(2 * HOUR, RHYTHM_OFFICE), 260000, 900, 0.8),
};
static const struct profile printer = {.label = "printer",
                                       .name = "printer-%02u",
                                       .oui = {0x00, 0x80, 0x77},
                                       .ttl = 64,
                                       .tls_stack = 3,
                                       .arp_s = 90,
                                       .reboot_days = 5,
                                       .presence = PRESENCE_OPENING,
                                       .vendor_class = "Brother Printer",
                                       .dhcp_parameters =
                                           "\x01\x03\x06\x0c\x0f\x2c\x2e\x2f",
                                       SERVICES(printer_services)};

static const struct service files_services[] = {
    TLS("offsite.safecopy.example", 6, DAILY(2, 1), 1500000, 2000, 0.3),
    TLS("packages.distro.example", 20, EVERY(12 * HOUR, 0.1), 800, 60000, 0.8),
    NTP("pool-ntp.example", 30, EVERY(34 * MINUTE, 0.05)),
    SSDP(EVERY(15 * MINUTE, 0.05), NULL),
};
static const struct profile files = {.label = "files",
                                     .name = "files-%02u",
                                     .oui = {0x00, 0x11, 0x32},
                                     .ttl = 64,
                                     .tls_stack = 2,
                                     .arp_s = 60,
                                     .reboot_days = 45,
                                     SERVICES(files_services)};

static const struct service workstation_services[] = {
    TLS("agent.fleetwatch.example", 8, EVERY(60, 0.05), 600, 200, 0.3),
    BROWSE(PEOPLE(5 * MINUTE, RHYTHM_OFFICE)),
    CHANNEL("outlook.worksuite.example", 443, 24, PEOPLE(2 * MINUTE, RHYTHM_OFFICE),
            500, 2500, 1.2, 5 * HOUR),
    TLS("drive.worksuite.example", 24, PEOPLE(25 * MINUTE, RHYTHM_OFFICE), 15000, 15000,
        1.2),
    DOES(VERB_SMB, "@files", 445, PEOPLE(20 * MINUTE, RHYTHM_OFFICE), 12000, 40000,
         1.1),
    DOES(VERB_PRINT, "@printer", 9100, PEOPLE(100 * MINUTE, RHYTHM_OFFICE), 80000, 0,
         0.9),
    TLS("update.oscorp.example", 40, EVERY(4 * DAY, 0.7), 1500, 4000000, 0.5),
    NTP("time.oscorp.example", 6, EVERY(2 * HOUR, 0.4)),
    HTTP("@management", 80, 0, PEOPLE(3 * HOUR, RHYTHM_OFFICE), 90, 30000, 0.7,
         "/dashboard"),
};
static const struct profile workstation = {
    .label = "workstation",
    .name = "pc-%04x",
    .oui = {0x00, 0x14, 0x22},
    .ttl = 128,
    .dual_stack = true,
    .arp_s = 45,
    .presence = PRESENCE_WORKER,
    .vendor_class = "MSFT 5.0",
    .dhcp_parameters = "\x01\x03\x06\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc",
    SERVICES(workstation_services)};

static const struct service phone_services[] = {
    BROWSE(PEOPLE(20 * MINUTE, RHYTHM_OFFICE)),
    CHANNEL("push.pomegranate.example", 5223, 32, EVERY(9 * MINUTE, 0.3), 120, 180, 0.8,
            9 * HOUR),
    TLS("media.chatterbox.example", 24, PEOPLE(12 * MINUTE, RHYTHM_OFFICE), 3000, 14000,
        1.3),
    MDNS(PEOPLE(20 * MINUTE, RHYTHM_OFFICE), "_airplay._tcp.local"),
};
static const struct profile phone = {.label = "phone",
                                     .name = "phone-%04x",
                                     .ttl = 64,
                                     .dual_stack = true,
                                     .silent_name = true,
                                     .arp_s = 40,
                                     .presence = PRESENCE_WORKER,
                                     .dhcp_parameters =
                                         "\x01\x79\x03\x06\x0f\x6c\x72\x77",
                                     SERVICES(phone_services)};

static const struct profile *const fixed[] = {
    &gateway, &management, &recorder, &analytics, &doors, &files, &camera};
static const struct profile *const crowd[] = {
    &controller, &occupancy, &reader,      &workstation, &camera, &lock,
    &controller, &occupancy, &printer,     &phone,       &meter,  &occupancy,
    &reader,     &camera,    &workstation, &lock,        &air,    &controller,
    &occupancy,  &phone,     &camera,      &workstation, &meter};

const struct site site_building = {"building", fixed,        COUNT(fixed),
                                   crowd,      COUNT(crowd), 0x0a140000};

/* An office: desks, telephones, a file server, and few things that are not computers. */

static const struct service access_services[] = {
    DOES(VERB_SYSLOG, "@files", 514, EVERY(3 * MINUTE, 1.0), 0, 0, 0),
    CHANNEL("controller.airfield.example", 443, 4, EVERY(30, 0.1), 350, 200, 0.2,
            3 * DAY),
    HTTP("inform.airfield.example", 8080, 4, EVERY(40, 0.03), 1400, 300, 0.1,
         "/inform"),
    SAYS(VERB_LLDP, EVERY(30, 0.01)),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.1)),
};
static const struct profile access_point = {.label = "access-point",
                                            .name = "ap-%02u",
                                            .oui = {0x24, 0xa4, 0x3c},
                                            .ttl = 64,
                                            .tls_stack = 1,
                                            .arp_s = 300,
                                            .reboot_days = 20,
                                            .vendor_class = "ubnt",
                                            .dhcp_parameters =
                                                "\x01\x03\x06\x0c\x0f\x2b",
                                            SERVICES(access_services)};

static const struct service telephone_services[] = {
    DOES(VERB_SIP, "sip.ringwell.example", 5060, EVERY(2 * MINUTE, 0.02), 0, 0, 0),
    HTTP("provision.ringwell.example", 80, 2, EVERY(DAY, 0.01), 120, 9000, 0.1,
         "/phone.cfg"),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.02)),
    SAYS(VERB_LLDP, EVERY(30, 0.01)),
};
static const struct profile telephone = {.label = "telephone",
                                         .name = "sip-%04x",
                                         .oui = {0x00, 0x04, 0x0e},
                                         .ttl = 64,
                                         .tls_stack = 3,
                                         .arp_s = 240,
                                         .reboot_days = 30,
                                         .vendor_class = "deskphone",
                                         .dhcp_parameters = "\x01\x03\x06\x2a\x42\x78",
                                         SERVICES(telephone_services)};

static const struct service display_services[] = {
    TLS("signage.roomwise.example", 16, EVERY(10 * MINUTE, 0.1), 500, 9000, 1.0),
    CHANNEL("push.roomwise.example", 443, 4, EVERY(30, 0.05), 70, 70, 0.2, 2 * DAY),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.1)),
    MDNS(EVERY(20 * MINUTE, 0.1), "_googlecast._tcp.local"),
};
static const struct profile display = {.label = "display",
                                       .name = "display-%02u",
                                       .oui = {0x44, 0x65, 0x0d},
                                       .ttl = 64,
                                       .tls_stack = 4,
                                       .dual_stack = true,
                                       .arp_s = 60,
                                       .reboot_days = 7,
                                       .dhcp_parameters =
                                           "\x01\x79\x21\x03\x06\x0f\x1c",
                                       SERVICES(display_services)};

static const struct service cloud_camera_services[] = {
    CHANNEL("relay.sentrycam.example", 443, 4, EVERY(55, 0.04), 110, 90, 0.2, 3 * DAY),
    TLS("clips.sentrycam.example", 24, PEOPLE(30 * MINUTE, RHYTHM_OFFICE), 90000, 900,
        0.7),
    NTP("time.sentrycam.example", 4, EVERY(HOUR, 0.05)),
};
static const struct profile cloud_camera = {.label = "camera",
                                            .name = "cam-%04x",
                                            .oui = {0x44, 0x19, 0xb6},
                                            .ttl = 64,
                                            .tls_stack = 1,
                                            .arp_s = 180,
                                            .reboot_days = 12,
                                            .vendor_class = "udhcp 1.24.2",
                                            .dhcp_parameters =
                                                "\x01\x03\x06\x0c\x0f\x1c\x2a",
                                            SERVICES(cloud_camera_services)};

static const struct service office_gateway_services[] = {
    SAYS(VERB_IGMP, EVERY(125, 0.01)),
    SAYS(VERB_LLDP, EVERY(30, 0.01)),
};
static const struct profile office_gateway = {.label = "gateway",
                                              .name = "gateway",
                                              .oui = {0x24, 0xa4, 0x3c},
                                              .ttl = 64,
                                              .arp_s = 600,
                                              SERVICES(office_gateway_services)};

static const struct profile *const office_fixed[] = {&office_gateway, &files, &printer,
                                                     &access_point, &cloud_camera};
static const struct profile *const office_crowd[] = {
    &workstation, &telephone,   &phone, &workstation,  &display,
    &telephone,   &workstation, &phone, &cloud_camera, &workstation,
    &printer,     &telephone,   &phone, &display,
};

const struct site site_office = {"office",     office_fixed,        COUNT(office_fixed),
                                 office_crowd, COUNT(office_crowd), 0xac101400};
