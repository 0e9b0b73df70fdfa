/* SHA-256 (FIPS 180-4 §6.2) and HMAC with it (RFC 2104): for frames of our own that come back through
 * hands that we do not trust. */
#ifndef TAMBO_BASE_SHA256_H
#define TAMBO_BASE_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SHA256_LEN 32
#define SHA256_BLOCK_LEN 64

struct sha256 {
    uint32_t h[8];
    uint64_t n; /* Bytes so far. */
    uint8_t block[SHA256_BLOCK_LEN];
};

void sha256_init(struct sha256 *s);
void sha256_add(struct sha256 *s, const void *data, size_t n);

/* Ends the message; 's' must be begun anew. */
void sha256_end(struct sha256 *s, uint8_t out[SHA256_LEN]);

/* HMAC-SHA-256 of 'n' bytes under the 'key_len' bytes at 'key', of any length. */
void hmac_sha256(const void *key, size_t key_len, const void *data, size_t n,
                 uint8_t out[SHA256_LEN]);

/* True when both have the same 'n' bytes; takes as long when the first one differs. */
bool bytes_eq_ct(const void *a, const void *b, size_t n);

#endif
