#include "web/page.h"

#include "web/list.h"
#include "web/service.h"
#include "web/view.h"

#include <stdlib.h>
#include <string.h>

enum { ROWS = 1000 };

static const char policy[] =
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

static const char style[] =
    "body{font:15px/1.45 system-ui,sans-serif;margin:2rem;color:#1c2430;"
    "background:#fff}\n"
    "h1{font-size:1.3rem;margin:0}p{margin:.3rem 0 1rem;color:#586374}\n"
    "table{border-collapse:collapse;width:100%}\n"
    "th,td{text-align:left;padding:.35rem .8rem .35rem 0;"
    "border-bottom:1px solid #e3e7ec;vertical-align:top}\n"
    "th{font-weight:600;color:#586374}td.number{text-align:right}\n"
    "td{white-space:nowrap}td.text{white-space:normal;overflow-wrap:anywhere}\n"
    "a{color:inherit}\n"
    "tr[data-level=MEDIUM]{background:#fff8df}tr[data-level=HIGH]{background:#ffe8d6}\n"
    "tr[data-level=CRITICAL]{background:#ffdcdc}\n"
    "tr[data-state=stale]{opacity:.6}\n";

/* The answer is parsed as a document of its own, in which no script runs, and only the
   table is taken over: no text from the network is ever read as anything but text here. */
static const char script[] =
    "'use strict';\n"
    "const renew = async () => {\n"
    "  try {\n"
    "    const answer = await fetch('/?live=0');\n"
    "    const page = new DOMParser().parseFromString(await answer.text(), "
    "'text/html');\n"
    "    if (answer.ok)\n"
    "      for (const id of ['summary', 'devices'])\n"
    "        document.getElementById(id).replaceWith(page.getElementById(id));\n"
    "  } catch (error) {\n"
    "    document.getElementById('summary').textContent = 'No answer: ' + "
    "error.message;\n"
    "  }\n"
    "  setTimeout(renew, 2000);\n"
    "};\n"
    "setTimeout(renew, 2000);\n";

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
    text_add(text, "<td class=\"text\">");
    text_add_html(text, value);
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
                        size_t count) {
    const struct engine_status *status = snapshot_status(snapshot);
    text_add(text, "<p id=\"summary\">");
    text_add_unsigned(text, count);
    text_add(text, count == 1 ? " device, " : " devices, ");
    text_add_unsigned(text, status->findings_total);
    text_add(text, status->findings_total == 1 ? " finding" : " findings");
    text_add(text, status->replaying ? "; still reading, at " : ", as of ");
    text_add_time(text, status->now_ns);
    if (count > ROWS)
        text_add(text, "; the riskiest 1000 are shown, all are in /v1/devices");
    text_add(text, "</p>\n");
}

void page_show(struct service *service, const struct request *request,
               struct reply *reply) {
    (void)service;
    char live[8] = "";
    size_t count;
    struct list_entry *entries = list_by_risk(request->snapshot, &count);
    if (!entries) {
        reply_problem(reply, 500, "out of memory");
        return;
    }
    bool renew = request_query(request, "live", live, sizeof live) != QUERY_PRESENT ||
                 strcmp(live, "0") != 0;
    struct text *text = &reply->body;
    reply->content_type = "text/html; charset=utf-8";
    reply->cache_control = "no-cache";
    reply->csp = policy;
    reply->validated = true;
    text_add(text, "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n"
                   "<meta name=\"viewport\" content=\"width=device-width\">\n"
                   "<title>wary</title>\n"
                   "<link rel=\"stylesheet\" href=\"/page.css\">\n");
    if (renew)
        text_add(text, "<script src=\"/page.js\" defer></script>\n");
    text_add(text, "<h1>wary</h1>\n");
    add_summary(text, request->snapshot, count);
    text_add(text,
             "<table>\n<thead><tr><th>Device<th>Name<th>Addresses<th>Risk<th>Level"
             "<th>State<th>Confidence<th>Why<th>Last seen\n"
             "<tbody id=\"devices\">\n");
    for (size_t i = 0; i < count && i < ROWS; i++)
        add_row(text, entries[i].view);
    text_add(text, "</table>\n");
    free(entries);
}

static void show_asset(struct reply *reply, const char *content_type,
                       const char *asset) {
    reply->content_type = content_type;
    reply->cache_control = "no-cache";
    reply->validated = true;
    text_add(&reply->body, asset);
}

void page_style(struct service *service, const struct request *request,
                struct reply *reply) {
    (void)service, (void)request;
    show_asset(reply, "text/css; charset=utf-8", style);
}

void page_script(struct service *service, const struct request *request,
                 struct reply *reply) {
    (void)service, (void)request;
    show_asset(reply, "text/javascript; charset=utf-8", script);
}
