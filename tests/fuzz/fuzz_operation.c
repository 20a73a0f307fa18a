/* Any bytes are an application's, asked or answered: the first byte chooses port and
   side. */
#include "collectors/operation.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static const uint16_t ports[] = {502, 20000, 1883, 102, 2404, 80, 44818, 47808};
    if (size < 1 || size > UINT16_MAX)
        return 0;
    unsigned side = data[0] & 1;
    struct packet packet = {
        .protocol = PROTOCOL_TCP,
        .payload = data + 1,
        .payload_captured = (uint32_t)size - 1,
        .payload_length = (uint32_t)size - 1,
    };
    packet.port[side] = ports[(data[0] >> 1) % (sizeof ports / sizeof *ports)];
    packet.port[!side] = 40000;
    struct operation_count operations[RECORD_OPERATIONS];
    unsigned overflow = 0, total = 0;
    unsigned used = operation_parse(&packet, side, operations, &overflow);
    if (used > RECORD_OPERATIONS)
        abort();
    for (unsigned i = 0; i < used; i++) {
        if (operations[i].count == 0)
            abort();
        total += operations[i].count;
    }
    if (total + overflow > 64)
        abort();
    return 0;
}
