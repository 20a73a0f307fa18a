/* Fisher, "Statistical Methods for Research Workers" (1925), §21.1; Šidák, "Rectangular
   confidence regions" (JASA, 1967). For an even number 2n of degrees of freedom the upper
   tail of χ² is a Poisson sum, P(χ² ≥ 2h) = e^−h Σ_{k<n} h^k / k!. Changed: the sum is kept
   as a mantissa and a power of ten, so that neither it nor e^−h leaves a double's range. */

#include "models/combine.h"

#include "models/logarithm.h"

/* 1/k: a division a term would be most of Fisher's method. */
enum { INVERSES = 24 };
static const double inverse[INVERSES] = {
    0,        1.0 / 1,  1.0 / 2,  1.0 / 3,  1.0 / 4,  1.0 / 5,  1.0 / 6,  1.0 / 7,
    1.0 / 8,  1.0 / 9,  1.0 / 10, 1.0 / 11, 1.0 / 12, 1.0 / 13, 1.0 / 14, 1.0 / 15,
    1.0 / 16, 1.0 / 17, 1.0 / 18, 1.0 / 19, 1.0 / 20, 1.0 / 21, 1.0 / 22, 1.0 / 23,
};

static const double ln_10 = 2.302585092994045684;
static const double largest_a = 300, smallest_p = 1e-300;
/* Below it a product is turned into a sum; one more factor does not underflow. */
static const double small_product = 1e-150;
/* Below it (1 − p)^n is taken by its first terms, beyond it by its powers. */
static const double small_p = 1e-6;

double combine_sum(const double *p, unsigned n) {
    double product = 1, sum = 0;
    for (unsigned i = 0; i < n; i++) {
        if (p[i] < small_product) {
            sum += combine_a_of_p(p[i]);
            continue;
        }
        product *= p[i];
        if (product < small_product) {
            sum += combine_a_of_p(product);
            product = 1;
        }
    }
    return sum + combine_a_of_p(product);
}

double combine_fisher(double sum_of_a, unsigned n) {
    if (!(sum_of_a > 0) || n == 0)
        return 0;

    double h = sum_of_a * ln_10, term = 1, sum = 1, powers_of_ten = 0;
    for (unsigned k = 1; k < n; k++) {
        term *= h * (k < INVERSES ? inverse[k] : 1.0 / k);
        sum += term;
        if (sum > 1e200) {
            sum *= 1e-200;
            term *= 1e-200;
            powers_of_ten += 200;
        }
    }
    double combined = sum_of_a - logarithm_ten(sum) - powers_of_ten;
    return combined > 0 ? combined : 0; /* rounding, near p = 1 */
}

static double power(double base, unsigned n) {
    double result = 1;
    for (; n > 0; n /= 2, base *= base)
        if (n % 2)
            result *= base;
    return result;
}

double combine_best(double p, unsigned n) {
    double of_any = p < small_p ? n * p * (1 - (n - 1.0) * p / 2) : 1 - power(1 - p, n);
    return n > 0 ? combine_a_of_p(of_any) : 0;
}

double combine_a_of_p(double p) {
    if (!(p > smallest_p))
        return largest_a;
    double a = p < 1 ? -logarithm_ten(p) : 0;
    return a > 0 ? a : 0;
}
