/* Any bytes are a DNS message. Both ways of reading it end, stay inside, and agree. */
#include "collectors/dns.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct dns_message message;
    struct dns_reader reader;
    struct dns_resource resource;
    if (size > UINT16_MAX)
        return 0;
    bool is_message = dns_parse(data, size, &message);
    if (is_message && (message.address_count > DNS_ADDRESSES ||
                       message.name_bytes != strlen(message.name)))
        abort();
    if (dns_open(&reader, data, size) != is_message)
        abort();
    while (is_message && dns_next(&reader, &resource))
        if (resource.data < data ||
            resource.data + resource.data_length > data + size ||
            strnlen(resource.name, DNS_NAME_BYTES) == DNS_NAME_BYTES)
            abort();
    return 0;
}
