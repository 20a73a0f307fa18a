#ifndef WEB_FIELDS_H
#define WEB_FIELDS_H

#include "web/scan.h"

#include <cjson/cJSON.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The members of an object of a request, taken by name and checked. The first fault sticks:
   what follows takes nothing, and fields_end says it. A member that is null is as if absent. */

enum { FIELDS_TAKEN = 16 };

struct fields {
    const cJSON *object;
    char pointer[SCAN_POINTER_BYTES]; /* of the object; then of the fault */
    const char *fault;                /* static; NULL: none */
    const char *taken[FIELDS_TAKEN];
    unsigned taken_count;
};

/* `pointer` is the object's; a fault if it is none. */
void fields_begin(struct fields *fields, const cJSON *object, const char *pointer);
/* True if there was no fault, and no member that nobody took. */
bool fields_end(struct fields *fields);
/* A fault of the caller's own, at a member. */
void fields_refuse(struct fields *fields, const char *name, const char *detail);

/* Each: whether the member is there and good. Absent where `required` is a fault. */
bool fields_object(struct fields *fields, const char *name, bool required,
                   struct fields *inner);
/* Not empty, fits `size`, and nothing in it would have to be replaced to be shown. */
bool fields_text(struct fields *fields, const char *name, bool required, char *text,
                 size_t size);
bool fields_number(struct fields *fields, const char *name, bool required, double low,
                   double high, double *number);
bool fields_flag(struct fields *fields, const char *name, bool required, bool *flag);
/* An RFC 3339 time or seconds of epoch: whole seconds below 2^32. */
bool fields_time(struct fields *fields, const char *name, bool required,
                 uint32_t *time_s);
/* One of the names that `name_at` gives for 0, 1, … until it gives "" or NULL. */
bool fields_choice(struct fields *fields, const char *name, bool required,
                   const char *(*name_at)(unsigned), unsigned *choice);

#endif
