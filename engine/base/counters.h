#ifndef ENGINE_BASE_COUNTERS_H
#define ENGINE_BASE_COUNTERS_H

#include <stdatomic.h>
#include <stdint.h>

/* What one collector counts. One writer thread (relaxed stores); anybody reads. The table
   is the only list of them: structures, /v1/status and /metrics are made from it.
   X(member, kind, help), kind COUNTER or GAUGE. */
#define COLLECTOR_COUNTERS(X)                                                          \
    X(packets, COUNTER, "Frames read from the source")                                 \
    X(bytes, COUNTER, "Bytes of these frames on the wire")                             \
    X(truncated, COUNTER, "Frames cut by the snap length inside a header")             \
    X(malformed, COUNTER, "Frames whose headers contradict themselves")                \
    X(unsupported, COUNTER, "Frames of a link type or encapsulation not decoded")      \
    X(fragments, COUNTER, "IP fragments after the first")                              \
    X(duplicates, COUNTER, "Copies of frames that were counted before")                \
    X(late, COUNTER, "Packets behind the newest one, counted in the open window")      \
    X(discontinuities, COUNTER,                                                        \
      "Steps of capture time across which nothing is judged")                          \
    X(kernel_drops, COUNTER, "Packets dropped by the kernel before capture")           \
    X(interface_drops, COUNTER, "Packets dropped by the interface or its driver")      \
    X(ring_drops, COUNTER, "Records dropped because the engine was behind")            \
    X(flows_created, COUNTER, "Flows made")                                            \
    X(flows_evicted, COUNTER, "Flows ended early because the table was full")          \
    X(flows_active, GAUGE, "Flows in the table")                                       \
    X(flows_capacity, GAUGE, "Places in the flow table")                               \
    X(dpi_active, GAUGE, "Flows with open inspection state")                           \
    X(dpi_skipped, COUNTER, "Flows not inspected because no state was free")           \
    X(records, COUNTER, "Records handed to the engine")                                \
    X(outage, GAUGE, "Why nothing is seen: 0 it is, 1 down, 2 gone, 3 refused")        \
    X(capture_time_ns, GAUGE, "Capture time of the newest packet")                     \
    X(source_bytes, GAUGE, "Bytes of the files to read, 0 if not known")               \
    X(source_bytes_read, GAUGE, "Bytes of them that were read")                        \
    X(sources_cut, COUNTER, "Capture files that ended inside a packet")

/* What keeps an interface from being watched. */
enum outage {
    OUTAGE_NONE,
    OUTAGE_DOWN,    /* it is there, but not up, or has no carrier */
    OUTAGE_GONE,    /* there is none of its name */
    OUTAGE_REFUSED, /* it cannot be opened */
};

struct counters {
#define COUNTER_MEMBER(member, kind, help) _Atomic uint64_t member;
    COLLECTOR_COUNTERS(COUNTER_MEMBER)
#undef COUNTER_MEMBER
    _Atomic uint64_t
        turns; /* of its loop: whether it goes on, for who watches over it */
};

/* For the one writer: no read-modify-write is needed. */
static inline void counter_add(_Atomic uint64_t *counter, uint64_t n) {
    atomic_store_explicit(counter,
                          atomic_load_explicit(counter, memory_order_relaxed) + n,
                          memory_order_relaxed);
}
static inline void counter_set(_Atomic uint64_t *counter, uint64_t value) {
    atomic_store_explicit(counter, value, memory_order_relaxed);
}
static inline uint64_t counter_read(const _Atomic uint64_t *counter) {
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
