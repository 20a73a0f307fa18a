/* Any bytes are a TLS client's hello, or a DHCP message: what is read lies inside, and texts
   end. */
#include "collectors/dhcp.h"
#include "collectors/hello.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct hello hello;
    struct dhcp_message message;
    if (size > UINT16_MAX)
        return 0;
    if (hello_read(data, size, &hello)) {
        if (hello.essence_length > HELLO_ESSENCE_BYTES)
            abort();
        if (hello.name && (hello.name < data || hello.name > data + size ||
                           hello.name_length > size - (size_t)(hello.name - data)))
            abort();
    }
    if (dhcp_parse(data, size, &message) &&
        (strnlen(message.host, sizeof message.host) == sizeof message.host ||
         strnlen(message.vendor, sizeof message.vendor) == sizeof message.vendor))
        abort();
    return 0;
}
