#include "experiments/anonymise.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

enum { BLOCK = 16 };

struct anonymiser {
    EVP_CIPHER_CTX *aes;
    uint8_t pad[BLOCK];
};

static bool encrypt(struct anonymiser *a, const uint8_t in[BLOCK], uint8_t out[BLOCK])
{
    int n = 0;

    return EVP_EncryptUpdate(a->aes, out, &n, in, BLOCK) == 1 && n == BLOCK;
}

struct anonymiser *anonymiser_new(const uint8_t key[ANONYMISE_KEY_LEN])
{
    struct anonymiser *a = xcalloc(1, sizeof *a);

    a->aes = EVP_CIPHER_CTX_new();
    if (!a->aes || EVP_EncryptInit_ex(a->aes, EVP_aes_128_ecb(), NULL, key, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(a->aes, 0) != 1 || !encrypt(a, key + BLOCK, a->pad)) {
        anonymiser_free(a);
        return NULL;
    }
    return a;
}

void anonymiser_free(struct anonymiser *a)
{
    if (a) {
        EVP_CIPHER_CTX_free(a->aes);
        free(a);
    }
}

static unsigned bit_of(const uint8_t bytes[], size_t i)
{
    return (unsigned)bytes[i / 8] >> (7 - i % 8) & 1u;
}

void anonymise(struct anonymiser *a, uint8_t addr[], size_t len)
{
    uint8_t block[BLOCK], out[BLOCK] = {0}, plain[BLOCK] = {0};

    memcpy(plain, addr, len);
    memcpy(block, a->pad, BLOCK);
    for (size_t i = 0; i < 8 * len; i++) {
        /* The first i bits are the address's, the others the pad's. */
        if (i > 0) {
            uint8_t mask = (uint8_t)(1u << (7 - (i - 1) % 8));

            block[(i - 1) / 8] =
                (uint8_t)((block[(i - 1) / 8] & ~mask) | (bit_of(plain, i - 1) ? mask : 0));
        }
        encrypt(a, block, out);
        addr[i / 8] = (uint8_t)(addr[i / 8] ^ (out[0] >> 7) << (7 - i % 8));
    }
}

/* A chain of AES blocks over the text (a CBC-MAC with the length in front). */
static uint64_t text_mac(struct anonymiser *a, const char *text)
{
    size_t len = strlen(text);
    uint8_t block[BLOCK], out[BLOCK] = {0};
    uint64_t mac = 0;

    memcpy(block, a->pad, BLOCK);
    block[0] = (uint8_t)(block[0] ^ len);
    encrypt(a, block, out);
    for (size_t at = 0; at < len; at += BLOCK) {
        memcpy(block, out, BLOCK);
        for (size_t i = 0; i < BLOCK && at + i < len; i++) {
            block[i] = (uint8_t)(block[i] ^ (uint8_t)text[at + i]);
        }
        encrypt(a, block, out);
    }
    for (size_t i = 0; i < 8; i++) {
        mac = mac << 8 | out[i];
    }
    return mac;
}

void anonymise_text(struct anonymiser *a, const char *text, char out[64])
{
    uint8_t addr[BLOCK];

    if (inet_pton(AF_INET, text, addr) == 1) {
        anonymise(a, addr, 4);
        inet_ntop(AF_INET, addr, out, 64);
    } else if (inet_pton(AF_INET6, text, addr) == 1) {
        anonymise(a, addr, BLOCK);
        inet_ntop(AF_INET6, addr, out, 64);
    } else {
        snprintf(out, 64, "x%016" PRIx64, text_mac(a, text));
    }
}
