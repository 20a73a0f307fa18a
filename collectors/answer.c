#include "collectors/answer.h"

#include "collectors/dns.h"

#define XXH_INLINE_ALL
#include <string.h>
#include <xxhash.h>

static const uint64_t fresh_ns = 5000000000;
enum { PORT_DNS = 53 };

void answer_init(struct answer_book *book, uint64_t seed) {
    memset(book, 0, sizeof *book);
    book->seed = seed;
}

/* The same for a question and its answers. */
static uint64_t key_of(const struct answer_book *book, const struct packet *packet,
                       const struct dns_message *message) {
    int asker = message->is_response ? DESTINATION : SOURCE;
    struct {
        struct address asker, resolver;
        uint16_t port, id, type;
        uint8_t vlan[2];
    } ends;
    memset(&ends, 0, sizeof ends);
    ends.asker = packet->ip[asker];
    ends.resolver = packet->ip[!asker];
    ends.port = packet->port[asker];
    ends.id = message->id;
    ends.type = message->type;
    memcpy(ends.vlan, &packet->vlan, sizeof ends.vlan);
    return XXH3_64bits_withSeed(message->name, message->name_bytes,
                                XXH3_64bits_withSeed(&ends, sizeof ends, book->seed));
}

/* Addresses come in turns, so their order says nothing. */
static uint64_t said_by(const struct answer_book *book,
                        const struct dns_message *message) {
    uint64_t said = message->rcode + 1u;
    for (unsigned i = 0; i < message->address_count; i++)
        said += XXH3_64bits_withSeed(&message->addresses[i],
                                     sizeof message->addresses[i], book->seed);
    return said;
}

/* Its place: where it is known, else the oldest of its set. */
static struct answer_question *place_of(struct answer_book *book, uint64_t key,
                                        uint64_t now_ns) {
    struct answer_question *set = book->sets[key % ANSWER_SETS], *oldest = set;
    for (unsigned i = 0; i < ANSWER_WAYS; i++) {
        if (set[i].key == key && now_ns - set[i].time_ns <= fresh_ns)
            return &set[i];
        if (set[i].time_ns < oldest->time_ns)
            oldest = &set[i];
    }
    *oldest = (struct answer_question){.key = key};
    return oldest;
}

bool answer_contradicts(struct answer_book *book, const struct packet *packet,
                        struct claim_record *claim) {
    struct dns_message message;
    if (packet->protocol != PROTOCOL_UDP ||
        (packet->port[SOURCE] == PORT_DNS) == (packet->port[DESTINATION] == PORT_DNS) ||
        !dns_parse_packet(packet, &message) ||
        message.is_response != (packet->port[SOURCE] == PORT_DNS))
        return false;
    uint64_t key = key_of(book, packet, &message), said = said_by(book, &message);
    struct answer_question *question = place_of(book, key, packet->time_ns);
    question->time_ns = packet->time_ns;
    if (!message.is_response) {
        if (question->asked < UINT8_MAX)
            question->asked++;
        return false;
    }
    if (!question->answered) {
        question->answered = 1;
        question->said = said;
        question->by = packet->mac[SOURCE];
        return false;
    }
    if (question->answered < UINT8_MAX)
        question->answered++;
    if (question->said == said || question->asked != 1 || question->answered > 2)
        return false;
    *claim = (struct claim_record){
        .mac = packet->mac[SOURCE],
        .frame_mac = packet->mac[SOURCE],
        .target_mac = question->by,
        .ip = packet->ip[SOURCE],
        .target_ip = packet->ip[DESTINATION],
        .vlan = packet->vlan,
        .kind = CLAIM_CONTRADICTION,
    };
    return true;
}
