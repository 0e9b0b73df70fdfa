/* Addresses under a key, with their prefixes kept: two addresses that agree in their first k bits do
 * so afterwards, and in no more. J. Fan, J. Xu, M. Ammar, S. Moon, Computer Networks 46, 2004 (Crypto-PAn):
 * bit i is flipped by the first bit of AES(first i bits, rest of a secret pad). */
#ifndef TAMBO_EXPERIMENTS_ANONYMISE_H
#define TAMBO_EXPERIMENTS_ANONYMISE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ANONYMISE_KEY_LEN 32 /* 16 bytes of an AES key, 16 of the pad. */

struct anonymiser;

/* NULL when AES is not to be had. */
struct anonymiser *anonymiser_new(const uint8_t key[ANONYMISE_KEY_LEN]);
void anonymiser_free(struct anonymiser *a); /* NULL is fine. */

/* An address of 4 or 16 bytes, in place. */
void anonymise(struct anonymiser *a, uint8_t addr[], size_t len);

/* The text of an IPv4 or IPv6 address into 'out' of 64 bytes; any other text becomes "x" and 16
 * hexadecimal digits, a hash under the key. */
void anonymise_text(struct anonymiser *a, const char *text, char out[64]);

#endif
