#include "engine/question.h"

#include <string.h>
#include <xxhash.h>

static const uint64_t second_ns = 1000000000;
static const uint64_t chain_ns = 15 * second_ns, fresh_ns = 5 * second_ns;
static const uint64_t copy_ns = second_ns / 10;
static const uint32_t hailed_s = 60;
static const uint64_t crossed_ns = 60 * second_ns, crossing_ns = 300 * second_ns;

void question_init(struct question_book *book, uint64_t seed) {
    memset(book, 0, sizeof *book);
    book->seed = seed;
}

void question_forget(struct question_book *book) {
    question_init(book, book->seed);
}

static struct question *set_of(const struct question_book *book,
                               const struct address *ip, uint16_t vlan) {
    uint64_t hash = XXH3_64bits_withSeed(ip, sizeof *ip, book->seed ^ vlan);
    return (struct question *)book->sets[hash % QUESTION_SETS];
}

static bool is_about(const struct question *question, const struct address *ip,
                     uint16_t vlan) {
    return question->vlan == vlan && address_equal(&question->ip, ip);
}

uint32_t question_ask(struct question_book *book, const struct mac *asker,
                      const struct address *ip, uint16_t vlan, uint64_t now_ns,
                      struct question *displaced) {
    struct question *set = set_of(book, ip, vlan), *place = set;
    *displaced = (struct question){.open = false};
    for (unsigned i = 0; i < QUESTION_WAYS; i++) {
        struct question *q = &set[i];
        if (is_about(q, ip, vlan) && mac_equal(&q->asker, asker)) {
            uint64_t gap_ns = now_ns - q->asked_ns;
            if (gap_ns < copy_ns)
                return 0;
            q->repeats = gap_ns <= chain_ns ? q->repeats + 1 : 1;
            q->asked_ns = now_ns;
            if (!q->open) {
                q->open = true;
                q->opened_ns = now_ns;
                book->open++;
            }
            return q->repeats;
        }
        if (q->asked_ns < place->asked_ns)
            place = q;
    }
    if (place->open)
        *displaced = *place;
    else
        book->open++;
    *place = (struct question){*asker, *ip, vlan, true, 1, now_ns, now_ns};
    return 1;
}

const struct question_insistence *question_insist(struct question_book *book,
                                                  const struct mac *asker,
                                                  const struct address *ip,
                                                  uint16_t vlan, uint64_t now_ns) {
    uint64_t hash = XXH3_64bits_withSeed(asker, sizeof *asker, book->seed);
    struct question_asker *who = &book->askers[hash % QUESTION_ASKERS];
    if (!mac_equal(&who->mac, asker))
        *who = (struct question_asker){.mac = *asker};
    const struct question_insistence *newest = &who->about[0];
    if (newest->vlan != vlan || !address_equal(&newest->ip, ip))
        who->about[1] = who->about[0];
    who->about[0] = (struct question_insistence){*ip, vlan, now_ns};
    const struct question_insistence *other = &who->about[1];
    return other->ip.family && now_ns - other->asked_ns <= chain_ns ? other : NULL;
}

void question_check(struct question_book *book, const struct mac *asker,
                    const struct address *ip, uint16_t vlan, uint64_t now_ns) {
    struct question *set = set_of(book, ip, vlan), *place = NULL;
    for (unsigned i = 0; i < QUESTION_WAYS; i++) {
        struct question *q = &set[i];
        if (is_about(q, ip, vlan) && mac_equal(&q->asker, asker)) {
            q->asked_ns = now_ns;
            return;
        }
        /* One that is open is not pushed out by what is none. */
        if (!q->open && (!place || q->asked_ns < place->asked_ns))
            place = q;
    }
    if (place)
        *place = (struct question){*asker, *ip, vlan, false, 0, now_ns, now_ns};
}

bool question_was_asked(const struct question_book *book, const struct mac *answerer,
                        const struct address *ip, uint16_t vlan, uint64_t now_ns) {
    const struct question *set = set_of(book, ip, vlan);
    for (unsigned i = 0; i < QUESTION_WAYS; i++)
        if (is_about(&set[i], ip, vlan) && now_ns - set[i].asked_ns < fresh_ns &&
            !mac_equal(&set[i].asker, answerer))
            return true;
    return false;
}

static bool crosses(const struct question_tale *a, const struct question_tale *b) {
    return a->vlan == b->vlan && address_equal(&a->ip, &b->to) &&
           address_equal(&a->to, &b->ip);
}

uint32_t question_tell(struct question_book *book, const struct mac *mac,
                       const struct address *ip, const struct address *to,
                       uint16_t vlan, uint64_t now_ns) {
    if (address_equal(ip, to)) /* that it is itself, it may say to all */
        return 0;
    uint64_t hash = XXH3_64bits_withSeed(mac, sizeof *mac, book->seed);
    struct question_teller *who = &book->tellers[hash % QUESTION_TELLERS];
    struct question_tale tale = {*ip, *to, vlan, now_ns};
    if (!mac_equal(&who->mac, mac))
        *who = (struct question_teller){.mac = *mac};
    bool crossed = false;
    for (unsigned i = 0; i < QUESTION_TALES; i++)
        crossed |= crosses(&who->tales[i], &tale) &&
                   now_ns - who->tales[i].told_ns <= crossed_ns;
    who->tales[who->next++ % QUESTION_TALES] = tale;
    if (!crossed)
        return 0;
    who->crossings = now_ns - who->crossed_ns <= crossing_ns ? who->crossings + 1 : 1;
    who->crossed_ns = now_ns;
    return who->crossings;
}

bool question_was_to_all(struct question_book *book, const struct flow_record *flow,
                         uint64_t now_ns) {
    if (flow->protocol != 17 || !flow->packets[INITIATOR])
        return false;
    bool asks = mac_is_multicast(&flow->mac[RESPONDER]);
    unsigned asker = asks ? INITIATOR : RESPONDER;
    const struct mac *mac = &flow->mac[asker];
    uint16_t port = flow->port[asker];
    uint32_t now_s = (uint32_t)(now_ns / second_ns);
    uint64_t hash = XXH3_64bits_withSeed(mac, sizeof *mac, book->seed ^ port);
    struct question_hail *hail = &book->hails[hash % QUESTION_HAILS];
    if (asks) {
        *hail = (struct question_hail){*mac, port, now_s};
        return false;
    }
    return hail->asked_s && hail->port == port && mac_equal(&hail->asker, mac) &&
           now_s - hail->asked_s <= hailed_s && flow->state != FLOW_ANSWERED;
}

const struct question *question_due(struct question_book *book, uint32_t *at,
                                    uint64_t now_ns) {
    for (; book->open && *at < QUESTION_SETS * QUESTION_WAYS; ++*at) {
        struct question *q = &book->sets[*at / QUESTION_WAYS][*at % QUESTION_WAYS];
        if (!q->open || q->opened_ns + second_ns > now_ns)
            continue;
        q->open = false;
        book->open--;
        return q;
    }
    return NULL;
}
