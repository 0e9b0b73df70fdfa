#include "controller/packet/pkt_addr.h"

#include <arpa/inet.h>
#include <assert.h>
#include <stdio.h>

#include "controller/base/be.h"

/* The value of a hexadecimal digit, or -1. */
static int hex_digit(char c)
{
    if (c >= '0' && c <= '9') {
        return c - '0';
    }
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

enum err pkt_eth_parse(const char *text, struct eth_addr *out)
{
    struct eth_addr addr;

    for (size_t i = 0; i < ETH_ADDR_LEN; i++, text += 3) {
        int high = hex_digit(text[0]);
        int low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0) {
            return ERR_SYNTAX;
        }
        if (i + 1 < ETH_ADDR_LEN ? text[2] != ':' && text[2] != '-' : text[2] != '\0') {
            return ERR_SYNTAX;
        }
        addr.b[i] = (uint8_t)(high << 4 | low);
    }
    *out = addr;
    return ERR_OK;
}

enum err pkt_ipv4_parse(const char *text, uint32_t *out)
{
    uint8_t wire[4];

    if (inet_pton(AF_INET, text, wire) != 1) {
        return ERR_SYNTAX;
    }
    *out = be_get32(wire);
    return ERR_OK;
}

enum err pkt_ipv6_parse(const char *text, struct ipv6_addr *out)
{
    struct ipv6_addr addr;

    if (inet_pton(AF_INET6, text, addr.b) != 1) {
        return ERR_SYNTAX;
    }
    *out = addr;
    return ERR_OK;
}

/* The prefix length behind "/", at most 'max' and without signs, blanks or leading zeros. */
static enum err parse_bits(const char *text, unsigned max, unsigned *out)
{
    unsigned bits = 0;

    if (*text == '\0' || (text[0] == '0' && text[1] != '\0')) {
        return ERR_SYNTAX;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return ERR_SYNTAX;
        }
        bits = bits * 10 + (unsigned)(*text - '0');
        if (bits > max) {
            return ERR_SYNTAX;
        }
    }
    *out = bits;
    return ERR_OK;
}

/* Cuts "address/bits" in two: the address into 'addr' of 'size' bytes, the length into '*bits'. */
static enum err split_prefix(const char *text, unsigned max, char *addr, size_t size,
                             unsigned *bits)
{
    const char *slash = strchr(text, '/');
    size_t len = slash ? (size_t)(slash - text) : strlen(text);

    if (len >= size) {
        return ERR_SYNTAX;
    }
    memcpy(addr, text, len);
    addr[len] = '\0';
    *bits = max;
    return slash ? parse_bits(slash + 1, max, bits) : ERR_OK;
}

enum err pkt_ipv4_parse_prefix(const char *text, uint32_t *addr, unsigned *bits)
{
    char head[PKT_IPV4_TEXT];
    uint32_t value;
    unsigned n;

    if (split_prefix(text, 32, head, sizeof head, &n) || pkt_ipv4_parse(head, &value)) {
        return ERR_SYNTAX;
    }
    if (value & ~pkt_ipv4_mask(n)) {
        return ERR_RANGE;
    }
    *addr = value;
    *bits = n;
    return ERR_OK;
}

enum err pkt_ipv6_parse_prefix(const char *text, struct ipv6_addr *addr, unsigned *bits)
{
    char head[PKT_IPV6_TEXT];
    struct ipv6_addr value, mask;
    unsigned n;

    if (split_prefix(text, 128, head, sizeof head, &n) || pkt_ipv6_parse(head, &value)) {
        return ERR_SYNTAX;
    }
    mask = pkt_ipv6_mask(n);
    for (size_t i = 0; i < IPV6_ADDR_LEN; i++) {
        if (value.b[i] & ~mask.b[i]) {
            return ERR_RANGE;
        }
    }
    *addr = value;
    *bits = n;
    return ERR_OK;
}

const char *pkt_eth_format(struct eth_addr addr, char *out)
{
    snprintf(out, PKT_ETH_TEXT, ETH_FMT, ETH_ARGS(addr));
    return out;
}

const char *pkt_ipv4_format(uint32_t addr, char *out)
{
    snprintf(out, PKT_IPV4_TEXT, IPV4_FMT, IPV4_ARGS(addr));
    return out;
}

/* The first of the longest runs of at least two zero groups; '*n' is 0 when there is none
 * (RFC 5952 §4.2). */
static size_t longest_zero_run(const uint16_t group[8], size_t *n)
{
    size_t best = 0;

    *n = 0;
    for (size_t i = 0; i < 8; i++) {
        size_t len = 0;

        while (i + len < 8 && group[i + len] == 0) {
            len++;
        }
        if (len >= 2 && len > *n) {
            best = i;
            *n = len;
        }
    }
    return best;
}

/* Always in groups: inet_ntop() writes some addresses, such as ::102:304, with a dotted quad. */
const char *pkt_ipv6_format(const struct ipv6_addr *addr, char *out)
{
    uint16_t group[8];
    size_t run_at, run_len;
    char *p = out;

    for (size_t i = 0; i < 8; i++) {
        group[i] = be_get16(addr->b + 2 * i);
    }
    run_at = longest_zero_run(group, &run_len);
    for (size_t i = 0; i < 8; i++) {
        if (run_len && i == run_at) {
            p = stpcpy(p, "::");
            i += run_len - 1;
            continue;
        }
        p += sprintf(p, i && p[-1] != ':' ? ":%x" : "%x", group[i]);
    }
    *p = '\0';
    return out;
}

uint32_t pkt_ipv4_mask(unsigned bits)
{
    assert(bits <= 32 && "prefix length");
    return bits ? UINT32_MAX << (32 - bits) : 0;
}

struct ipv6_addr pkt_ipv6_mask(unsigned bits)
{
    struct ipv6_addr mask = {{0}};

    assert(bits <= 128 && "prefix length");
    for (unsigned i = 0; i < bits; i++) {
        mask.b[i / 8] |= (uint8_t)(0x80 >> i % 8);
    }
    return mask;
}
