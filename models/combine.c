/* Fisher, "Statistical Methods for Research Workers" (1925), §21.1; Šidák, "Rectangular
   confidence regions" (JASA, 1967). For an even number 2n of degrees of freedom the upper
   tail of χ² is a Poisson sum, P(χ² ≥ 2h) = e^−h Σ_{k<n} h^k / k!. Changed: the sum is kept
   as a mantissa and a power of ten, so that neither it nor e^−h leaves a double's range. */

#include "models/combine.h"

#include <math.h>

static const double LN_10 = 2.302585092994045684;
static const double LARGEST_A = 300;

double combine_fisher(const double *a, unsigned n) {
    double sum_a = 0;
    for (unsigned i = 0; i < n; i++)
        sum_a += a[i];
    if (sum_a <= 0)
        return 0;

    double h = sum_a * LN_10, term = 1, sum = 1, powers_of_ten = 0;
    for (unsigned k = 1; k < n; k++) {
        term *= h / k;
        sum += term;
        if (sum > 1e200) {
            sum *= 1e-200;
            term *= 1e-200;
            powers_of_ten += 200;
        }
    }
    double combined = sum_a - log10(sum) - powers_of_ten;
    return combined > 0 ? combined : 0; /* rounding, near p = 1 */
}

double combine_best(double largest_a, unsigned n) {
    if (n == 0 || largest_a <= 0)
        return 0;
    if (largest_a > 20) { /* (1 − p)^n = 1 − np to the last bit, and p may underflow */
        double best = largest_a - log10(n);
        return best > 0 ? best : 0;
    }
    double p = combine_p_of_a(largest_a);
    return combine_a_of_p(-expm1(n * log1p(-p)));
}

double combine_a_of_p(double p) {
    if (!(p > 1e-300))
        return LARGEST_A;
    return p < 1 ? -log10(p) : 0;
}

double combine_p_of_a(double a) {
    return pow(10, -a);
}
