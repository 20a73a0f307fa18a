#include "collectors/capture_time.h"

#include <time.h>

static const uint64_t SECOND_NS = 1000000000;
static const uint64_t LATE_NS = 60 * SECOND_NS;
static const uint64_t SILENCE_NS = 600 * SECOND_NS;

/* How far behind the system's clock an idle live capture ticks: a packet may wait in
   the kernel for the block time-out, and once more until we look. */
static const uint64_t IDLE_LAG_NS = (uint64_t)2 * PCAP_TIMEOUT_MS * 1000000;

void capture_time_init(struct capture_time *time,
                       const struct collector_options *options, const atomic_bool *stop,
                       struct output *output, struct flow_table *flows) {
    *time = (struct capture_time){
        .options = options, .stop = stop, .output = output, .flows = flows};
}

bool capture_time_is_stopped(const struct capture_time *time) {
    return atomic_load_explicit(time->stop, memory_order_relaxed) ||
           time->output->cancelled;
}

static uint64_t clock_ns(clockid_t clock) {
    struct timespec now;
    clock_gettime(clock, &now);
    return (uint64_t)now.tv_sec * SECOND_NS + (uint64_t)now.tv_nsec;
}

static uint64_t floor_second(uint64_t time_ns) {
    return time_ns - time_ns % SECOND_NS;
}

/* Let a paced replay reach a capture time no earlier than it should. */
static void pace(const struct capture_time *time, uint64_t time_ns) {
    static const uint64_t NAP_NS = 100000000;
    if (time->options->speed <= 0 || time->options->live)
        return;
    double ahead_ns = (double)(time_ns - time->pace_capture_ns);
    double wait_ns = ahead_ns / time->options->speed;
    while (!capture_time_is_stopped(time)) {
        double left_ns =
            wait_ns - (double)(clock_ns(CLOCK_MONOTONIC) - time->pace_clock_ns);
        if (left_ns <= 0)
            return;
        uint64_t nap_ns = left_ns < (double)NAP_NS ? (uint64_t)left_ns : NAP_NS;
        struct timespec nap = {.tv_nsec = (long)nap_ns};
        nanosleep(&nap, NULL);
    }
}

static void set_now(struct capture_time *time, uint64_t time_ns) {
    time->now_ns = time_ns;
    time->output->reached_ns = time_ns;
}

static void begin_at(struct capture_time *time, uint64_t time_ns) {
    time->started = true;
    set_now(time, time_ns);
    time->last_packet_ns = time_ns;
    time->boundary_ns = floor_second(time_ns) + SECOND_NS;
    time->pace_capture_ns = time_ns;
    if (time->options->speed > 0)
        time->pace_clock_ns = clock_ns(CLOCK_MONOTONIC);
}

static void mark(struct capture_time *time, enum record_kind kind, uint64_t time_ns) {
    time->output->reached_ns = time_ns;
    output_rank(time->output, OUTPUT_TICK, 0);
    output_mark(time->output, kind, time_ns);
}

static void mark_tick(struct capture_time *time, uint64_t boundary_ns) {
    const struct counters *counters = time->output->counters;
    uint64_t seen = counter_read(&counters->packets);
    uint64_t lost =
        counter_read(&counters->kernel_drops) + counter_read(&counters->ring_drops);
    time->output->reached_ns = boundary_ns;
    output_rank(time->output, OUTPUT_TICK, 0);
    struct record *record = output_reserve(time->output, RECORD_TICK, boundary_ns);
    record->tick = (struct tick_record){
        .seen = seen - time->seen,
        .lost = lost - time->lost,
        .outage = (uint8_t)counter_read(&counters->outage),
    };
    output_deliver(time->output, record);
    time->seen = seen;
    time->lost = lost;
}

/* Whether time has stepped for another queue, which has to be followed. */
static bool is_called(const struct capture_time *time) {
    const struct collector_meeting *meeting = time->options->meeting;
    return meeting &&
           atomic_load_explicit(&meeting->steps, memory_order_relaxed) != time->steps;
}

/* Call the others, unless they are ahead; several that see the same do it once. */
static void call(struct capture_time *time) {
    struct collector_meeting *meeting = time->options->meeting;
    uint32_t steps = time->steps++;
    if (meeting)
        atomic_compare_exchange_strong(&meeting->steps, &steps, time->steps);
}

static bool is_silence(const struct capture_time *time, uint64_t time_ns) {
    const struct collector_meeting *meeting = time->options->meeting;
    uint64_t last_ns = time->last_packet_ns;
    if (time_ns <= last_ns || time_ns - last_ns <= SILENCE_NS)
        return false;
    uint64_t others_ns =
        meeting ? atomic_load_explicit(&meeting->last_packet_ns, memory_order_relaxed)
                : 0;
    return time_ns > others_ns && time_ns - others_ns > SILENCE_NS;
}

