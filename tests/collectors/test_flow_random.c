#include "tests/collectors/flows.h"
#include "tests/models/random.h"
#include "tests/suite.h"

/* Random packets among a few hosts, in a table that is too small for them: every packet
   must come out in exactly one record, whatever ends, is evicted or begins anew
   meanwhile. */

static struct bench bench;

/* As ck_assert, which tells the test's parent of every call. */
#define must(condition)                                                                \
    do {                                                                               \
        if (!(condition))                                                              \
            ck_abort_msg("%s", #condition);                                            \
    } while (0)

enum { HOSTS = 6, PROTOCOLS = 4 };

/* The slow reference: what was sent from host to host, by protocol, whatever the
   ports. */
struct sums {
    uint64_t packets, bytes, payload_packets, syn, fin, rst, fragments;
};
static struct sums sent[HOSTS][HOSTS][PROTOCOLS], told[HOSTS][HOSTS][PROTOCOLS];

static const uint8_t protocols[PROTOCOLS] = {PROTOCOL_TCP, PROTOCOL_UDP, PROTOCOL_ICMP,
                                             0};

static unsigned protocol_number(uint8_t protocol) {
    unsigned i = 0;
    while (protocols[i] != protocol)
        i++;
    return i;
}

static struct packet random_packet(void) {
    static const uint8_t flags[] = {TCP_SYN,
                                    TCP_SYN | TCP_ACK,
                                    TCP_ACK,
                                    TCP_ACK | TCP_PSH,
                                    TCP_ACK,
                                    TCP_FIN | TCP_ACK,
                                    TCP_RST,
                                    TCP_RST | TCP_ACK,
                                    TCP_SYN | TCP_FIN | TCP_RST,
                                    0};
    static const uint16_t ports[] = {53, 443, 20000, 40000, 40001, 40002};
    static const uint8_t types[] = {0, 8, 3, 11, 13, 14};
    unsigned from = random_below(HOSTS), to = random_below(HOSTS);
    uint8_t protocol = protocols[random_below(PROTOCOLS)];
    struct packet packet = make_packet(&bench, protocol, from, ports[random_below(6)],
                                       to, ports[random_below(6)]);
    packet.wire_length = 60 + random_below(1500);
    packet.network_length = packet.wire_length - 14;
    packet.payload_length = random_below(2) ? 20 : 0;
    if (protocol == PROTOCOL_TCP) {
        packet.tcp_flags = flags[random_below(sizeof flags)];
        packet.tcp_sequence = random_below(3);
        packet.tcp_acknowledgement = random_below(3);
    }
    if (protocol == PROTOCOL_ICMP) {
        packet.port[SOURCE] = 0;
        packet.port[DESTINATION] = (uint16_t)(types[random_below(6)] << 8);
        packet.is_unreachable = packet.port[DESTINATION] == 3 << 8;
        packet.quote = (struct packet_quote){
            .ip = {host_ip(random_below(HOSTS)), host_ip(random_below(HOSTS))},
            .port = {ports[random_below(6)], ports[random_below(6)]},
            .protocol = protocols[random_below(3)]};
    }
    if (protocol == 0) {
        packet.ethertype = 0x88b8;
        packet.ip[SOURCE] = packet.ip[DESTINATION] = (struct address){.family = 0};
        packet.port[SOURCE] = packet.port[DESTINATION] = 0;
    } else if (random_below(8) == 0) {
        make_fragment(&packet, random_below(4), random_below(3) * 8,
                      1 + random_below(40), random_below(4) == 0);
    }
    return packet;
}

static void remember_sent(const struct packet *packet) {
    struct sums *sums =
        &sent[packet->mac[SOURCE].bytes[5]][packet->mac[DESTINATION].bytes[5]]
             [protocol_number(packet->protocol)];
    sums->packets++;
    sums->bytes += packet->wire_length;
    sums->payload_packets += packet->payload_length > 0;
    sums->syn += !!(packet->tcp_flags & TCP_SYN);
    sums->fin += !!(packet->tcp_flags & TCP_FIN);
    sums->rst += !!(packet->tcp_flags & TCP_RST);
    sums->fragments += packet->is_fragment && !packet->is_first_fragment;
}

/* A flow that has begun and not been told to have ended. Told apart by its start, too,
   since one may begin anew in the same place. */
struct open_flow {
    struct flow_record first; /* names it */
    uint64_t packets[2], bytes[2];
    uint8_t state;
    bool open, known;
};
enum { OPEN_FLOWS = 1 << 16 };
static struct open_flow open_flows[OPEN_FLOWS];

static bool is_same(const struct flow_record *a, const struct flow_record *b) {
    for (unsigned i = 0; i < 2; i++)
        if (!mac_equal(&a->mac[i], &b->mac[i]) ||
            !address_equal(&a->ip[i], &b->ip[i]) || a->port[i] != b->port[i])
            return false;
    return a->protocol == b->protocol && a->start_ns == b->start_ns;
}

/* The newest of those that are the same, since two can begin in one nanosecond. */
static struct open_flow *open_flow_of(const struct flow_record *flow) {
    uint64_t hash = flow->start_ns * 31 + flow->protocol;
    struct open_flow *found = NULL;
    for (unsigned i = (unsigned)(hash % OPEN_FLOWS);; i = (i + 1) % OPEN_FLOWS) {
        if (!open_flows[i].known)
            return flow->events & FLOW_NEW ? &open_flows[i] : found;
        if (is_same(&open_flows[i].first, flow))
            found = &open_flows[i];
    }
}

static void check_story(const struct flow_record *flow) {
    struct open_flow *known = open_flow_of(flow);
    must(known);
    if (flow->events & FLOW_NEW)
        *known = (struct open_flow){.first = *flow, .open = true, .known = true};
    for (unsigned i = 0; i < 2; i++) {
        known->packets[i] += flow->packets[i];
        known->bytes[i] += flow->bytes[i];
        must(known->packets[i] == flow->total_packets[i]);
        must(known->bytes[i] == flow->total_bytes[i]);
    }
    if (flow->end_reason == END_NONE || flow->end_reason == END_ACTIVE_TIMEOUT)
        must(!(flow->events & FLOW_END));
    else
        must(flow->events & FLOW_END);
    if (flow->events & FLOW_END) {
        must(known->open); /* once only */
        known->open = false;
    }
    if (known->state == FLOW_ANSWERED)
        must(flow->state == FLOW_ANSWERED);
    known->state = flow->state;
}

static void check_record(const struct record *record, uint64_t *sequence,
                         uint64_t from_ns, uint64_t to_ns) {
    must(record->sequence == (*sequence)++);
    must(record->queue == 3);
    must(record->kind == RECORD_FLOW);
    must(record->time_ns >= from_ns);
    must(record->time_ns < to_ns);
    const struct flow_record *flow = &record->flow;
    uint64_t gaps = 0;
    for (unsigned i = 0; i < RECORD_GAP_BINS; i++)
        gaps += flow->gap_bins[i];
    uint64_t packets = flow->packets[INITIATOR] + flow->packets[RESPONDER];
    must(gaps == packets - (flow->events & FLOW_NEW ? 1 : 0));
    for (unsigned i = 0; i < 2; i++) {
        uint64_t sized = 0;
        for (unsigned bin = 0; bin < RECORD_SIZE_BINS; bin++)
            sized += flow->size_bins[i][bin];
        must(sized == flow->packets[i]);
        struct sums *sums = &told[flow->mac[i].bytes[5]][flow->mac[!i].bytes[5]]
                                 [protocol_number(flow->protocol)];
        sums->packets += flow->packets[i];
        sums->bytes += flow->bytes[i];
        sums->payload_packets += flow->payload_packets[i];
        sums->syn += flow->syn[i];
        sums->fin += flow->fin[i];
        sums->rst += flow->rst[i];
    }
    told[flow->mac[INITIATOR].bytes[5]][flow->mac[RESPONDER].bytes[5]]
        [protocol_number(flow->protocol)]
            .fragments += flow->fragments;
    check_story(flow);
}

/* The reference knows who sent a fragment, a record only of which flow it was. */
static void check_sums(void) {
    for (unsigned protocol = 0; protocol < PROTOCOLS; protocol++)
        for (unsigned from = 0; from < HOSTS; from++)
            for (unsigned to = 0; to < HOSTS; to++) {
                struct sums a = sent[from][to][protocol], b = told[from][to][protocol];
                must(a.packets == b.packets);
                must(a.bytes == b.bytes);
                must(a.payload_packets == b.payload_packets);
                must(a.syn == b.syn);
                must(a.fin == b.fin);
                must(a.rst == b.rst);
                must(a.fragments + sent[to][from][protocol].fragments ==
                     b.fragments + told[to][from][protocol].fragments);
            }
}

START_TEST(every_packet_is_in_one_record) {
    random_start();
    memset(sent, 0, sizeof sent);
    memset(told, 0, sizeof told);
    memset(open_flows, 0, sizeof open_flows);
    struct flow_options options = {
        .capacity = 16 + random_below(200),
        .idle_timeout_ns = (1 + random_below(20)) * SECOND,
        .active_timeout_ns = (5 + random_below(20)) * SECOND,
        .seed = random_bits(),
    };
    bench_open(&bench, &options);
    uint64_t sequence = 0;
    for (unsigned i = 0; i < 30000; i++) {
        uint64_t from_ns = bench.now_ns - bench.now_ns % SECOND;
        uint64_t pause_ns =
            random_below(1000) ? random_below(3000000) : random_bits() >> 31;
        bench_move(&bench, bench.now_ns + pause_ns);
        struct packet packet = random_packet();
        remember_sent(&packet);
        bench_count(&bench, &packet);
        for (unsigned j = 0; j < bench.count; j++)
            check_record(&bench.records[j], &sequence, from_ns, bench.now_ns + 1);
        bench_forget(&bench);
        must(counter_read(&bench.counters.flows_active) <= options.capacity);
    }
    flow_flush(bench.flows, bench.now_ns);
    bench_drain(&bench);
    for (unsigned j = 0; j < bench.count; j++)
        check_record(&bench.records[j], &sequence, 0, bench.now_ns + 1);
    check_sums();
    for (unsigned i = 0; i < OPEN_FLOWS; i++)
        must(!open_flows[i].open);
    must(counter_read(&bench.counters.flows_created) > 1000);
    bench_close(&bench);
}
END_TEST

/* Equal as records are used: field by field would say the same, and padding is zero. */
START_TEST(hash_seed_does_not_show) {
    random_start();
    uint64_t begin = random_bits(), digest[2] = {0, 0}, last = 0;
    for (unsigned run = 0; run < 2; run++) {
        random_state = begin;
        struct flow_options options = {.capacity = 40,
                                       .idle_timeout_ns = 5 * SECOND,
                                       .active_timeout_ns = 9 * SECOND,
                                       .seed = (uint64_t)run * 12345};
        bench_open(&bench, &options);
        for (unsigned i = 0; i < 5000; i++) {
            bench_move(&bench, bench.now_ns + random_below(20000000));
            struct packet packet = random_packet();
            bench_count(&bench, &packet);
            for (unsigned j = 0; j < bench.count; j++) {
                const struct record *record = &bench.records[j];
                const struct flow_record *flow = &record->flow;
                uint64_t words[] = {digest[run],          record->time_ns,
                                    flow->start_ns,       flow->bytes[0],
                                    flow->bytes[1],       flow->port[0],
                                    flow->port[1],        flow->ip[0].bytes[3],
                                    flow->ip[1].bytes[3], flow->events};
                for (unsigned k = 0; k < sizeof words / sizeof *words; k++)
                    digest[run] = (digest[run] ^ words[k]) * 0x9e3779b97f4a7c15;
                last = record->sequence;
            }
            bench_forget(&bench);
        }
        bench_close(&bench);
    }
    must(last > 1000);
    must(digest[0] == digest[1]);
}
END_TEST

int main(void) {
    Suite *suite = suite_create("flow_random");
    TCase *random = tcase_create("random");
    tcase_set_timeout(random, 60);
    tcase_add_loop_test(random, every_packet_is_in_one_record, 0, 5);
    tcase_add_test(random, hash_seed_does_not_show);
    suite_add_tcase(suite, random);
    return suite_run(suite);
}
