#include "tests/traffic/site_tables.h"

static const struct service gateway_services[] = {
    SSDP(EVERY(900, 0.02), NULL),
    SAYS(VERB_IGMP, EVERY(125, 0.01)),
};
static const struct profile gateway = {.label = "gateway",
                                       .name = "gateway",
                                       .oui = {0x00, 0x04, 0x0e},
                                       .ttl = 64,
                                       .arp_s = 600,
                                       SERVICES(gateway_services)};

static const struct service hub_services[] = {
    CHANNEL("bridge.huehome.example", 443, 3, EVERY(120, 0.05), 180, 120, 0.3, 4 * DAY),
    TLS("time-api.huehome.example", 2, EVERY(6 * HOUR, 0.2), 300, 900, 0.3),
    TLS("firmware.huehome.example", 16, EVERY(9 * DAY, 0.5), 400, 4500000, 0.3),
    NTP("2.pool-ntp.example", 30, EVERY(2 * HOUR, 0.1)),
    MDNS(EVERY(20 * MINUTE, 0.05), "_hue._tcp.local"),
    SSDP(EVERY(15 * MINUTE, 0.03), NULL),
};
static const struct profile hub = {.label = "hub",
                                   .name = "hub-%04x",
                                   .oui = {0x00, 0x17, 0x88},
                                   .ttl = 64,
                                   .tls_stack = 2,
                                   .arp_s = 300,
                                   .reboot_days = 25,
                                   .vendor_class = "dhcpcd-6.11",
                                   .dhcp_parameters = "\x01\x03\x06\x0c\x0f\x1c\x2a",
                                   SERVICES(hub_services)};

static const struct service camera_services[] = {
    CHANNEL("relay.sentrycam.example", 443, 4, EVERY(55, 0.04), 110, 90, 0.2, 3 * DAY),
    TLS("clips.sentrycam.example", 24, PEOPLE(35 * MINUTE, RHYTHM_DAYLIGHT), 90000, 900,
        0.7),
    TLS("api.sentrycam.example", 4, EVERY(30 * MINUTE, 0.1), 700, 1500, 0.4),
    TLS("fw.sentrycam.example", 12, EVERY(12 * DAY, 0.6), 500, 3500000, 0.2),
    NTP("time.sentrycam.example", 4, EVERY(HOUR, 0.05)),
    MDNS(EVERY(50 * MINUTE, 0.1), "_rtsp._tcp.local"),
};
static const struct profile camera = {.label = "camera",
                                      .name = "cam-%04x",
                                      .oui = {0x44, 0x19, 0xb6},
                                      .ttl = 64,
                                      .tls_stack = 1,
                                      .arp_s = 180,
                                      .reboot_days = 12,
                                      .vendor_class = "udhcp 1.24.2",
                                      .dhcp_parameters = "\x01\x03\x06\x0c\x0f\x1c\x2a",
                                      SERVICES(camera_services)};

static const struct service plug_services[] = {
    CHANNEL("mqtt.plugwell.example", 8883, 2, EVERY(60, 0.02), 60, 30, 0.1, 5 * DAY),
    TLS("stats.plugwell.example", 4, EVERY(HOUR, 0.05), 1400, 300, 0.3),
    NTP("pool-ntp.example", 30, EVERY(4 * HOUR, 0.15)),
};
static const struct profile plug = {.label = "plug",
                                    .name = "plug-%04x",
                                    .oui = {0x10, 0xd5, 0x61},
                                    .ttl = 255,
                                    .tls_stack = 3,
                                    .arp_s = 240,
                                    .reboot_days = 20,
                                    .dhcp_parameters = "\x01\x03\x1c\x06",
                                    SERVICES(plug_services)};

static const struct service bulb_services[] = {
    MQTT("@hub", EVERY(60, 0.02), NULL),
    MQTT("@hub", PEOPLE(20 * MINUTE, RHYTHM_HOME), "state"),
    NTP("pool-ntp.example", 30, EVERY(8 * HOUR, 0.2)),
};
static const struct profile bulb = {.label = "bulb",
                                    .name = "bulb-%04x",
                                    .oui = {0x24, 0x0a, 0xc4},
                                    .ttl = 255,
                                    .tls_stack = 3,
                                    .arp_s = 300,
                                    .reboot_days = 9,
                                    .dhcp_parameters = "\x01\x03\x1c\x06",
                                    SERVICES(bulb_services)};