/* Now and then is enough. */
static void tell_of_packets(const struct capture_time *time) {
    struct collector_meeting *meeting = time->options->meeting;
    if (meeting && time->last_packet_ns > atomic_load_explicit(&meeting->last_packet_ns,
                                                               memory_order_relaxed))
        atomic_store_explicit(&meeting->last_packet_ns, time->last_packet_ns,
                              memory_order_relaxed);
}

static void step_to(struct capture_time *time, uint64_t time_ns) {
    call(time);
    flow_flush(time->flows, time->now_ns);
    if (time->options->share == 0)
        counter_add(&time->output->counters->discontinuities, 1);
    begin_at(time, time_ns);
    mark(time, RECORD_DISCONTINUITY, time_ns);
}

static void tick(struct capture_time *time, uint64_t boundary_ns) {
    pace(time, boundary_ns);
    time->output->reached_ns = boundary_ns;
    flow_tick(time->flows, boundary_ns);
    pcap_source_count_drops(time->source);
    tell_of_packets(time);
    mark_tick(time, boundary_ns);
}

/* Close the second in which something happened and, after a silence, all those in which
   nothing did by one more tick. */
static void move_to(struct capture_time *time, uint64_t time_ns) {
    if (time_ns >= time->boundary_ns) {
        uint64_t second_ns = floor_second(time_ns);
        tick(time, time->boundary_ns);
        if (second_ns > time->boundary_ns)
            tick(time, second_ns);
        time->boundary_ns = second_ns + SECOND_NS;
    }
    set_now(time, time_ns);
}

/* Capture files hold 32 unsigned bits of seconds, which libpcap takes for signed ones;
   others hold 64, of which the engine's nanoseconds reach to the year 2262. */
uint64_t capture_time_of_frame(const struct pcap_frame *frame) {
    int64_t seconds = frame->time_s;
    if (seconds < 0 && seconds >= INT32_MIN)
        seconds += (int64_t)1 << 32;
    if (seconds < 0)
        seconds = 0;
    if (seconds > INT64_MAX / (int64_t)SECOND_NS - 1)
        seconds = INT64_MAX / (int64_t)SECOND_NS - 1;
    int64_t remainder = frame->time_remainder;
    if (remainder < 0)
        remainder = 0;
    if (remainder >= (int64_t)SECOND_NS)
        remainder = (int64_t)SECOND_NS - 1;
    return (uint64_t)seconds * SECOND_NS + (uint64_t)remainder;
}

uint64_t capture_time_reach(struct capture_time *time, uint64_t time_ns,
                            bool *is_late) {
    *is_late = false;
    while (is_called(time))
        step_to(time, time_ns);
    uint64_t now_ns = time->now_ns;
    if (!time->started) {
        begin_at(time, time_ns);
    } else if (time_ns < now_ns && now_ns - time_ns > LATE_NS) {
        step_to(time, time_ns);
    } else if (is_silence(time, time_ns)) {
        step_to(time, time_ns > now_ns ? time_ns : now_ns);
    } else if (time_ns < now_ns) {
        *is_late = true;
    } else {
        move_to(time, time_ns);
    }
    pace(time, time->now_ns);
    time->last_packet_ns = time->now_ns;
    return time->now_ns;
}

void capture_time_idle(struct capture_time *time) {
    uint64_t time_ns = clock_ns(CLOCK_REALTIME) - IDLE_LAG_NS;
    while (is_called(time))
        step_to(time, time_ns);
    uint64_t now_ns = time->now_ns;
    if (!time->started)
        begin_at(time, time_ns);
    else if ((time_ns > now_ns && time_ns - now_ns > SILENCE_NS) ||
             (time_ns < now_ns && now_ns - time_ns > LATE_NS))
        step_to(time, time_ns); /* the clock was set, or we were suspended */
    else if (time_ns > now_ns)
        move_to(time, time_ns);
}

void capture_time_hear(struct capture_time *time) {
    time->heard_ns = clock_ns(CLOCK_MONOTONIC);
}

void capture_time_idle_growing(struct capture_time *time) {
    uint64_t delay_ns = time->options->growing_delay_s * SECOND_NS;
    uint64_t quiet_ns = clock_ns(CLOCK_MONOTONIC) - time->heard_ns;
    if (quiet_ns <= delay_ns)
        return;
    if (!time->started)
        begin_at(time, clock_ns(CLOCK_REALTIME) - delay_ns);
    uint64_t time_ns = time->last_packet_ns + quiet_ns - delay_ns;
    if (time_ns > time->now_ns)
        move_to(time, time_ns);
}

void capture_time_end(struct capture_time *time) {
    flow_flush(time->flows, time->now_ns);
    if (time->started)
        mark_tick(time, time->boundary_ns);
    mark(time, RECORD_END, time->boundary_ns);
}
