#include "models/peers.h"

#include <math.h>
#include <string.h>

static const uint32_t lasts_s = 86400;
/* Of one kind, and yet in another room: half as much again is nothing. */
static const double scale_floor = 0.4;
static const double mad_to_deviation = 1.4826, range_share = 0.4;

void peers_take(struct peers *peers, uint32_t user, uint32_t now_s,
                const float value[PEERS_QUANTITIES]) {
    struct peers_member *place = NULL;
    for (unsigned i = 0; i < PEERS_MEMBERS; i++) {
        struct peers_member *m = &peers->members[i];
        if (m->user == user) {
            place = m;
            break;
        }
        bool is_over = m->user && now_s > m->last_s && now_s - m->last_s > lasts_s;
        if (!m->user || is_over) {
            if (!place || place->user)
                place = m;
        } else if (m->user > user && (!place || (place->user && place->user < m->user)))
            place = m;
    }
    if (!place)
        return;
    *place = (struct peers_member){.user = user, .last_s = now_s};
    memcpy(place->value, value, sizeof place->value);
}

/* P(T > t) of Student's t with an even number of degrees of freedom, t > 0: what is left of
   the series whose first terms are the distribution (Abramowitz and Stegun 26.7.4). */
static double student_above(double t, unsigned freedom) {
    double cos2 = freedom / (freedom + t * t), coefficient = 1;
    unsigned k = freedom / 2;
    for (unsigned i = 1; i <= k; i++)
        coefficient *= (2.0 * i - 1) / (2.0 * i);
    double term = coefficient * pow(cos2, k), sum = 0;
    while (term > 1e-4 * sum && term > 0) {
        sum += term;
        k++;
        term *= cos2 * (2.0 * k - 1) / (2.0 * k);
    }
    return fmin(0.5, sqrt(1 - cos2) * sum / 2);
}

static void sort(double *values, unsigned n) {
    for (unsigned i = 1; i < n; i++) {
        double value = values[i];
        unsigned at = i;
        for (; at > 0 && values[at - 1] > value; at--)
            values[at] = values[at - 1];
        values[at] = value;
    }
}

static double median(const double *sorted, unsigned n) {
    return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

/* Of the others, how many are as far out: all quantities of one at once. */
static void count_ahead(const float value[PEERS_QUANTITIES],
                        const struct peers_member *const *others, unsigned n,
                        int32_t ahead[PEERS_QUANTITIES]) {
    for (unsigned i = 0; i < n; i++)
        for (unsigned q = 0; q < PEERS_QUANTITIES; q++)
            ahead[q] += others[i]->value[q] >= value[q];
}

/* −log10 p of `value` above n others, which are sorted. */
static double above(double value, double *others, unsigned n, double *usual) {
    double away[PEERS_MEMBERS];
    *usual = median(others, n);
    double range = others[n - 1] - others[0];
    for (unsigned i = 0; i < n; i++)
        away[i] = fabs(others[i] - *usual);
    sort(away, n);
    double scale = fmax(mad_to_deviation * median(away, n), range_share * range);
    double z = (value - *usual) / (fmax(scale, scale_floor) * sqrt(1 + 1.0 / n));
    return -log10(student_above(z, (n - 1) / 2 * 2));
}

static bool is_other(const struct peers_member *member, uint32_t user, uint32_t now_s) {
    return member->user && member->user != user && member->last_s + lasts_s >= now_s;
}

unsigned peers_others(const struct peers *peers, uint32_t user, uint32_t now_s) {
    unsigned n = 0;
    for (unsigned i = 0; i < PEERS_MEMBERS; i++)
        n += is_other(&peers->members[i], user, now_s);
    return n;
}

struct peers_outlier peers_compare(const struct peers *peers, uint32_t user,
                                   uint32_t now_s,
                                   const float value[PEERS_QUANTITIES]) {
    struct peers_outlier outlier = {.members = 0};
    const struct peers_member *others[PEERS_MEMBERS];
    unsigned n = 0;
    for (unsigned i = 0; i < PEERS_MEMBERS; i++) {
        const struct peers_member *m = &peers->members[i];
        if (is_other(m, user, now_s))
            others[n++] = m;
    }
    if (n < PEERS_ENOUGH)
        return outlier;
    outlier.members = n;
    int32_t ahead[PEERS_QUANTITIES] = {0};
    count_ahead(value, others, n, ahead);
    for (unsigned q = 0; q < PEERS_QUANTITIES; q++) {
        if (ahead[q] > 1) /* nearly nobody is out alone: the rest costs nothing */
            continue;
        double values[PEERS_MEMBERS], usual;
        for (unsigned i = 0; i < n; i++)
            values[i] = (double)others[i]->value[q];
        sort(values, n);
        double a = above((double)value[q], values, n, &usual) - log10(PEERS_QUANTITIES);
        if (a > outlier.a) {
            outlier.a = a;
            outlier.quantity = q;
            outlier.usual = usual;
        }
    }
    return outlier;
}
