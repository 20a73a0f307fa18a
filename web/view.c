#include "web/view.h"

#include "engine/technique.h"
#include "web/json.h"

#include <math.h>
#include <stdbool.h>

unsigned view_score(const struct device_view *view) {
    /* A comparison that NaN fails as well. */
    return view->score > 0 ? (unsigned)fmin(view->score, 100) : 0;
}

unsigned view_trust(const struct device_view *view) {
    unsigned left = 100 - view_score(view);
    double ceiling = 100 * view->identity_confidence + 0.5;
    return ceiling >= 0 && ceiling < (double)left ? (unsigned)ceiling : left;
}

void view_points(const struct device_view *view, int *points) {
    bool raised[FACTORS_MAX] = {false};
    int left = (int)view_score(view);
    for (unsigned i = 0; i < view->factor_count; i++) {
        double contribution = view->factors[i].contribution;
        points[i] =
            isfinite(contribution) ? (int)fmax(-100, fmin(contribution, 100)) : 0;
        left -= points[i];
    }
    for (unsigned given = 0; left > 0 && given < view->factor_count; left--, given++) {
        unsigned best = FACTORS_MAX;
        double remainder = -1;
        for (unsigned i = 0; i < view->factor_count; i++) {
            double own = view->factors[i].contribution - points[i];
            if (!raised[i] && own > remainder) {
                remainder = own;
                best = i;
            }
        }
        if (best == FACTORS_MAX)
            return;
        raised[best] = true;
        points[best]++;
    }
}

static void add_addresses(struct text *text, const struct device_view *view) {
    json_open(text, "addresses", '[');
    for (unsigned i = 0; i < view->address_count; i++) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&view->addresses[i], address);
        json_string(text, NULL, address);
    }
    json_close(text, ']');
}

/* Two decimals, as precise as it is. */
static double hundredths(double value) {
    return round(value * 100) / 100;
}

static void add_factors(struct text *text, const struct device_view *view,
                        unsigned limit, size_t sentence_bytes) {
    int points[FACTORS_MAX];
    view_points(view, points);
    json_open(text, "factors", '[');
    for (unsigned i = 0; i < view->factor_count && i < limit; i++) {
        const struct factor *factor = &view->factors[i];
        json_open(text, NULL, '{');
        json_string(text, "kind", factor->kind);
        json_string(text, "family", family_name(factor->family));
        json_number(text, "contribution", points[i]);
        json_number(text, "observed", factor->observed);
        json_number(text, "expected", factor->expected);
        json_string(text, "unit", factor->unit ? factor->unit : "");
        if (factor->technique && factor->technique[0])
            json_string(text, "technique", factor->technique);
        if (factor->peer[0])
            json_string_cut(text, "peer", factor->peer, FACTOR_PEER_BYTES);
        json_time(text, "since", factor->since_ns);
        json_string_cut(text, "text", factor->text, sentence_bytes);
        json_close(text, '}');
    }
    json_close(text, ']');
}

static void add_identity(struct text *text, const struct device_view *view) {
    json_string(text, "id", view->id);
    json_string(text, "name", view->name);
    json_string(text, "vendor", view->vendor);
    json_string(text, "group", view->group);
    add_addresses(text, view);
    json_string(text, "zone", view->zone);
}

static void add_standing(struct text *text, const struct device_view *view) {
    json_string(text, "state", device_state_name(view->state));
    json_unsigned(text, "score", view_score(view));
    json_string(text, "level", risk_level_name(view->level));
    json_number(text, "confidence", hundredths(view->confidence));
    json_time(text, "last_seen", view->last_seen_ns);
}

void view_standing(struct text *text, const struct device_view *view) {
    add_standing(text, view);
    json_unsigned(text, "trust", view_trust(view));
    json_open(text, "identity", '{');
    json_number(text, "confidence", hundredths(view->identity_confidence));
    json_open(text, "reasons", '[');
    for (unsigned i = 0; i < view->identity_reason_count; i++)
        json_string(text, NULL, view->identity_reasons[i]);
    json_close(text, ']');
    json_close(text, '}');
    json_string(text, "criticality", view->criticality ? view->criticality : "normal");
    if (view->relearn_until_ns) {
        json_open(text, "relearn", '{');
        json_time(text, "until", view->relearn_until_ns);
        json_close(text, '}');
    } else {
        json_null(text, "relearn");
    }
}

void view_summary(struct text *text, const struct device_view *view) {
    json_open(text, NULL, '{');
    view_summary_members(text, view);
    json_close(text, '}');
}

void view_summary_members(struct text *text, const struct device_view *view) {
    const struct factor *top = view->factor_count ? &view->factors[0] : NULL;
    add_identity(text, view);
    add_standing(text, view);
    json_string(text, "top_factor", top ? top->kind : "");
    json_string(text, "reason", top ? top->text : "");
}

static void add_top(struct text *text, const char *key, const struct top_entry *entries,
                    unsigned count) {
    json_open(text, key, '[');
    for (unsigned i = 0; i < count; i++) {
        json_open(text, NULL, '{');
        json_string(text, "name", entries[i].name);
        json_unsigned(text, "bytes", entries[i].bytes);
        json_time(text, "last_seen", entries[i].last_seen_ns);
        json_close(text, '}');
    }
    json_close(text, ']');
}

