/* Labels of any bytes are taken or refused with a reason. */
#include "engine/program/labels.h"

#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    char error[512] = "";
    struct labels *labels =
        labels_parse("fuzz", (const char *)data, size, error, sizeof error);
    if ((labels == NULL) != (error[0] != '\0'))
        abort();
    for (size_t i = 0; labels && i < labels->event_count; i++)
        if (labels->events[i].end_s < labels->events[i].start_s)
            abort();
    labels_destroy(labels);
    return 0;
}
