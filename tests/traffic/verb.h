#ifndef TESTS_TRAFFIC_VERB_H
#define TESTS_TRAFFIC_VERB_H

#include "tests/traffic/behaviour.h"

/* What devices do, by verb. The simulation's now is the time at which an actor acts. */

/* Do once what the actor's service says. */
void verb_act(struct simulation *simulation, struct actor *actor);

/* Whether it keeps a connection, and so reconnects at boot. */
bool verb_lasts(enum verb verb);

/* --- what verbs have in common --- */

enum { VERB_SETTLE_US = 60000 }; /* after this, what was owed is acknowledged */

/* A median amount of bytes with a log-normal spread, at most 40 medians. */
uint32_t verb_amount(uint32_t median, double spread, struct rng *rng);

/* The amounts of this actor's service. */
uint32_t verb_up(struct actor *actor);
uint32_t verb_down(struct actor *actor);

/* Whom the service means, from *time_us on, which moves: a name is looked up again when its
   answer has aged. False if the look-up stayed unanswered. */
bool verb_find_peer(struct simulation *simulation, struct actor *actor,
                    struct peer *peer, uint64_t *time_us);

/* Open actor->talk to its peer. False if the peer could not be reached, or, rarely, did not
   answer. */
bool verb_connect(struct simulation *simulation, struct actor *actor);

/* Have actor->talk connected for a lasting conversation: the one that is there, or a new one
   where it was given up or one end was switched off. The very first was there before the
   capture began. */
enum verb_channel { CHANNEL_NONE, CHANNEL_NEW, CHANNEL_OLD };
enum verb_channel verb_channel(struct simulation *simulation, struct actor *actor);

/* Up, a moment of thought, down. */
void verb_exchange(struct talk *talk, uint32_t up_bytes, uint32_t down_bytes,
                   enum talk_wrap wrap);
void verb_think(struct talk *talk);

/* Say it and clear it. */
void verb_say(struct talk *talk, int from, struct message *message);

/* A moment later: the end, one way or the other. */
void verb_end(struct talk *talk);

/* A UDP question between two hosts, or a host and the world, and its answer, which may be
   empty: then there is none. False where nobody is there to be asked. */
struct verb_question {
    uint16_t from_port, to_port;
    const struct message *question, *answer;
};
bool verb_ask(struct simulation *simulation, struct host *from, struct peer to,
              const struct verb_question *question, uint64_t time_us);

/* A TLS conversation of one exchange with a named peer, from *time_us on, which moves to its
   end; false if the peer could not be reached. */
bool verb_tls_once(struct simulation *simulation, struct host *host, const char *name,
                   unsigned pool, unsigned port, uint32_t up_bytes, uint32_t down_bytes,
                   struct rng *rng, uint64_t *time_us);

/* An SSH session on an open talk: key exchange, then `rounds` of typing and its answers. */
void verb_ssh_session(struct talk *talk, unsigned rounds, uint32_t down_bytes);

/* --- the verbs, by room --- */

void verb_tls(struct simulation *simulation, struct actor *actor);
void verb_tls_channel(struct simulation *simulation, struct actor *actor);
void verb_http(struct simulation *simulation, struct actor *actor);
void verb_browse(struct simulation *simulation, struct actor *actor);
void verb_print(struct simulation *simulation, struct actor *actor);
void verb_smb(struct simulation *simulation, struct actor *actor);
void verb_ssh(struct simulation *simulation, struct actor *actor);

void verb_ntp(struct simulation *simulation, struct actor *actor);
void verb_mdns(struct simulation *simulation, struct actor *actor);
void verb_ssdp(struct simulation *simulation, struct actor *actor);
void verb_igmp(struct simulation *simulation, struct actor *actor);
void verb_ping(struct simulation *simulation, struct actor *actor);
void verb_snmp(struct simulation *simulation, struct actor *actor);
void verb_syslog(struct simulation *simulation, struct actor *actor);
void verb_sip(struct simulation *simulation, struct actor *actor);
void verb_lldp(struct simulation *simulation, struct actor *actor);
void verb_stp(struct simulation *simulation, struct actor *actor);

void verb_mqtt(struct simulation *simulation, struct actor *actor);
void verb_modbus(struct simulation *simulation, struct actor *actor);
void verb_bacnet(struct simulation *simulation, struct actor *actor);
void verb_bacnet_who_is(struct simulation *simulation, struct actor *actor);
void verb_rtsp(struct simulation *simulation, struct actor *actor);
void verb_goose(struct simulation *simulation, struct actor *actor);
void verb_profinet(struct simulation *simulation, struct actor *actor);
void verb_ptp(struct simulation *simulation, struct actor *actor);

#endif
