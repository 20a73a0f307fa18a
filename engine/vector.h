#ifndef ENGINE_VECTOR_H
#define ENGINE_VECTOR_H

#include <stdbool.h>
#include <stdint.h>

/* A persistent array of malloced values: shared copies cost O(1), and a change after sharing
   copies only the path to it. A radix tree of 64 branches with counted references
   (P. Bagwell's array-mapped tries, as Clojure's vectors); a node that nobody
   else refers to is changed in place.
   One thread changes and shares a vector; a shared copy may be read and released by any. */

struct vector_node;

struct vector {
    struct vector_node *root; /* NULL: empty. A zeroed vector is empty */
    unsigned depth;           /* levels of branches above the values */
};

/* Put a malloced value, or NULL to remove the one that is there. The value becomes the
   vector's, and is freed with the last copy that holds it. False if there is no memory:
   nothing has changed, and the value is still the caller's.
   O(64 · log64 n) after sharing, else O(log64 n). */
bool vector_set(struct vector *vector, uint32_t i, void *value);

/* NULL if there is none at `i`. */
void *vector_get(const struct vector *vector, uint32_t i);

/* A copy that later changes do not touch; to be released. */
struct vector vector_share(const struct vector *vector);
void vector_release(struct vector *vector);

#endif
