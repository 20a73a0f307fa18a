/* A profile of any bytes is taken or refused with a reason; what was taken decides. */
#include "engine/policy/mud.h"

#include <stdlib.h>
#include <string.h>

static bool is_named(const void *context, const char *name) {
    (void)context;
    return strlen(name) % 2;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct mistake mistake;
    struct mud *mud = mud_create((const char *)data, size, &mistake);
    if ((mud != NULL) == (mistake.text[0] != '\0'))
        abort();
    if (!mud)
        return 0;
    struct mud_flow flow = {
        .ethertype = 0x0800,
        .device_port = 40000,
        .peer_port = 443,
        .peer = {.url = "https://a.example/x", .is_named = is_named}};
    address_parse("192.0.2.1", &flow.peer.ip);
    for (unsigned i = 0; i < 512; i++) {
        flow.from_device = i & 1;
        flow.protocol = (uint8_t)(i >> 1);
        mud_allows(mud, &flow);
    }
    if (!mud_url(mud)[0] || mud_knows(mud, ""))
        abort();
    mud_free(mud);
    return 0;
}
