#ifndef ENGINE_SNAPSHOT_H
#define ENGINE_SNAPSHOT_H

#include "engine/base/address.h"
#include "engine/base/counters.h"
#include "engine/base/vantage.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What readers see: an immutable picture of all devices and findings at one moment of capture
   time. The engine builds the next one aside and swaps it in; a reader acquires, reads
   for as long as it likes, and releases. Views are shared between snapshots. */

enum risk_level { LEVEL_LOW, LEVEL_MEDIUM, LEVEL_HIGH, LEVEL_CRITICAL, LEVEL_UNKNOWN };
enum device_state { STATE_LEARNING, STATE_ACTIVE, STATE_STALE };
enum family {
    FAMILY_INVARIANT,
    FAMILY_VOLUME,
    FAMILY_SHAPE,
    FAMILY_NOVELTY,
    FAMILY_RHYTHM,
    FAMILY_LASTING,
    FAMILY_FACT, /* what others have posted: needs no baseline */
    FAMILY_COUNT
};

const char *risk_level_name(enum risk_level level);     /* "LOW" … */
const char *device_state_name(enum device_state state); /* "learning" … */
const char *family_name(enum family family);            /* "invariant" … */

enum {
    DEVICE_ID_BYTES = 64, /* MAC or IP, and "@zone" where two zones hold the same */
    DEVICE_NAME_BYTES = 64,
    DEVICE_ADDRESSES = 4,
    TYPE_REASONS_BYTES = 160,
    FACTOR_TEXT_BYTES = 176,
    FACTOR_PEER_BYTES = 64,
    FACTORS_MAX = 12,
};

struct factor {
    const char *kind; /* static: "scan", "volume", … */
    const char *unit; /* static: "addresses/min" */
    const char
        *technique; /* static: of MITRE ATT&CK, "T1046"; "" or NULL if none fits */
    enum family family;
    double contribution; /* points of the score; all add up to it */
    double observed, expected;
    uint64_t since_ns;
    char peer[FACTOR_PEER_BYTES]; /* "" if none */
    char text[FACTOR_TEXT_BYTES]; /* a sentence */
};

struct top_entry {
    char name
        [FACTOR_PEER_BYTES]; /* peer's name or address, or a service "tcp/443 TLS" */
    uint64_t bytes;          /* decayed */
    uint64_t last_seen_ns;
};

/* Something said of a device. The texts are the view's. */
struct fact {
    const char *kind;   /* "host_name", "service", … */
    const char *value;  /* hostile text made harmless */
    const char *source; /* "dhcp", "mdns", …, or who posted it */
    double confidence;  /* 0 … 1 */
    uint64_t first_ns, last_ns;
    uint64_t expires_ns; /* 0: never */
};

enum { IDENTITY_REASONS = 12 };

struct device_view {
    char id[DEVICE_ID_BYTES];
    struct mac mac; /* zero for a device known by IP only */
    struct address addresses[DEVICE_ADDRESSES];
    unsigned address_count;
    char name[DEVICE_NAME_BYTES];   /* host name, "" if unknown */
    char vendor[DEVICE_NAME_BYTES]; /* vendor class or registry, "" if unknown */
    char group
        [DEVICE_NAME_BYTES]; /* its peers: alike in maker and type, or configured */
    const char *type;        /* static: "camera", "" unknown */
    double type_confidence;  /* 0 … 1 */
    char type_reasons[TYPE_REASONS_BYTES];
    const struct fact *facts; /* in order of kind, then of source and time */
    unsigned fact_count;
    char zone[32];
    uint16_t vlan;
    struct vantage vantage; /* from where it was seen last */
    bool is_router;
    enum device_state state;
    enum risk_level level;
    double score;      /* 0 … 100 */
    double confidence; /* 0 … 1: how sure we are who and how it usually is */
    double
        identity_confidence; /* 0 … 1: how sure who it is; trust does not exceed it */
    unsigned identity_reason_count;
    const char *identity_reasons[IDENTITY_REASONS]; /* static sentences */
    const char *criticality;                        /* static, NULL: not set */
    uint64_t relearn_until_ns;                      /* 0: it does not */
    double anomaly;                                 /* of its last window, −log10 p */
    double maturity[FAMILY_COUNT]; /* 0 … 1: evidence gathered for each family */
    uint64_t first_seen_ns, last_seen_ns;
    uint64_t computed_at_ns;
    uint64_t since_ns; /* when the level was last entered */
    uint64_t packets, bytes;
    unsigned top_peer_count, top_service_count;
    struct top_entry *top_peers, *top_services; /* of the view's own memory */
    const char *certificate_subject; /* as it was posted; NULL: none. Also … */
    const char *certificate_serial;  /* … an identity to be found by */
    unsigned factor_count;           /* largest contribution first */
    struct factor factors[];
};

