#include "web/page.h"

#include "web/asset.h"
#include "web/list.h"
#include "web/service.h"
#include "web/view.h"

#include <stdlib.h>
#include <string.h>

/* A still is all there is for who reads it without a script; else the script asks for more. */
enum { ROWS_STILL = 1000, ROWS_LIVE = 100 };

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static void add_path_segment(struct text *text, const char *segment) {
    static const char hex[] = "0123456789ABCDEF";
    for (; *segment; segment++) {
        unsigned char c = (unsigned char)*segment;
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                     (c >= '0' && c <= '9') || strchr("-._~:@", c);
        char escaped[3] = {'%', hex[c >> 4], hex[c & 15]};
        text_add_bytes(text, plain ? segment : escaped, plain ? 1 : sizeof escaped);
    }
}

static void add_cell(struct text *text, const char *value) {
    text_add(text, "<td>");
    text_add_html(text, value);
}

static void add_text_cell(struct text *text, const char *value) {
    text_add(text, "<td class=\"text\"><bdi>");
    text_add_html(text, value);
    text_add(text, "</bdi>");
}

static void add_number_cell(struct text *text, double value) {
    text_add(text, "<td class=\"number\">");
    text_add_number(text, value);
}

static void add_row(struct text *text, const struct device_view *view) {
    const char *level = risk_level_name(view->level);
    const char *state = device_state_name(view->state);
    text_add(text, "<tr data-device=\"");
    text_add_html(text, view->id);
    text_add(text, "\" data-level=\"");
    text_add(text, level);
    text_add(text, "\" data-state=\"");
    text_add(text, state);
    text_add(text, "\"><td><a href=\"/v1/devices/");
    add_path_segment(text, view->id);
    text_add(text, "\">");
    text_add_html(text, view->id);
    text_add(text, "</a>");
    add_text_cell(text, view->name);
    text_add(text, "<td class=\"text\">");
    for (unsigned i = 0; i < view->address_count; i++) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&view->addresses[i], address);
        text_add(text, i ? " " : "");
        text_add_html(text, address);
    }
    add_number_cell(text, view_score(view));
    add_cell(text, level);
    add_cell(text, state);
    add_number_cell(text, (double)(int)(view->confidence * 100) / 100);
    add_text_cell(text, view->factor_count ? view->factors[0].text : "");
    text_add(text, "<td>");
    text_add_time(text, view->last_seen_ns);
    text_add(text, "\n");
}

static void add_summary(struct text *text, const struct snapshot *snapshot,
                        size_t count, size_t rows) {
    const struct engine_status *status = snapshot_status(snapshot);
    text_add(text, "<p>");
    text_add_unsigned(text, count);
    text_add(text, count == 1 ? " device, " : " devices, ");
    text_add_unsigned(text, status->findings_total);
    text_add(text, status->findings_total == 1 ? " finding" : " findings");
    text_add(text, status->replaying ? "; still reading, at " : ", as of ");
    text_add_time(text, status->now_ns);
    if (count > rows) {
        text_add(text, "; the riskiest ");
        text_add_unsigned(text, rows);
        text_add(text,
                 " are shown, all are in <a href=\"/v1/devices\">/v1/devices</a>");
    }
    text_add(text, "</p>\n");
}

/* `name`: who has signed in, NULL nobody. */
static void add_head(struct text *text, const char *name) {
    text_add(text, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" "
                   "content=\"width=device-width, initial-scale=1\">\n"
                   "<meta name=\"color-scheme\" content=\"light dark\">\n"
                   "<title>wary</title>\n");
    if (name) {
        text_add(text, "<meta name=\"principal\" content=\"");
        text_add_html(text, name);
        text_add(text, "\">\n");
    }
    if (asset_style.plain_bytes)
        text_add(text, "<link rel=\"stylesheet\" href=\"/page.css\">\n");
    if (asset_script.plain_bytes)
        text_add(text, "<script src=\"/page.js\" defer></script>\n");
}

static void begin_page(struct reply *reply, const char *name) {
    reply->content_type = "text/html; charset=utf-8";
    reply->cache_control = "no-cache";
    reply->csp = policy;
    reply->vary = "Cookie, Authorization";
    reply->validated = true;
    add_head(&reply->body, name);
    text_add(&reply->body, "<body>\n<main class=\"plain\">\n<h1>wary</h1>\n");
}

/* Nothing of the network: the script will ask for a token. */
static void show_door(struct reply *reply) {
    begin_page(reply, NULL);
    text_add(&reply->body,
             "<p>This needs a token: sign in with a browser that runs the "
             "page's script, or ask the API.</p>\n</main>\n");
}

void page_show(struct service *service, const struct request *request,
               struct reply *reply) {
    const char *name = NULL;
    if (service_check(service, request, AUTH_RISK_READ, &name) != AUTH_GRANTED) {
        show_door(reply);
        return;
    }
    char live[8] = "";
    size_t count;
    struct list_entry *entries = list_by_risk(request->snapshot, &count);
    if (!entries) {
        reply_problem(reply, 500, "out of memory");
        return;
    }
    bool still = request_query(request, "live", live, sizeof live) == QUERY_PRESENT &&
                 strcmp(live, "0") == 0;
    size_t rows = still ? ROWS_STILL : ROWS_LIVE;
    struct text *text = &reply->body;
    begin_page(reply, name);
    add_summary(text, request->snapshot, count, rows);
    text_add(text,
             "<table>\n<thead><tr><th>Device<th>Name<th>Addresses<th>Risk<th>Level"
             "<th>State<th>Confidence<th>Why<th>Last seen\n<tbody>\n");
    for (size_t i = 0; i < count && i < rows; i++)
        add_row(text, entries[i].view);
    text_add(text, "</table>\n</main>\n");
    free(entries);
}

static void show_asset(const struct request *request, struct reply *reply,
                       const char *content_type, const struct asset *asset) {
    bool packed = request_accepts_gzip(request_header(request, "Accept-Encoding"));
    if (!asset->plain_bytes) {
        reply_problem(reply, 404, "this wary was built without its page's script");
        return;
    }
    reply->content_type = content_type;
    reply->content_encoding = packed ? "gzip" : NULL;
    reply->vary = "Accept-Encoding";
    reply->cache_control = "no-cache";
    reply->validated = true;
    text_add_bytes(&reply->body, (const char *)(packed ? asset->gzip : asset->plain),
                   packed ? asset->gzip_bytes : asset->plain_bytes);
}

void page_style(struct service *service, const struct request *request,
                struct reply *reply) {
    (void)service;
    show_asset(request, reply, "text/css; charset=utf-8", &asset_style);
}

void page_script(struct service *service, const struct request *request,
                 struct reply *reply) {
    (void)service;
    show_asset(request, reply, "text/javascript; charset=utf-8", &asset_script);
}
