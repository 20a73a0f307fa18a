#include "engine/guess.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a rule looks at, beside the kinds of facts. */
enum { ANY_NAME = FACT_COUNT, VENDOR, SERVES, USES, ROUTES, SOURCES };

static const double enough = 1, clearly_better = 0.3, fingerprint_most = 0.4;

struct rule {
    uint8_t source;
    uint8_t type;
    float weight;
    const char *word; /* part of the text, letters in either case; "^" at its start */
    uint16_t port;    /* of SERVES and USES */
};

static const struct tell {
    uint8_t protocol;
    uint16_t port;
    const char *name;
} services[] = {
    {6, 554, "RTSP"},     {6, 631, "IPP"},         {6, 9100, "raw printing"},
    {6, 515, "LPD"},      {6, 502, "Modbus"},      {6, 20000, "DNP3"},
    {6, 102, "S7"},       {6, 2404, "IEC 104"},    {6, 44818, "EtherNet/IP"},
    {6, 4840, "OPC UA"},  {17, 47808, "BACnet"},   {6, 1883, "MQTT"},
    {6, 8883, "MQTT"},    {17, 53, "DNS"},         {17, 67, "DHCP"},
    {6, 445, "SMB"},      {6, 22, "SSH"},          {6, 25, "SMTP"},
    {6, 3306, "MySQL"},   {6, 5432, "PostgreSQL"}, {6, 8009, "Cast"},
    {6, 7000, "AirPlay"}, {17, 5060, "SIP"},       {6, 3389, "RDP"},
    {17, 161, "SNMP"},    {17, 123, "NTP"},        {6, 2049, "NFS"},
    {6, 80, "HTTP"},      {6, 443, "HTTPS"},       {6, 3240, "Weave"},
};
enum { SERVICES = sizeof services / sizeof services[0] };
_Static_assert(SERVICES <= 32, "a set of services has 32 bits");

