#include "engine/view_fact.h"

#include <stdlib.h>
#include <string.h>

static const uint64_t second_ns = 1000000000;

static int compare_facts(const void *left, const void *right) {
    const struct known_fact *a = left, *b = right;
    if (a->kind != b->kind)
        return a->kind < b->kind ? -1 : 1;
    if (a->source != b->source)
        return a->source < b->source ? -1 : 1;
    if (a->first_s != b->first_s)
        return a->first_s < b->first_s ? -1 : 1;
    return strcmp(a->text, b->text);
}

static size_t text_bytes(const char *text) {
    return strlen(text) + 1;
}

void view_fact_gather(struct view_facts *facts, const struct inventory *inventory,
                      struct standings *standings, const struct device *device,
                      uint64_t now_ns) {
    const struct inventory_entry *entry = inventory_find(inventory, device);
    facts->vendor = inventory_vendor(inventory, device);
    facts->known_count = 0;
    facts->bytes = text_bytes(facts->vendor);
    for (unsigned i = 0; entry && i < INVENTORY_FACTS; i++) {
        if (!entry->facts[i].last_s)
            continue;
        facts->known[facts->known_count++] = entry->facts[i];
        facts->bytes += text_bytes(entry->facts[i].text);
    }
    qsort(facts->known, facts->known_count, sizeof facts->known[0], compare_facts);
    facts->posting_count = device->has_standing
                               ? standing_postings(standings, &device->key,
                                                   now_ns / second_ns, facts->postings)
                               : 0;
    for (size_t i = 0; i < facts->posting_count; i++) {
        const struct posting *posting = facts->postings[i];
        posting_text(posting, facts->texts[i], sizeof facts->texts[i]);
        facts->bytes += text_bytes(facts->texts[i]) + text_bytes(posting->source);
        if (posting->kind == POSTING_CERTIFICATE)
            facts->bytes += text_bytes(posting->certificate.subject) +
                            text_bytes(posting->certificate.serial);
    }
    facts->bytes +=
        (1 + facts->known_count + facts->posting_count) * sizeof(struct fact);
}

static const char *put_text(char **room, const char *text) {
    char *at = *room;
    size_t bytes = text_bytes(text);
    memcpy(at, text, bytes);
    *room += bytes;
    return at;
}

static void fill_posting(struct device_view *view, struct fact *fact,
                         const struct posting *posting, const char *text,
                         char **texts) {
    *fact = (struct fact){.kind = posting_kind_name(posting->kind),
                          .value = put_text(texts, text),
                          .source = put_text(texts, posting->source),
                          .confidence = 1,
                          .first_ns = posting->posted_s * second_ns,
                          .last_ns = posting->posted_s * second_ns,
                          .expires_ns = posting->expires_s * second_ns};
    if (posting->kind != POSTING_CERTIFICATE)
        return;
    view->certificate_subject = put_text(texts, posting->certificate.subject);
    view->certificate_serial = put_text(texts, posting->certificate.serial);
}

void view_fact_fill(struct device_view *view, const struct view_facts *facts,
                    const struct device *device, void *room) {
    struct fact *fact = room;
    char *texts = (char *)(fact + 1 + facts->known_count + facts->posting_count);
    view->facts = fact;
    if (facts->vendor[0])
        *fact++ = (struct fact){.kind = "vendor",
                                .value = put_text(&texts, facts->vendor),
                                .source = "ieee",
                                .confidence = 0.9,
                                .first_ns = device->first_ns,
                                .last_ns = device->last_ns};
    for (unsigned i = 0; i < facts->known_count; i++) {
        const struct known_fact *known = &facts->known[i];
        *fact++ = (struct fact){
            .kind = inventory_kind_name((enum fact_kind)known->kind),
            .value = put_text(&texts, known->text),
            .source = inventory_source_name((enum name_kind)known->source),
            .confidence = known->confidence / 100.0,
            .first_ns = known->first_s * second_ns,
            .last_ns = known->last_s * second_ns};
    }
    for (size_t i = 0; i < facts->posting_count; i++)
        fill_posting(view, fact++, facts->postings[i], facts->texts[i], &texts);
    view->fact_count = (unsigned)(fact - view->facts);
}
