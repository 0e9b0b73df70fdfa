/* Hashing: a fast mix for keys that we make ourselves, and SipHash for keys that a peer chooses.
 * Both give the same value on every machine, so that iteration order never differs between runs. */
#ifndef TAMBO_BASE_HASH_H
#define TAMBO_BASE_HASH_H

#include <stddef.h>
#include <stdint.h>

/* Finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection with full avalanche. */
static inline uint64_t hash_u64(uint64_t x)
{
    x ^= x >> 30;
    x *= UINT64_C(0xbf58476d1ce4e5b9);
    x ^= x >> 27;
    x *= UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

static inline uint64_t hash_combine(uint64_t h, uint64_t x)
{
    return hash_u64(h ^ (x + UINT64_C(0x9e3779b97f4a7c15)));
}

/* The same under a key: one wide multiplication, folded (the core of wyhash, Wang Yi 2019). For short
 * keys that a peer chooses, where it must not know which ones collide. */
static inline uint64_t hash_keyed_u64(uint64_t key, uint64_t x)
{
    unsigned __int128 product = (unsigned __int128)(x ^ key ^ UINT64_C(0xa0761d6478bd642f)) *
                                (key ^ UINT64_C(0xe7037ed1a0b428db));

    return (uint64_t)(product >> 64) ^ (uint64_t)product;
}

/* 64-bit FNV-1a, continued from 'h' (start with HASH_FNV_INIT): for names and traces. */
#define HASH_FNV_INIT UINT64_C(0xcbf29ce484222325)
uint64_t hash_fnv(uint64_t h, const void *p, size_t n);

/* SipHash-2-4 (Aumasson, Bernstein 2012) of 'n' bytes under the key 'k0', 'k1': a peer that does not
 * know the key cannot aim at one bucket. */
uint64_t hash_sip(uint64_t k0, uint64_t k1, const void *p, size_t n);

#endif