static const struct rule rules[] = {
    {ROUTES, TYPE_ROUTER, 1.3F, NULL, 0},
    {SERVES, TYPE_ROUTER, 0.8F, NULL, 67},
    {SERVES, TYPE_ROUTER, 0.4F, NULL, 53},
    {SERVES, TYPE_CAMERA, 0.9F, NULL, 554},
    {SERVES, TYPE_PRINTER, 0.9F, NULL, 631},
    {SERVES, TYPE_PRINTER, 1, NULL, 9100},
    {SERVES, TYPE_PRINTER, 0.9F, NULL, 515},
    {SERVES, TYPE_PLC, 1, NULL, 502},
    {SERVES, TYPE_PLC, 1, NULL, 102},
    {SERVES, TYPE_PLC, 1, NULL, 44818},
    {SERVES, TYPE_PLC, 0.7F, NULL, 4840},
    {SERVES, TYPE_RTU, 1.1F, NULL, 20000},
    {SERVES, TYPE_RTU, 1.1F, NULL, 2404},
    {SERVES, TYPE_BUILDING, 1, NULL, 47808},
    {SERVES, TYPE_MEDIA, 1, NULL, 8009},
    {SERVES, TYPE_MEDIA, 0.5F, NULL, 7000},
    {SERVES, TYPE_STORAGE, 0.6F, NULL, 2049},
    {SERVES, TYPE_SERVER, 0.6F, NULL, 445},
    {SERVES, TYPE_SERVER, 0.5F, NULL, 1883},
    {SERVES, TYPE_SERVER, 0.5F, NULL, 8883},
    {SERVES, TYPE_SERVER, 1, NULL, 25},
    {SERVES, TYPE_SERVER, 1, NULL, 3306},
    {SERVES, TYPE_SERVER, 1, NULL, 5432},
    {SERVES, TYPE_COMPUTER, 0.7F, NULL, 3389},
    {USES, TYPE_VOICE_PHONE, 0.8F, NULL, 5060},
    {USES, TYPE_OPERATOR_STATION, 1, NULL, 502},
    {USES, TYPE_OPERATOR_STATION, 1, NULL, 20000},
    {USES, TYPE_OPERATOR_STATION, 1, NULL, 102},
    {USES, TYPE_OPERATOR_STATION, 1, NULL, 2404},
    {USES, TYPE_OPERATOR_STATION, 1, NULL, 44818},

    {FACT_SERVICE, TYPE_PRINTER, 1, "_ipp._tcp", 0},
    {FACT_SERVICE, TYPE_PRINTER, 1, "_printer._tcp", 0},
    {FACT_SERVICE, TYPE_PRINTER, 1, "_pdl-datastream._tcp", 0},
    {FACT_SERVICE, TYPE_PRINTER, 1, "device:printer:", 0},
    {FACT_SERVICE, TYPE_MEDIA, 1, "_googlecast._tcp", 0},
    {FACT_SERVICE, TYPE_MEDIA, 0.8F, "_airplay._tcp", 0},
    {FACT_SERVICE, TYPE_MEDIA, 0.9F, "device:mediarenderer:", 0},
    {FACT_SERVICE, TYPE_SPEAKER, 1, "_sonos._tcp", 0},
    {FACT_SERVICE, TYPE_SPEAKER, 0.8F, "_raop._tcp", 0},
    {FACT_SERVICE, TYPE_SPEAKER, 1, "_amzn-alexa._tcp", 0},
    {FACT_SERVICE, TYPE_SPEAKER, 0.8F, "_spotify-connect._tcp", 0},
    {FACT_SERVICE, TYPE_LIGHT, 1, "_hue._tcp", 0},
    {FACT_SERVICE, TYPE_CAMERA, 1, "_axis-video._tcp", 0},
    {FACT_SERVICE, TYPE_CAMERA, 0.8F, "_rtsp._tcp", 0},
    {FACT_SERVICE, TYPE_PHONE, 0.9F, "_apple-mobdev2._tcp", 0},
    {FACT_SERVICE, TYPE_COMPUTER, 0.6F, "_rfb._tcp", 0},
    {FACT_SERVICE, TYPE_COMPUTER, 0.6F, "_workstation._tcp", 0},
    {FACT_SERVICE, TYPE_COMPUTER, 0.8F, "_companion-link._tcp", 0},
    {FACT_SERVICE, TYPE_STORAGE, 0.8F, "_adisk._tcp", 0},
    {FACT_SERVICE, TYPE_STORAGE, 0.5F, "_smb._tcp", 0},
    {FACT_SERVICE, TYPE_HUB, 0.7F, "_matterc._udp", 0},
    {FACT_SERVICE, TYPE_HUB, 0.7F, "_meshcop._udp", 0},
    {FACT_SERVICE, TYPE_ROUTER, 0.9F, "device:internetgatewaydevice:", 0},
    {FACT_SERVICE, TYPE_ACCESS_POINT, 1, "device:wlanaccesspointdevice:", 0},
    {FACT_SERVICE, TYPE_PLUG, 0.7F, "device:controllee:", 0},

    {ANY_NAME, TYPE_CAMERA, 0.7F, "camera", 0},
    {ANY_NAME, TYPE_CAMERA, 0.7F, "ipcam", 0},
    {ANY_NAME, TYPE_CAMERA, 0.7F, "doorbell", 0},
    {ANY_NAME, TYPE_CAMERA, 0.6F, "^cam-", 0},
    {ANY_NAME, TYPE_PRINTER, 0.7F, "printer", 0},
    {ANY_NAME, TYPE_PRINTER, 0.6F, "laserjet", 0},
    {ANY_NAME, TYPE_PRINTER, 0.6F, "officejet", 0},
    {ANY_NAME, TYPE_THERMOSTAT, 0.8F, "thermostat", 0},
    {ANY_NAME, TYPE_THERMOSTAT, 0.7F, "ecobee", 0},
    {ANY_NAME, TYPE_PLUG, 0.8F, "plug", 0},
    {ANY_NAME, TYPE_PLUG, 0.6F, "socket", 0},
    {ANY_NAME, TYPE_LIGHT, 0.8F, "bulb", 0},
    {ANY_NAME, TYPE_LIGHT, 0.6F, "lamp", 0},
    {ANY_NAME, TYPE_LIGHT, 0.5F, "light", 0},
    {ANY_NAME, TYPE_SENSOR, 0.7F, "sensor", 0},
    {ANY_NAME, TYPE_HUB, 0.6F, "bridge", 0},
    {ANY_NAME, TYPE_HUB, 0.5F, "hub", 0},
    {ANY_NAME, TYPE_PHONE, 0.8F, "iphone", 0},
    {ANY_NAME, TYPE_PHONE, 0.6F, "android", 0},
    {ANY_NAME, TYPE_PHONE, 0.6F, "galaxy-", 0},
    {ANY_NAME, TYPE_PHONE, 0.6F, "pixel-", 0},
    {ANY_NAME, TYPE_PHONE, 0.7F, "ipad", 0},
    {ANY_NAME, TYPE_COMPUTER, 0.8F, "macbook", 0},
    {ANY_NAME, TYPE_COMPUTER, 0.8F, "laptop", 0},
    {ANY_NAME, TYPE_COMPUTER, 0.7F, "desktop", 0},
    {ANY_NAME, TYPE_MEDIA, 0.8F, "roku", 0},
    {ANY_NAME, TYPE_MEDIA, 0.7F, "chromecast", 0},
    {ANY_NAME, TYPE_MEDIA, 0.6F, "appletv", 0},
    {ANY_NAME, TYPE_MEDIA, 0.4F, "^tv-", 0},
    {ANY_NAME, TYPE_SPEAKER, 0.7F, "sonos", 0},
    {ANY_NAME, TYPE_SPEAKER, 0.6F, "speaker", 0},
    {ANY_NAME, TYPE_SPEAKER, 0.6F, "echo-", 0},
    {ANY_NAME, TYPE_STORAGE, 0.7F, "diskstation", 0},
    {ANY_NAME, TYPE_STORAGE, 0.5F, "^nas", 0},
    {ANY_NAME, TYPE_SERVER, 0.5F, "server", 0},
    {ANY_NAME, TYPE_ROUTER, 0.5F, "router", 0},
    {ANY_NAME, TYPE_SWITCH, 0.5F, "switch", 0},
    {ANY_NAME, TYPE_PLC, 0.7F, "plc", 0},
    {ANY_NAME, TYPE_RTU, 0.6F, "rtu", 0},
    {ANY_NAME, TYPE_OPERATOR_STATION, 0.6F, "hmi", 0},
    {ANY_NAME, TYPE_OPERATOR_STATION, 0.6F, "scada", 0},

    {FACT_VENDOR_CLASS, TYPE_COMPUTER, 0.5F, "^msft ", 0},
    {FACT_VENDOR_CLASS, TYPE_PHONE, 0.8F, "^android-dhcp", 0},
    {FACT_VENDOR_CLASS, TYPE_PRINTER, 0.8F, "printer", 0},
    {FACT_VENDOR_CLASS, TYPE_PRINTER, 0.7F, "jetdirect", 0},
    {FACT_VENDOR_CLASS, TYPE_VOICE_PHONE, 0.9F, "ip phone", 0},
    {FACT_VENDOR_CLASS, TYPE_VOICE_PHONE, 0.7F, "polycom", 0},
    {FACT_VENDOR_CLASS, TYPE_VOICE_PHONE, 0.7F, "yealink", 0},
    {FACT_VENDOR_CLASS, TYPE_ACCESS_POINT, 0.7F, " ap ", 0},
    {FACT_VENDOR_CLASS, TYPE_ACCESS_POINT, 0.7F, "ubnt", 0},
    {FACT_VENDOR_CLASS, TYPE_CAMERA, 0.8F, "axis,network camera", 0},
    {FACT_VENDOR_CLASS, TYPE_PLC, 0.7F, "simatic", 0},
    {FACT_DHCP_FINGERPRINT, TYPE_PHONE, 0.4F, "^1,121,3,6,15,119,252", 0},
    {FACT_DHCP_FINGERPRINT, TYPE_PHONE, 0.4F, "^1,3,6,15,26,28,51,58,59,43", 0},
    {FACT_DHCP_FINGERPRINT, TYPE_COMPUTER, 0.4F, "^1,3,6,15,31,33,43,44,46", 0},
    {FACT_DHCP_FINGERPRINT, TYPE_COMPUTER, 0.4F, "^1,28,2,3,15,6,119,12,44,47", 0},

    {FACT_USER_AGENT, TYPE_COMPUTER, 0.6F, "windows nt", 0},
    {FACT_USER_AGENT, TYPE_COMPUTER, 0.6F, "macintosh", 0},
    {FACT_USER_AGENT, TYPE_COMPUTER, 0.5F, "x11; linux", 0},
    {FACT_USER_AGENT, TYPE_PHONE, 0.7F, "iphone", 0},
    {FACT_USER_AGENT, TYPE_PHONE, 0.6F, "android", 0},
    {FACT_USER_AGENT, TYPE_MEDIA, 0.8F, "smart-tv", 0},
    {FACT_USER_AGENT, TYPE_MEDIA, 0.8F, "roku", 0},
    {FACT_SERVER, TYPE_CAMERA, 0.7F, "camera", 0},
    {FACT_SERVER, TYPE_CAMERA, 0.7F, "hikvision", 0},
    {FACT_SERVER, TYPE_PRINTER, 0.8F, "printer", 0},
    {FACT_SERVER, TYPE_PRINTER, 0.8F, "hp http server", 0},
    {FACT_SERVER, TYPE_LIGHT, 0.8F, "ipbridge", 0},
    {FACT_SERVER, TYPE_MEDIA, 0.8F, "roku", 0},
    {FACT_SERVER, TYPE_SPEAKER, 0.9F, "sonos", 0},
    {FACT_SERVER, TYPE_STORAGE, 0.6F, "synology", 0},
    {FACT_SERVER, TYPE_SERVER, 0.5F, "apache", 0},
    {FACT_SERVER, TYPE_SERVER, 0.5F, "nginx", 0},
    {FACT_SSH_BANNER, TYPE_ROUTER, 0.6F, "rosssh", 0},
    {FACT_SSH_BANNER, TYPE_SWITCH, 0.6F, "cisco", 0},
    {FACT_SSH_BANNER, TYPE_SERVER, 0.5F, "openssh", 0},
    {FACT_PLATFORM, TYPE_SWITCH, 0.9F, "catalyst", 0},
    {FACT_PLATFORM, TYPE_SWITCH, 0.9F, "ws-c", 0},
    {FACT_PLATFORM, TYPE_VOICE_PHONE, 1.1F, "ip phone", 0},
    {FACT_PLATFORM, TYPE_ACCESS_POINT, 0.9F, "air-", 0},
    {FACT_DESCRIPTION, TYPE_SWITCH, 0.9F, "switch", 0},
    {FACT_DESCRIPTION, TYPE_ROUTER, 0.8F, "router", 0},
    {FACT_DESCRIPTION, TYPE_ACCESS_POINT, 0.9F, "access point", 0},
    {FACT_DESCRIPTION, TYPE_PLC, 0.9F, "simatic", 0},
    {FACT_DESCRIPTION, TYPE_VOICE_PHONE, 0.9F, "ip phone", 0},

    {VENDOR, TYPE_CAMERA, 0.7F, "axis communications", 0},
    {VENDOR, TYPE_CAMERA, 0.7F, "hikvision", 0},
    {VENDOR, TYPE_CAMERA, 0.7F, "dahua", 0},
    {VENDOR, TYPE_CAMERA, 0.6F, "arlo", 0},
    {VENDOR, TYPE_CAMERA, 0.5F, "ring llc", 0},
    {VENDOR, TYPE_PRINTER, 0.6F, "brother industries", 0},
    {VENDOR, TYPE_PRINTER, 0.6F, "seiko epson", 0},
    {VENDOR, TYPE_PRINTER, 0.6F, "lexmark", 0},
    {VENDOR, TYPE_PRINTER, 0.5F, "canon inc", 0},
    {VENDOR, TYPE_PRINTER, 0.5F, "kyocera", 0},
    {VENDOR, TYPE_PLC, 0.6F, "siemens", 0},
    {VENDOR, TYPE_PLC, 0.7F, "rockwell", 0},
    {VENDOR, TYPE_PLC, 0.6F, "schneider electric", 0},
    {VENDOR, TYPE_PLC, 0.6F, "wago", 0},
    {VENDOR, TYPE_PLC, 0.6F, "beckhoff", 0},
    {VENDOR, TYPE_PLC, 0.5F, "phoenix contact", 0},
    {VENDOR, TYPE_RTU, 0.6F, "schweitzer", 0},
    {VENDOR, TYPE_LIGHT, 0.7F, "signify", 0},
    {VENDOR, TYPE_LIGHT, 0.7F, "philips lighting", 0},
    {VENDOR, TYPE_THERMOSTAT, 0.6F, "nest labs", 0},
    {VENDOR, TYPE_THERMOSTAT, 0.7F, "ecobee", 0},
    {VENDOR, TYPE_MEDIA, 0.8F, "roku", 0},
    {VENDOR, TYPE_SPEAKER, 0.9F, "sonos", 0},
    {VENDOR, TYPE_STORAGE, 0.8F, "synology", 0},
    {VENDOR, TYPE_STORAGE, 0.8F, "qnap", 0},
    {VENDOR, TYPE_VOICE_PHONE, 0.8F, "yealink", 0},
    {VENDOR, TYPE_VOICE_PHONE, 0.8F, "polycom", 0},
    {VENDOR, TYPE_VOICE_PHONE, 0.8F, "snom", 0},
    {VENDOR, TYPE_ACCESS_POINT, 0.5F, "ubiquiti", 0},
    {VENDOR, TYPE_ACCESS_POINT, 0.5F, "ruckus", 0},
    {VENDOR, TYPE_ROUTER, 0.4F, "routerboard", 0},
    {VENDOR, TYPE_SWITCH, 0.4F, "cisco systems", 0},
    {VENDOR, TYPE_APPLIANCE, 0.5F, "espressif", 0},
    {VENDOR, TYPE_APPLIANCE, 0.5F, "tuya", 0},
    {VENDOR, TYPE_HUB, 0.5F, "lumi united", 0},
    {VENDOR, TYPE_CAMERA, 0.4F, "qihu", 0},
    {VENDOR, TYPE_BUILDING, 0.6F, "honeywell", 0},
    {VENDOR, TYPE_BUILDING, 0.6F, "johnson controls", 0},
};
enum { RULES = sizeof rules / sizeof rules[0] };

