#include "controller/packet/pkt_sum.h"

#include "controller/base/be.h"

uint64_t pkt_sum_add(uint64_t sum, const void *p, size_t n)
{
    const uint8_t *b = p;

    for (; n >= 2; n -= 2, b += 2) {
        sum += be_get16(b);
    }
    return n ? sum + (uint64_t)(b[0] << 8) : sum;
}

uint64_t pkt_sum_pseudo4(uint64_t sum, uint32_t src, uint32_t dst, uint8_t proto, size_t n)
{
    return sum + (src >> 16) + (src & 0xffff) + (dst >> 16) + (dst & 0xffff) + proto + n;
}

uint64_t pkt_sum_pseudo6(uint64_t sum, const struct ipv6_addr *src, const struct ipv6_addr *dst,
                         uint8_t proto, size_t n)
{
    sum = pkt_sum_add(sum, src->b, IPV6_ADDR_LEN);
    sum = pkt_sum_add(sum, dst->b, IPV6_ADDR_LEN);
    return sum + proto + n;
}

uint16_t pkt_sum_fold(uint64_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

void pkt_sum_update(uint8_t *check, const void *before, const void *after, size_t n)
{
    const uint8_t *old = before;
    uint64_t sum = (uint16_t)~be_get16(check);

    for (size_t i = 0; i + 2 <= n; i += 2) {
        sum += (uint16_t)~be_get16(old + i);
    }
    be_put16(check, pkt_sum_fold(pkt_sum_add(sum, after, n)));
}

#define SCTP_CHECK_AT 8
#define SCTP_CHECK_LEN 4

/* One nibble at a time: sixteen constants instead of a table of a kilobyte, and fast enough for
 * port rewriting. Entry i is the remainder of i under the reflected polynomial 0x82f63b78. */
static const uint32_t crc_nibble[16] = {
    0x00000000, 0x105ec76f, 0x20bd8ede, 0x30e349b1, 0x417b1dbc, 0x5125dad3, 0x61c69362, 0x7198540d,
    0x82f63b78, 0x92a8fc17, 0xa24bb5a6, 0xb21572c9, 0xc38d26c4, 0xd3d3e1ab, 0xe330a81a, 0xf36e6f75};

static uint32_t crc_byte(uint32_t crc, uint8_t byte)
{
    crc ^= byte;
    crc = crc >> 4 ^ crc_nibble[crc & 0xf];
    return crc >> 4 ^ crc_nibble[crc & 0xf];
}

uint32_t pkt_crc32c_sctp(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc = crc_byte(crc, i - SCTP_CHECK_AT < SCTP_CHECK_LEN ? 0 : p[i]);
    }
    return ~crc;
}

uint32_t pkt_sctp_check_get(const uint8_t *sctp)
{
    const uint8_t *p = sctp + SCTP_CHECK_AT;

    return (uint32_t)p[3] << 24 | (uint32_t)p[2] << 16 | (uint32_t)p[1] << 8 | p[0];
}

void pkt_sctp_check_put(uint8_t *sctp, uint32_t crc)
{
    for (unsigned i = 0; i < SCTP_CHECK_LEN; i++) {
        sctp[SCTP_CHECK_AT + i] = (uint8_t)(crc >> 8 * i);
    }
}