static const struct service lock_services[] = {
    TLS("events.keysafe.example", 2, PEOPLE(50 * MINUTE, RHYTHM_HOME), 600, 400, 0.2),
    TLS("events.keysafe.example", 2, EVERY(3 * HOUR, 0.1), 500, 400, 0.1),
    NTP("pool-ntp.example", 30, EVERY(12 * HOUR, 0.2)),
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

static const struct service thermostat_services[] = {
    CHANNEL("transport.warmnest.example", 443, 6, EVERY(5 * MINUTE, 0.1), 400, 250, 0.4,
            2 * DAY),
    TLS("weather.warmnest.example", 20, EVERY(30 * MINUTE, 0.05), 400, 3200, 0.2),
    NTP("time.warmnest.example", 4, EVERY(2 * HOUR, 0.1)),
    MDNS(EVERY(75 * MINUTE, 0.1), "_hap._tcp.local"),
};
static const struct profile thermostat = {.label = "thermostat",
                                          .name = "thermostat-%04x",
                                          .oui = {0x18, 0xb4, 0x30},
                                          .ttl = 64,
                                          .tls_stack = 4,
                                          .arp_s = 300,
                                          .reboot_days = 40,
                                          .vendor_class = "nlhvac",
                                          .dhcp_parameters = "\x01\x03\x06\x0c\x0f\x1c",
                                          SERVICES(thermostat_services)};

static const struct service speaker_services[] = {
    CHANNEL("avs.talkbox.example", 443, 8, EVERY(45, 0.1), 140, 120, 0.3, DAY),
    TLS("music.talkbox.example", 48, PEOPLE(30 * MINUTE, RHYTHM_HOME), 900, 90000, 0.7),
    TLS("metrics.talkbox.example", 8, EVERY(20 * MINUTE, 0.3), 2400, 300, 0.6),
    NTP("ntp.talkbox.example", 8, EVERY(34 * MINUTE, 0.02)),
    SSDP(EVERY(30 * MINUTE, 0.1), "ssdp:all"),
    MDNS(EVERY(40 * MINUTE, 0.2), "_spotify-connect._tcp.local"),
};
static const struct profile speaker = {.label = "speaker",
                                       .name = "speaker-%04x",
                                       .oui = {0x44, 0x65, 0x0d},
                                       .ttl = 64,
                                       .tls_stack = 4,
                                       .dual_stack = true,
                                       .arp_s = 90,
                                       .reboot_days = 15,
                                       .vendor_class = "dhcpcd-6.8.2",
                                       .dhcp_parameters =
                                           "\x01\x79\x21\x03\x06\x0f\x1c\x33",
                                       SERVICES(speaker_services)};

static const struct service television_services[] = {
    TLS("stream.cinebox.example", 60, PEOPLE(6 * MINUTE, RHYTHM_HOME), 900, 90000, 0.7),
    TLS("ads.tvmetrics.example", 20, PEOPLE(9 * MINUTE, RHYTHM_HOME), 1800, 3000, 0.7),
    CHANNEL("push.cinebox.example", 443, 4, EVERY(60, 0.05), 90, 90, 0.2, DAY),
    NTP("pool-ntp.example", 30, EVERY(HOUR, 0.1)),
    SSDP(EVERY(10 * MINUTE, 0.1), "urn:dial-multiscreen-org:service:dial:1"),
};
static const struct profile television = {.label = "television",
                                          .name = "tv-%04x",
                                          .oui = {0x00, 0x1e, 0x75},
                                          .ttl = 64,
                                          .tls_stack = 0,
                                          .dual_stack = true,
                                          .arp_s = 60,
                                          .presence = PRESENCE_TELEVISION,
                                          .vendor_class = "udhcp 1.22.1",
                                          .dhcp_parameters =
                                              "\x01\x03\x06\x0c\x0f\x1c\x28\x29\x2a",
                                          SERVICES(television_services)};

static const struct service sensor_services[] = {
    TLS("in.leafsense.example", 2, EVERY(4 * HOUR, 0.02), 900, 300, 0.2),
    NTP("pool-ntp.example", 30, EVERY(DAY, 0.05)),
};
static const struct profile sensor = {.label = "sensor",
                                      .sleepy = true,
                                      .name = "leaf-%04x",
                                      .oui = {0x24, 0x0a, 0xc4},
                                      .ttl = 255,
                                      .tls_stack = 5,
                                      .arp_s = 60,
                                      .dhcp_parameters = "\x01\x03\x06",
                                      SERVICES(sensor_services)};

/* A session for each of its reports, as small things do that keep nothing. */
static const struct service station_services[] = {
    HTTP("rtupdate.skygauge.example", 80, 2, EVERY(60, 0.02), 420, 60, 0.05,
         "/data/report"),
    NTP("pool-ntp.example", 30, EVERY(6 * HOUR, 0.1)),
};
static const struct profile station = {.label = "station",
                                       .name = "weather-%04x",
                                       .oui = {0x48, 0x3f, 0xda},
                                       .ttl = 255,
                                       .tls_stack = 3,
                                       .arp_s = 300,
                                       .reboot_days = 30,
                                       .dhcp_parameters = "\x01\x03\x1c\x06",
                                       SERVICES(station_services)};

static const struct service phone_services[] = {
    BROWSE(PEOPLE(12 * MINUTE, RHYTHM_HOME)),
    CHANNEL("push.pomegranate.example", 5223, 32, EVERY(9 * MINUTE, 0.3), 120, 180, 0.8,
            9 * HOUR),
    TLS("sync.pomegranate.example", 32, PEOPLE(15 * MINUTE, RHYTHM_HOME), 2500, 6000,
        1.0),
    TLS("photos.pomegranate.example", 32, DAILY(22.5, 4), 400000, 2500, 1.0),
    TLS("media.chatterbox.example", 24, PEOPLE(10 * MINUTE, RHYTHM_HOME), 3000, 16000,
        1.3),
    MDNS(PEOPLE(12 * MINUTE, RHYTHM_HOME), "_airplay._tcp.local"),
    DOES(VERB_TLS, "@speaker", 8009, PEOPLE(80 * MINUTE, RHYTHM_HOME), 1500, 1200, 0.8),
    DOES(VERB_TLS, "@hub", 443, PEOPLE(50 * MINUTE, RHYTHM_HOME), 500, 2600, 0.6),
};
static const struct profile phone = {.label = "phone",
                                     .name = "phone-%04x",
                                     .oui = {0},
                                     .ttl = 64,
                                     .tls_stack = 0,
                                     .dual_stack = true,
                                     .silent_name = true,
                                     .arp_s = 40,
                                     .presence = PRESENCE_RESIDENT,
                                     .dhcp_parameters =
                                         "\x01\x79\x03\x06\x0f\x6c\x72\x77\xfc",
                                     SERVICES(phone_services)};

static const struct service laptop_services[] = {
    BROWSE(PEOPLE(5 * MINUTE, RHYTHM_HOME)),
    CHANNEL("outlook.worksuite.example", 443, 24, PEOPLE(2 * MINUTE, RHYTHM_HOME), 500,
            2500, 1.2, 5 * HOUR),
    TLS("drive.worksuite.example", 24, PEOPLE(25 * MINUTE, RHYTHM_HOME), 30000, 25000,
        1.5),
    TLS("update.oscorp.example", 40, EVERY(3 * DAY, 0.7), 1500, 6000000, 0.5),
    NTP("time.oscorp.example", 6, EVERY(2 * HOUR, 0.4)),
    MDNS(PEOPLE(30 * MINUTE, RHYTHM_HOME), "_ipp._tcp.local"),
    HTTP("connectivity.oscorp.example", 80, 3, EVERY(5 * MINUTE, 0.1), 90, 120, 0.05,
         "/generate_204"),
};
static const struct profile laptop = {
    .label = "laptop",
    .name = "laptop-%04x",
    .oui = {0x00, 0x1b, 0x21},
    .ttl = 128,
    .tls_stack = 0,
    .dual_stack = true,
    .arp_s = 45,
    .presence = PRESENCE_RESIDENT,
    .vendor_class = "MSFT 5.0",
    .dhcp_parameters = "\x01\x03\x06\x0f\x1f\x21\x2b\x2c\x2e\x2f\x77\x79\xf9\xfc",
    SERVICES(laptop_services)};

static const struct profile *const fixed[] = {&gateway, &hub, &camera, &laptop, &phone};
static const struct profile *const crowd[] = {
    &plug, &bulb, &thermostat, &lock,    &speaker, &phone,  &camera,     &bulb,
    &plug, &bulb, &sensor,     &station, &bulb,    &phone,  &television, &camera,
    &bulb, &plug, &sensor,     &laptop,  &bulb,    &camera, &speaker,    &lock,
};

const struct site site_home = {"home", fixed,        COUNT(fixed),
                               crowd,  COUNT(crowd), 0xc0a80100};
