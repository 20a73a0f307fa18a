#include "engine/program/config_keys.h"

#include <stddef.h>

const struct config_key config_keys[CONFIG_KEY_COUNT] = {
#define KEY(section, key, kind, member, least, most, help)                             \
    {#section, #key, kind, offsetof(struct config, member), least, most, help},
    CONFIG_KEYS(KEY)
#undef KEY
};

/* The table and the structure agree. */
#define C_COUNT    uint32_t
#define C_SIZE     uint32_t
#define C_SPAN     uint32_t
#define C_SECONDS  double
#define C_NUMBER   double
#define C_TEXT     char *
#define C_LISTEN   struct web_options
#define C_LEVEL    enum log_level
#define C_MODE     enum policy_mode
#define C_URL      char *
#define C_FILTER   char *
#define C_NETWORKS struct config_networks
#define C_LINES    struct config_lines
#define AGREE(section, key, kind, member, least, most, help)                           \
    _Static_assert(_Generic(((struct config *)0)->member, C_##kind : 1, default : 0),  \
                   #section "." #key);
CONFIG_KEYS(AGREE)
#undef AGREE

const char *const config_keys_levels[5] = {"error", "warning", "notice", "info",
                                           "debug"};

const struct config_unit config_keys_no_units[] = {{"", 1}, {NULL, 0}};
const struct config_unit config_keys_span_units[] = {
    {"d", 86400}, {"h", 3600}, {"m", 60}, {"s", 1}, {"", 1}, {NULL, 0}};
const struct config_unit config_keys_size_units[] = {
    {"G", 1 << 30}, {"M", 1 << 20}, {"k", 1 << 10}, {"", 1}, {NULL, 0}};

const struct config_unit *config_keys_units(enum config_kind kind) {
    return kind == SIZE                      ? config_keys_size_units
           : kind == SPAN || kind == SECONDS ? config_keys_span_units
                                             : config_keys_no_units;
}
