#include "engine/base/vantage.h"

const char *tunnel_name(enum tunnel tunnel) {
    static const char *const names[] = {
#define TUNNEL_NAME(id, name) name,
        TUNNELS(TUNNEL_NAME)
#undef TUNNEL_NAME
    };
    return names[tunnel];
}