const char *guess_type_name(enum device_type type) {
    static const char *const names[TYPE_COUNT] = {
#define DEVICE_TYPE_NAME(id, name) name,
        DEVICE_TYPES(DEVICE_TYPE_NAME)
#undef DEVICE_TYPE_NAME
    };
    return type < TYPE_COUNT ? names[type] : "";
}

/* No rule is about these, which change with every other flow. */
bool guess_asks_for(uint8_t kind) {
    return kind != FACT_JA3 && kind != FACT_JA4 && kind != FACT_ASKED_NAME &&
           kind != FACT_CERTIFICATE && kind != FACT_MUD_URL;
}

uint32_t guess_service(uint8_t protocol, uint16_t port) {
    for (unsigned i = 0; i < SERVICES; i++)
        if (services[i].port == port && services[i].protocol == protocol)
            return UINT32_C(1) << i;
    return 0;
}

static const char *service_name(uint32_t set, uint16_t port) {
    for (unsigned i = 0; i < SERVICES; i++)
        if (services[i].port == port && set >> i & 1)
            return services[i].name;
    return NULL;
}

static bool has_word(const char *text, const char *word) {
    if (*word == '^')
        return strncasecmp(text, word + 1, strlen(word + 1)) == 0;
    return strcasestr(text, word) != NULL;
}

