#include "engine/vector.h"

#include <stdatomic.h>
#include <stddef.h>
#include <stdlib.h>

enum { BRANCH_BITS = 6, BRANCHES = 1 << BRANCH_BITS };

/* At level 0 the one child is the value itself; above, there are BRANCHES nodes. */
struct vector_node {
    _Atomic uint32_t references;
    void *children[];
};

static size_t children_at(unsigned level) {
    return level ? BRANCHES : 1;
}

static struct vector_node *node_create(unsigned level) {
    struct vector_node *node =
        calloc(1, sizeof *node + children_at(level) * sizeof *node->children);
    if (node)
        atomic_init(&node->references, 1);
    return node;
}

static struct vector_node *node_retain(struct vector_node *node) {
    if (node)
        atomic_fetch_add_explicit(&node->references, 1, memory_order_relaxed);
    return node;
}

static void node_release(struct vector_node *node, unsigned level) {
    if (!node ||
        atomic_fetch_sub_explicit(&node->references, 1, memory_order_acq_rel) > 1)
        return;
    if (level == 0)
        free(node->children[0]);
    else
        for (size_t i = 0; i < BRANCHES; i++)
            node_release(node->children[i], level - 1);
    free(node);
}

/* Make the node at `place` one that only this vector refers to. Whoever holds the parent alone
   and finds a single reference holds the child alone: nobody can gain another. */
static struct vector_node *node_own(void **place, unsigned level) {
    struct vector_node *node = *place;
    if (node && atomic_load_explicit(&node->references, memory_order_acquire) == 1)
        return node;
    struct vector_node *copy = node_create(level);
    if (!copy)
        return NULL;
    if (node) {
        for (size_t i = 0; i < BRANCHES; i++)
            copy->children[i] = node_retain(node->children[i]);
        node_release(node, level);
    }
    *place = copy;
    return copy;
}

static bool reaches(const struct vector *vector, uint32_t i) {
    return (uint64_t)i >> (vector->depth * BRANCH_BITS) == 0;
}

static size_t branch(uint32_t i, unsigned level) {
    return i >> ((level - 1) * BRANCH_BITS) & (BRANCHES - 1);
}

bool vector_set(struct vector *vector, uint32_t i, void *value) {
    if (!value && !vector_get(vector, i))
        return true;
    struct vector_node *leaf = NULL;
    if (value) {
        leaf = node_create(0);
        if (!leaf)
            return false;
        leaf->children[0] = value;
    }
    while (!reaches(vector, i)) {
        if (vector->root) {
            struct vector_node *root = node_create(vector->depth + 1);
            if (!root)
                goto no_memory;
            root->children[0] = vector->root;
            vector->root = root;
        }
        vector->depth++;
    }
    void *root = vector->root;
    void **place = &root;
    for (unsigned level = vector->depth; level > 0; level--) {
        struct vector_node *node = node_own(place, level);
        vector->root = root;
        if (!node)
            goto no_memory;
        place = &node->children[branch(i, level)];
    }
    node_release(*place, 0);
    *place = leaf;
    vector->root = root;
    return true;

no_memory:
    free(leaf);
    return false;
}

void *vector_get(const struct vector *vector, uint32_t i) {
    if (!reaches(vector, i))
        return NULL;
    const struct vector_node *node = vector->root;
    for (unsigned level = vector->depth; node && level > 0; level--)
        node = node->children[branch(i, level)];
    return node ? node->children[0] : NULL;
}

struct vector vector_share(const struct vector *vector) {
    node_retain(vector->root);
    return *vector;
}

void vector_release(struct vector *vector) {
    node_release(vector->root, vector->depth);
    *vector = (struct vector){0};
}
