#include "controller/base/sha256.h"

#include <string.h>

/* The first 32 bits of the fractional parts of the cube roots of the first 64 primes (§4.2.2). */
static const uint32_t k[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
    0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
    0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
    0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
    0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
    0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
    0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
};

static uint32_t rotr(uint32_t x, unsigned n)
{
    return x >> n | x << (32 - n);
}

static uint32_t get_be32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static void put_be(uint8_t *p, uint64_t v, size_t n)
{
    while (n--) {
        *p++ = (uint8_t)(v >> 8 * n);
    }
}

/* The message schedule (§6.2.2, step 1). */
static void expand(const uint8_t block[SHA256_BLOCK_LEN], uint32_t w[64])
{
    for (size_t t = 0; t < 16; t++) {
        w[t] = get_be32(&block[4 * t]);
    }
    for (size_t t = 16; t < 64; t++) {
        uint32_t s0 = rotr(w[t - 15], 7) ^ rotr(w[t - 15], 18) ^ w[t - 15] >> 3;
        uint32_t s1 = rotr(w[t - 2], 17) ^ rotr(w[t - 2], 19) ^ w[t - 2] >> 10;

        w[t] = s1 + w[t - 7] + s0 + w[t - 16];
    }
}

static void compress(uint32_t h[8], const uint8_t block[SHA256_BLOCK_LEN])
{
    uint32_t w[64], v[8]; /* a to h of the standard. */

    expand(block, w);
    memcpy(v, h, sizeof v);
    for (size_t t = 0; t < 64; t++) {
        uint32_t s1 = rotr(v[4], 6) ^ rotr(v[4], 11) ^ rotr(v[4], 25);
        uint32_t s0 = rotr(v[0], 2) ^ rotr(v[0], 13) ^ rotr(v[0], 22);
        uint32_t ch = (v[4] & v[5]) ^ (~v[4] & v[6]);
        uint32_t maj = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2]);
        uint32_t t1 = v[7] + s1 + ch + k[t] + w[t];

        memmove(&v[1], &v[0], 7 * sizeof v[0]);
        v[4] += t1;
        v[0] = t1 + s0 + maj;
    }
    for (size_t i = 0; i < 8; i++) {
        h[i] += v[i];
    }
}

/* The same of the square roots of the first eight primes (§5.3.3). */
void sha256_init(struct sha256 *s)
{
    *s = (struct sha256){.h = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f,
                               0x9b05688c, 0x1f83d9ab, 0x5be0cd19}};
}

void sha256_add(struct sha256 *s, const void *data, size_t n)
{
    const uint8_t *p = data;

    while (n) {
        size_t at = (size_t)(s->n % SHA256_BLOCK_LEN);
        size_t part = SHA256_BLOCK_LEN - at < n ? SHA256_BLOCK_LEN - at : n;

        memcpy(&s->block[at], p, part);
        s->n += part;
        p += part;
        n -= part;
        if (at + part == SHA256_BLOCK_LEN) {
            compress(s->h, s->block);
        }
    }
}

/* Padding (§5.1.1): a one, zeros, and the length in bits at the end of a block. */
void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN])
{
    static const uint8_t pad[SHA256_BLOCK_LEN] = {0x80};
    uint8_t length[8];
    size_t at = (size_t)(s->n % SHA256_BLOCK_LEN);

    put_be(length, s->n * 8, sizeof length);
    sha256_add(s, pad, (at < 56 ? 56 : 120) - at);
    sha256_add(s, length, sizeof length);
    for (size_t i = 0; i < 8; i++) {
        put_be(&out[4 * i], s->h[i], 4);
    }
}

/* A hash that begins with the key, each byte under 'mask'. */
static void begin_keyed(struct sha256 *s, const uint8_t key[SHA256_BLOCK_LEN], uint8_t mask)
{
    uint8_t block[SHA256_BLOCK_LEN];

    for (size_t i = 0; i < sizeof block; i++) {
        block[i] = key[i] ^ mask;
    }
    sha256_init(s);
    sha256_add(s, block, sizeof block);
}

void hmac_sha256(const void *key, size_t key_len, const void *data, size_t n,
                 uint8_t out[SHA256_LEN])
{
    uint8_t block[SHA256_BLOCK_LEN] = {0}, inner[SHA256_LEN];
    struct sha256 s;

    if (key_len > sizeof block) {
        sha256_init(&s);
        sha256_add(&s, key, key_len);
        sha256_end(&s, block);
    } else if (key_len) {
        memcpy(block, key, key_len);
    }
    begin_keyed(&s, block, 0x36);
    sha256_add(&s, data, n);
    sha256_end(&s, inner);
    begin_keyed(&s, block, 0x5c);
    sha256_add(&s, inner, sizeof inner);
    sha256_end(&s, out);
}

bool bytes_eq_ct(const void *a, const void *b, size_t n)
{
    const uint8_t *x = a, *y = b;
    unsigned diff = 0;

    for (size_t i = 0; i < n; i++) {
        diff |= (unsigned)(x[i] ^ y[i]);
    }
    return diff == 0;
}