/* What the rule is about, if it holds, as a person would say it; else NULL. */
static const char *holds(const struct rule *rule, const struct guess *guess,
                         const struct clues *clues) {
    switch (rule->source) {
    case ROUTES:
        return clues->is_router ? "forwards for others" : NULL;
    case VENDOR:
        return has_word(clues->vendor, rule->word) ? clues->vendor : NULL;
    case SERVES:
        return service_name(guess->serves, rule->port);
    case USES:
        return service_name(guess->uses, rule->port);
    default:
        break;
    }
    for (size_t i = 0; i < clues->fact_count; i++) {
        const struct known_fact *fact = &clues->facts[i];
        bool is_name = fact->kind == FACT_HOST_NAME || fact->kind == FACT_MODEL;
        bool asked = rule->source == ANY_NAME ? is_name : fact->kind == rule->source;
        if (fact->last_s && asked && has_word(fact->text, rule->word))
            return fact->text;
    }
    return NULL;
}

/* The weight of a type: of each source the best rule. */
struct scale {
    float best[SOURCES];
    const char *why[SOURCES];
};

static void weigh(const struct guess *guess, const struct clues *clues,
                  struct scale scales[TYPE_COUNT]) {
    memset(scales, 0, TYPE_COUNT * sizeof *scales);
    for (unsigned i = 0; i < RULES; i++) {
        const struct rule *rule = &rules[i];
        struct scale *scale = &scales[rule->type];
        const char *why =
            rule->weight > scale->best[rule->source] ? holds(rule, guess, clues) : NULL;
        if (why) {
            scale->best[rule->source] = rule->weight;
            scale->why[rule->source] = why;
        }
    }
}

