#ifndef ENGINE_BASE_MIX_H
#define ENGINE_BASE_MIX_H

#include <stdint.h>

/* A permutation in which each bit in changes half of the bits out: the finisher of SplitMix64
   (Steele, Lea and Flood, OOPSLA 2014; Stafford's variant 13). What a distinct count or a kept
   key is made by, so it must never change. Not keyed. */
static inline uint64_t mix_64(uint64_t h) {
    h = (h ^ (h >> 30)) * 0xbf58476d1ce4e5b9u;
    h = (h ^ (h >> 27)) * 0x94d049bb133111ebu;
    return h ^ (h >> 31);
}

#endif
