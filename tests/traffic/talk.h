#ifndef TESTS_TRAFFIC_TALK_H
#define TESTS_TRAFFIC_TALK_H

#include "tests/traffic/message.h"
#include "tests/traffic/network.h"

/* A TCP conversation as it passes by the sensor. Its frames are put on the agenda as it is
   told, from its own time on: handshake, segments with acknowledgements (piggybacked where
   the other side answers soon, delayed where not), rarely a retransmission, the end. */

enum { TALK_INITIATOR = 0, TALK_RESPONDER = 1 };

struct peer {
    struct host *host; /* on the site, or NULL */
    uint32_t ip;       /* in the world; unused where host is set */
};

struct talk_side {
    struct mac mac;
    uint32_t ip;
    uint32_t sequence;     /* of the next byte it sends */
    uint32_t acknowledged; /* of the other's bytes */
    uint32_t lag_us;       /* from the other's packet to its answer */
    uint16_t port, id;
    uint8_t ttl;
};

struct talk {
    struct simulation *simulation;
    struct rng *rng; /* borrowed from the actor */
    struct talk_side side[2];
    uint64_t time_us;
    uint32_t pace_us; /* between the segments of a long message */
    int last;         /* who spoke last */
};

enum talk_result {
    TALK_OPEN,
    TALK_UNREACHABLE, /* not even a SYN went out: ARP or the name stayed unanswered */
};

/* Set up both sides and go through the handshake from time_us on. */
enum talk_result talk_open(struct talk *talk, struct simulation *simulation,
                           struct host *from, struct peer to, unsigned port,
                           struct rng *rng, uint64_t time_us);

/* The same without a handshake: it was there before the capture began. */
enum talk_result talk_resume(struct talk *talk, struct simulation *simulation,
                             struct host *from, struct peer to, unsigned port,
                             struct rng *rng, uint64_t time_us);

/* An attempt that nobody answers: `tries` SYNs, the gaps doubling from 1 s. */
void talk_unanswered(struct simulation *simulation, struct host *from, struct peer to,
                     unsigned port, struct rng *rng, uint64_t time_us, unsigned tries);

/* A probe as scanners send it: one SYN, and what comes back. An open port is left at once. */
enum talk_probe { PROBE_SILENT, PROBE_CLOSED, PROBE_OPEN };
void talk_probe(struct simulation *simulation, struct host *from, struct peer to,
                unsigned port, struct rng *rng, uint64_t time_us,
                enum talk_probe outcome);

/* Say a message; where the speaker changes, after its lag. */
void talk_say(struct talk *talk, int from, const struct message *message);

enum talk_wrap {
    TALK_PLAIN,
    TALK_TLS, /* a record of application data in each segment */
    TALK_RTP, /* interleaved in RTSP */
    TALK_SMB, /* SMB 3 transform headers */
};

/* Say `bytes` opaque bytes, in whole segments. */
void talk_stream(struct talk *talk, int from, uint64_t bytes, enum talk_wrap wrap);

/* Let time pass; what is owed by then is acknowledged. */
void talk_pause(struct talk *talk, uint64_t pause_us);

/* Take up again at a later time a conversation that rested. */
void talk_continue(struct talk *talk, uint64_t time_us);

/* End it by FIN from one side, answered by the other's; or by a reset. */
void talk_close(struct talk *talk, int from);
void talk_reset(struct talk *talk, int from);

/* A TLS handshake as the talk's next bytes. */
void talk_greet_tls(struct talk *talk, unsigned stack, const char *server_name);

#endif