static double total(const struct scale *scale) {
    double sum = 0;
    for (unsigned i = 0; i < SOURCES; i++)
        sum += fmin((double)scale->best[i],
                    i == FACT_DHCP_FINGERPRINT ? fingerprint_most : 9);
    return sum;
}

void guess_update(struct guess *guess, const struct clues *clues) {
    struct scale scales[TYPE_COUNT];
    weigh(guess, clues, scales);
    double weights[TYPE_COUNT] = {0};
    unsigned best = TYPE_UNKNOWN;
    for (unsigned type = TYPE_UNKNOWN + 1; type < TYPE_COUNT; type++) {
        weights[type] = total(&scales[type]);
        if (weights[type] > weights[best])
            best = type;
    }
    bool stays = guess->type != TYPE_UNKNOWN && weights[guess->type] >= enough &&
                 weights[best] < weights[guess->type] + clearly_better;
    if (stays)
        best = guess->type;
    if (weights[best] < enough)
        best = TYPE_UNKNOWN;
    guess->type = (uint8_t)best;
    guess->confidence = (uint8_t)lround(
        best == TYPE_UNKNOWN ? 0 : 100 * fmin(0.95, 1 - exp2(-weights[best])));
}

void guess_reasons(const struct guess *guess, const struct clues *clues, char *text,
                   size_t size) {
    static const char *const sources[SOURCES] = {
        [FACT_SERVICE] = "announces ",  [FACT_VENDOR_CLASS] = "DHCP class ",
        [FACT_USER_AGENT] = "browser ", [FACT_SERVER] = "server ",
        [FACT_SSH_BANNER] = "SSH ",     [FACT_PLATFORM] = "platform ",
        [FACT_DESCRIPTION] = "says ",   [FACT_DHCP_FINGERPRINT] = "DHCP options ",
        [ANY_NAME] = "name ",           [VENDOR] = "made by ",
        [SERVES] = "answers at ",       [USES] = "speaks ",
    };
    struct scale scales[TYPE_COUNT];
    size_t used = 0;
    text[0] = '\0';
    if (guess->type == TYPE_UNKNOWN || guess->type >= TYPE_COUNT)
        return;
    weigh(guess, clues, scales);
    const struct scale *scale = &scales[guess->type];
    for (unsigned i = 0; i < SOURCES && used < size; i++)
        if (scale->why[i])
            used +=
                (size_t)snprintf(text + used, size - used, "%s%s%s", used ? ", " : "",
                                 sources[i] ? sources[i] : "", scale->why[i]);
}