/* Through which tunnel its traffic comes here; null: none. */
static void add_vantage(struct text *text, const struct vantage *vantage) {
    static const char *const ends[] = {"source", "destination"};
    if (vantage->kind == TUNNEL_NONE) {
        json_null(text, "vantage");
        return;
    }
    json_open(text, "vantage", '{');
    json_string(text, "tunnel", tunnel_name((enum tunnel)vantage->kind));
    json_unsigned(text, "id", vantage->id);
    json_unsigned(text, "vlan", vantage->vlan);
    for (unsigned end = 0; end < 2; end++) {
        char address[ADDRESS_TEXT_BYTES];
        address_format(&vantage->ip[end], address);
        if (vantage->ip[end].family)
            json_string(text, ends[end], address);
    }
    json_close(text, '}');
}

static void add_type(struct text *text, const struct device_view *view) {
    json_open(text, "type", '{');
    json_string(text, "name", view->type ? view->type : "");
    json_number(text, "confidence", hundredths(view->type_confidence));
    json_string(text, "reasons", view->type_reasons);
    json_close(text, '}');
}

static void add_facts(struct text *text, const struct device_view *view) {
    json_open(text, "facts", '[');
    for (unsigned i = 0; i < view->fact_count; i++) {
        const struct fact *fact = &view->facts[i];
        json_open(text, NULL, '{');
        json_string(text, "kind", fact->kind);
        json_string(text, "value", fact->value);
        json_string(text, "source", fact->source);
        json_number(text, "confidence", hundredths(fact->confidence));
        json_time(text, "first", fact->first_ns);
        json_time(text, "last", fact->last_ns);
        if (fact->expires_ns)
            json_time(text, "expires", fact->expires_ns);
        json_close(text, '}');
    }
    json_close(text, ']');
}

void view_full(struct text *text, const struct device_view *view, unsigned max_age_s) {
    json_open(text, NULL, '{');
    add_identity(text, view);
    char mac[MAC_TEXT_BYTES];
    mac_format(&view->mac, mac);
    if (mac_is_zero(&view->mac))
        json_null(text, "mac");
    else
        json_string(text, "mac", mac);
    json_unsigned(text, "vlan", view->vlan);
    add_vantage(text, &view->vantage);
    json_bool(text, "router", view->is_router);
    view_standing(text, view);
    json_string(text, "mode", "enforce");
    json_number(text, "anomaly", hundredths(view->anomaly));
    json_time(text, "computed_at", view->computed_at_ns);
    json_unsigned(text, "max_age_s", max_age_s);
    json_time(text, "since", view->since_ns);
    json_time(text, "first_seen", view->first_seen_ns);
    json_unsigned(text, "packets", view->packets);
    json_unsigned(text, "bytes", view->bytes);
    json_open(text, "maturity", '{');
    for (unsigned family = 0; family < FAMILY_COUNT; family++)
        json_number(text, family_name((enum family)family),
                    hundredths(view->maturity[family]));
    json_close(text, '}');
    add_type(text, view);
    add_facts(text, view);
    add_top(text, "top_peers", view->top_peers, view->top_peer_count);
    add_top(text, "top_services", view->top_services, view->top_service_count);
    add_factors(text, view, FACTORS_MAX, SIZE_MAX);
    json_close(text, '}');
}

void view_finding(struct text *text, const struct finding *finding) {
    json_open(text, NULL, '{');
    json_unsigned(text, "id", finding->id);
    json_time(text, "time", finding->time_ns);
    json_string(text, "device", finding->device);
    json_string(text, "kind", finding->kind);
    json_string(text, "level", risk_level_name(finding->level));
    json_number(text, "contribution", finding->contribution);
    json_number(text, "observed", finding->observed);
    json_number(text, "expected", finding->expected);
    json_string(text, "peer", finding->peer);
    const char *technique = technique_of(finding->kind);
    if (technique[0])
        json_string(text, "technique", technique);
    json_string(text, "text", finding->text);
    json_close(text, '}');
}

void view_brief(struct text *text, const char *key, const struct device_view *view,
                unsigned max_age_s) {
    json_open(text, key, '{');
    json_string(text, "device", view->id);
    json_unsigned(text, "score", view_score(view));
    json_string(text, "level", risk_level_name(view->level));
    json_number(text, "confidence", hundredths(view->confidence));
    json_string(text, "state", device_state_name(view->state));
    json_unsigned(text, "max_age_s", max_age_s);
    json_close(text, '}');
}

void view_risk(struct text *text, const struct device_view *view, const char *mode,
               unsigned max_age_s) {
    size_t sentence_bytes = FACTOR_TEXT_BYTES;
    do {
        text->used = 0;
        json_open(text, NULL, '{');
        json_string(text, "device", view->id);
        json_unsigned(text, "score", view_score(view));
        json_string(text, "level", risk_level_name(view->level));
        json_number(text, "confidence", hundredths(view->confidence));
        json_string(text, "state", device_state_name(view->state));
        json_string(text, "mode", mode);
        json_unsigned(text, "trust", view_trust(view));
        json_time(text, "computed_at", view->computed_at_ns);
        json_unsigned(text, "max_age_s", max_age_s);
        json_time(text, "since", view->since_ns);
        add_factors(text, view, VIEW_RISK_FACTORS, sentence_bytes);
        json_close(text, '}');
        sentence_bytes -= 24;
    } while (text->used > VIEW_RISK_BYTES && sentence_bytes > 24);
}
