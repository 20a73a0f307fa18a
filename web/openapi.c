#include "web/openapi.h"

/* The file as it stands in the tree, which the build names. */
__asm__(".section .rodata\n"
        "openapi_begin: .incbin \"" OPENAPI_FILE "\"\n"
        "openapi_end:\n"
        ".previous\n");
extern const char openapi_begin[], openapi_end[];

void openapi_show(struct service *service, const struct request *request,
                  struct reply *reply) {
    (void)service, (void)request;
    text_add_bytes(&reply->body, openapi_begin, (size_t)(openapi_end - openapi_begin));
    reply->cache_control = "no-cache";
    reply->validated = true;
}
