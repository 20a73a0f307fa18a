/* A configuration of any bytes is taken or refused with a reason; what was taken is written
   and taken again. */
#include "engine/program/config.h"

#include <stdlib.h>
#include <string.h>

static bool parse(struct config *config, const char *text) {
    char *reasons = NULL;
    size_t length = 0;
    FILE *errors = open_memstream(&reasons, &length);
    config_init(config);
    bool good = config_parse(config, "fuzz", text, errors);
    fclose(errors);
    if (good != (length == 0))
        abort();
    free(reasons);
    return good;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct config config;
    char *text = malloc(size + 1), *written = NULL;
    size_t length = 0;
    memcpy(text, data, size);
    text[size] = '\0';
    if (parse(&config, text)) {
        FILE *out = open_memstream(&written, &length);
        config_write(&config, out);
        fclose(out);
        if (!parse(&config, written))
            abort();
        free(written);
    }
    free(text);
    return 0;
}
