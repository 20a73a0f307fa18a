#include "web/export.h"

#include "web/view.h"

#include <string.h>

bool export_is_wanted(const struct request *request, struct reply *reply) {
    char format[16];
    const char *accept = request_header(request, "Accept");
    switch (request_query(request, "format", format, sizeof format)) {
    case QUERY_ABSENT:
        return accept && strcasestr(accept, "text/csv");
    case QUERY_PRESENT:
        if (strcmp(format, "csv") == 0)
            return true;
        if (strcmp(format, "json") == 0)
            return false;
        /* fall through */
    case QUERY_BAD:
        break;
    }
    reply_bad_parameter(reply, "format", "is json or csv");
    return false;
}

/* What goes before all cells but a row's first. */
static void begin_cell(struct text *text) {
    if (text->used && text->bytes[text->used - 1] != '\n')
        text_add(text, ",");
}

static void add_cell(struct text *text, const char *value) {
    begin_cell(text);
    text_add(text, "\"");
    if (value[0] && strchr("=+-@\t\r\n", value[0]))
        text_add(text, "'");
    for (const char *quote; (quote = strchr(value, '"')); value = quote + 1) {
        text_add_bytes(text, value, (size_t)(quote - value));
        text_add(text, "\"\"");
    }
    text_add(text, value);
    text_add(text, "\"");
}

static void add_number(struct text *text, double value) {
    begin_cell(text);
    text_add_number(text, value);
}

static void add_time(struct text *text, uint64_t time_ns) {
    begin_cell(text);
    text_add_time(text, time_ns);
}

static void add_device(struct text *text, const struct device_view *view) {
    char addresses[DEVICE_ADDRESSES * ADDRESS_TEXT_BYTES] = "";
    char mac[MAC_TEXT_BYTES] = "";
    const struct factor *top = view->factor_count ? &view->factors[0] : NULL;
    for (unsigned i = 0; i < view->address_count; i++) {
        size_t used = strlen(addresses);
        if (i)
            addresses[used++] = ' ';
        address_format(&view->addresses[i], addresses + used);
    }
    if (!mac_is_zero(&view->mac))
        mac_format(&view->mac, mac);
    const char *const words[] = {view->id,
                                 mac,
                                 addresses,
                                 view->name,
                                 view->vendor,
                                 view->type ? view->type : "",
                                 view->group,
                                 view->zone,
                                 view->criticality ? view->criticality : "",
                                 device_state_name(view->state),
                                 risk_level_name(view->level)};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        add_cell(text, words[i]);
    add_number(text, view_score(view));
    add_number(text, view_trust(view));
    add_number(text, view->confidence);
    add_number(text, view->identity_confidence);
    add_time(text, view->first_seen_ns);
    add_time(text, view->last_seen_ns);
    add_cell(text, top ? top->kind : "");
    add_cell(text, top ? top->text : "");
    text_add(text, "\r\n");
}

void export_devices(const struct list_entry *entries, size_t count,
                    struct reply *reply) {
    text_add(&reply->body, "id,mac,addresses,name,vendor,type,group,zone,criticality,"
                           "state,level,score,trust,confidence,identity_confidence,"
                           "first_seen,last_seen,top_factor,reason\r\n");
    for (size_t i = 0; i < count; i++)
        add_device(&reply->body, entries[i].view);
    reply->content_type = "text/csv; charset=utf-8; header=present";
    reply->cache_control = "no-cache";
    reply->validated = true;
    reply_note(reply, "Content-Disposition", "attachment; filename=\"devices.csv\"");
}
