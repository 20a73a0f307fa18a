#include "web/fields.h"

#include "engine/base/address.h"
#include "web/request.h"

#include <math.h>
#include <string.h>

void fields_begin(struct fields *fields, const cJSON *object, const char *pointer) {
    memset(fields, 0, sizeof *fields);
    fields->object = object;
    memccpy(fields->pointer, pointer, '\0', sizeof fields->pointer - 1);
    if (!cJSON_IsObject(object))
        fields->fault = "is to be an object";
}

void fields_refuse(struct fields *fields, const char *name, const char *detail) {
    if (fields->fault)
        return;
    fields->fault = detail;
    scan_point(fields->pointer, sizeof fields->pointer, name);
}

bool fields_end(struct fields *fields) {
    for (const cJSON *member = fields->fault ? NULL : fields->object->child; member;
         member = member->next) {
        unsigned i = 0;
        while (i < fields->taken_count && strcmp(fields->taken[i], member->string) != 0)
            i++;
        if (i == fields->taken_count)
            fields_refuse(fields, member->string, "is not known here");
    }
    return !fields->fault;
}

/* NULL if it is not there, or there was a fault before. */
static const cJSON *take(struct fields *fields, const char *name, bool required) {
    if (fields->fault)
        return NULL;
    if (fields->taken_count < FIELDS_TAKEN)
        fields->taken[fields->taken_count++] = name;
    const cJSON *member = cJSON_GetObjectItemCaseSensitive(fields->object, name);
    if (cJSON_IsNull(member))
        member = NULL;
    if (!member && required)
        fields_refuse(fields, name, "is missing");
    return member;
}

static bool refuse(struct fields *fields, const char *name, const char *detail) {
    fields_refuse(fields, name, detail);
    return false;
}

bool fields_object(struct fields *fields, const char *name, bool required,
                   struct fields *inner) {
    const cJSON *member = take(fields, name, required);
    if (!member)
        return false;
    if (!cJSON_IsObject(member))
        return refuse(fields, name, "is to be an object");
    fields_begin(inner, member, fields->pointer);
    scan_point(inner->pointer, sizeof inner->pointer, name);
    return true;
}

bool fields_text(struct fields *fields, const char *name, bool required, char *text,
                 size_t size) {
    const cJSON *member = take(fields, name, required);
    if (!member)
        return false;
    if (!cJSON_IsString(member) || !member->valuestring[0])
        return refuse(fields, name, "is to be a string that is not empty");
    size_t length = strlen(member->valuestring);
    if (length >= size)
        return refuse(fields, name, "is too long");
    text_copy_untrusted(text, size, member->valuestring, length);
    return strcmp(text, member->valuestring) == 0 ||
           refuse(fields, name, "has characters that cannot be shown");
}

bool fields_number(struct fields *fields, const char *name, bool required, double low,
                   double high, double *number) {
    const cJSON *member = take(fields, name, required);
    if (!member)
        return false;
    if (!cJSON_IsNumber(member))
        return refuse(fields, name, "is to be a number");
    if (!(member->valuedouble >= low && member->valuedouble <= high))
        return refuse(fields, name, "is out of its range");
    *number = member->valuedouble;
    return true;
}

bool fields_flag(struct fields *fields, const char *name, bool required, bool *flag) {
    const cJSON *member = take(fields, name, required);
    if (!member)
        return false;
    *flag = cJSON_IsTrue(member);
    return cJSON_IsBool(member) || refuse(fields, name, "is to be true or false");
}

bool fields_time(struct fields *fields, const char *name, bool required,
                 uint32_t *time_s) {
    const cJSON *member = take(fields, name, required);
    uint64_t time_ns;
    if (!member)
        return false;
    if (cJSON_IsNumber(member) && member->valuedouble >= 0 &&
        member->valuedouble < 4294967296.0) {
        *time_s = (uint32_t)member->valuedouble;
        return true;
    }
    if (!cJSON_IsString(member) || !request_parse_time(member->valuestring, &time_ns) ||
        time_ns / 1000000000 > UINT32_MAX)
        return refuse(fields, name,
                      "is to be an RFC 3339 time, or seconds since the epoch");
    *time_s = (uint32_t)(time_ns / 1000000000);
    return true;
}

bool fields_choice(struct fields *fields, const char *name, bool required,
                   const char *(*name_at)(unsigned), unsigned *choice) {
    const cJSON *member = take(fields, name, required);
    if (!member)
        return false;
    for (*choice = 0; cJSON_IsString(member); ++*choice) {
        const char *candidate = name_at(*choice);
        if (!candidate || !candidate[0])
            break;
        if (strcmp(candidate, member->valuestring) == 0)
            return true;
    }
    return refuse(fields, name, "is none of the words that are known here");
}