struct finding {
    uint64_t id; /* counts up from 1 */
    uint64_t time_ns;
    char device[DEVICE_ID_BYTES];
    const char *kind;      /* static */
    enum risk_level level; /* the device's, with this finding */
    double contribution, observed, expected;
    char peer[FACTOR_PEER_BYTES];
    char text[FACTOR_TEXT_BYTES];
};

/* A device held an address. */
struct tenancy {
    struct address ip;
    char device[DEVICE_ID_BYTES];
    uint64_t from_ns, to_ns; /* to: when another one had it; 0: none has */
};

enum { SNAPSHOT_TENANCIES = 8192 }; /* the last ones that are kept */

enum { SNAPSHOT_FINDINGS = 4096 }; /* the newest that are kept for readers */

struct engine_status {
    uint64_t now_ns;         /* capture time */
    uint64_t windows_closed; /* windows of the network */
    uint64_t device_windows; /* scored windows of devices */
    uint64_t findings_total;
    uint64_t records;
    uint64_t discontinuities;
    uint32_t devices, devices_capacity;
    uint64_t devices_evicted;
    uint32_t devices_by_state[3]; /* enum device_state */
    uint32_t devices_by_level[5]; /* enum risk_level */
    bool live;
    bool is_clocked; /* live: capture time is that of the system's clock */
    bool replaying;  /* files are still being read: not ready */
};

struct snapshot;

/* --- readers, any thread --- */

struct board; /* where the current snapshot hangs */

/* Never NULL and never blocks for long (a swap is a pointer under a lock). Also asks the
   engine for a fresh one at its next tick. */
const struct snapshot *board_acquire(struct board *board);
void board_release(const struct snapshot *shared);

const struct engine_status *snapshot_status(const struct snapshot *snapshot);
uint32_t snapshot_device_count(const struct snapshot *snapshot);
/* In order of id; 0 ≤ i < count. Valid until the snapshot is released. */
const struct device_view *snapshot_device(const struct snapshot *snapshot, uint32_t i);

/* Devices that `text` names: an id, a MAC in any usual spelling, an IP (now), a host name in
   either case, a certificate's subject or serial number as it was posted. An exact id wins, except over another device that holds this IP now; a host
   name that reads like a MAC or an IP finds nobody. Writes up to `size` indices; returns how
   many there are in all (0 none, 1 found, more: ambiguous). O(log n). */
uint32_t snapshot_find(const struct snapshot *snapshot, const char *text,
                       uint32_t *indices, uint32_t size);

/* The id of the device that held an address at a time, "" if that is not known. `id` has
   DEVICE_ID_BYTES. O(SNAPSHOT_TENANCIES). */
void snapshot_held(const struct snapshot *snapshot, const struct address *ip,
                   uint64_t at_ns, char *id);

uint32_t snapshot_finding_count(const struct snapshot *snapshot);
/* Newest first. */
const struct finding *snapshot_finding(const struct snapshot *snapshot, uint32_t i);

/* How many findings were made of one kind since the start, by the level they came with. */
struct finding_tally {
    const char *kind; /* static */
    uint64_t by_level[LEVEL_UNKNOWN + 1];
};

enum { FINDING_TALLIES = 64 }; /* kinds that are counted apart */

/* Points `tallies` at them, in order of first appearance; returns how many. */
unsigned snapshot_tallies(const struct snapshot *snapshot,
                          const struct finding_tally **tallies);

/* --- the writer: the engine's thread alone (tests make boards of their own) --- */

/* With an empty snapshot that says `replaying`: nobody is to rely on it. NULL if no memory. */
struct board *board_create(void);
void board_destroy(struct board *board);
/* Whether a reader came since the last publication. */
bool board_wanted(const struct board *board);

/* Is called on the writer's thread with what is put; each may be NULL. */
struct board_listener {
    void *context;
    /* Either is NULL where there is none: a device that is new, or gone. */
    void (*device)(void *context, const struct device_view *before,
                   const struct device_view *after);
    void (*finding)(void *context, const struct finding *finding);
};

/* Copied. While nothing is put. */
void board_listen(struct board *board, const struct board_listener *listener);

/* What has changed since the last publication. The view (malloced) becomes the board's;
   slot: the device's stable index. NULL removes. With no memory left, readers go on seeing
   what was there. */
void board_put_device(struct board *board, uint32_t slot, struct device_view *view);
void board_put_finding(struct board *board, const struct finding *finding); /* copied */
/* At a place below SNAPSHOT_TENANCIES; copied. */
void board_put_tenancy(struct board *board, uint32_t place,
                       const struct tenancy *tenancy);
/* The same of one from before the start: it is shown, and not counted again. */
void board_restore_finding(struct board *board, const struct finding *finding);
void board_publish(struct board *board, const struct engine_status *status);

#endif
