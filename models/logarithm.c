#include "models/logarithm.h"

#include <stdint.h>
#include <string.h>

enum { ROOT_HALF_BITS = 0x3F3504F3, FLOAT_MANTISSA = 23, DOUBLE_MANTISSA = 52 };

/* ln(1 + x) for √½ ≤ 1 + x ≤ √2. */
static inline float near_one(float x) {
    float y = 7.0376836292e-2F;
    y = y * x - 1.1514610310e-1F;
    y = y * x + 1.1676998740e-1F;
    y = y * x - 1.2420140846e-1F;
    y = y * x + 1.4249322787e-1F;
    y = y * x - 1.6668057665e-1F;
    y = y * x + 2.0000714765e-1F;
    y = y * x - 2.4999993993e-1F;
    y = y * x + 3.3333331174e-1F;
    float square = x * x;
    return x + (y * x * square - 0.5F * square);
}

static inline float ln_of(float x) {
    int32_t bits, one;
    memcpy(&bits, &x, sizeof bits);
    int32_t exponent = (bits - ROOT_HALF_BITS) >> FLOAT_MANTISSA;
    one = bits - exponent * (1 << FLOAT_MANTISSA);
    float mantissa;
    memcpy(&mantissa, &one, sizeof mantissa);
    /* ln 2 in two parts, the first of them exact. */
    float power = (float)exponent;
    return power * 0.693359375F + (near_one(mantissa - 1) - power * 2.12194440e-4F);
}

void logarithm_scale(const float *counts, float *restrict scaled, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        scaled[i] = ln_of(1 + counts[i]);
}

void logarithm_of(const float *x, float *restrict ln, unsigned n) {
    for (unsigned i = 0; i < n; i++)
        ln[i] = ln_of(x[i]);
}

double logarithm_ten(double x) {
    static const double ten_of_e = 0.43429448190325182765;
    static const double ten_of_two = 0.30102999566398119521;
    static const int64_t root_half_bits = 0x3FE6A09E667F3BCD;
    int64_t bits, one;
    memcpy(&bits, &x, sizeof bits);
    int64_t exponent = (bits - root_half_bits) >> DOUBLE_MANTISSA;
    one = bits - exponent * ((int64_t)1 << DOUBLE_MANTISSA);
    double mantissa;
    memcpy(&mantissa, &one, sizeof mantissa);
    return (double)exponent * ten_of_two +
           (double)near_one((float)(mantissa - 1)) * ten_of_e;
}
