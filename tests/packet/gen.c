#include "tests/packet/gen.h"

#include <ctype.h>

uint64_t gen_u64(struct gen *g)
{
    uint64_t x = g->state += UINT64_C(0x9e3779b97f4a7c15);

    x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
    return x ^ x >> 31;
}

uint32_t gen_below(struct gen *g, uint32_t n)
{
    return (uint32_t)((gen_u64(g) >> 32) * n >> 32);
}

void gen_bytes(struct gen *g, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        out[i] = (uint8_t)gen_u64(g);
    }
}

struct eth_addr gen_eth(struct gen *g)
{
    return eth_addr_from_u64(gen_u64(g));
}

struct ipv6_addr gen_ipv6(struct gen *g)
{
    struct ipv6_addr addr;

    gen_bytes(g, addr.b, sizeof addr.b);
    return addr;
}

struct pkt_ends4 gen_ends4(struct gen *g)
{
    return (struct pkt_ends4){.eth_dst = gen_eth(g),
                              .eth_src = gen_eth(g),
                              .src = (uint32_t)gen_u64(g),
                              .dst = (uint32_t)gen_u64(g),
                              .dscp = (uint8_t)gen_below(g, 64),
                              .ecn = (uint8_t)gen_below(g, 4),
                              .ttl = (uint8_t)(1 + gen_below(g, 255)),
                              .df = gen_below(g, 2) != 0,
                              .id = (uint16_t)gen_u64(g)};
}

struct pkt_ends6 gen_ends6(struct gen *g)
{
    return (struct pkt_ends6){.eth_dst = gen_eth(g),
                              .eth_src = gen_eth(g),
                              .src = gen_ipv6(g),
                              .dst = gen_ipv6(g),
                              .dscp = (uint8_t)gen_below(g, 64),
                              .ecn = (uint8_t)gen_below(g, 4),
                              .hop_limit = (uint8_t)(1 + gen_below(g, 255)),
                              .flabel = gen_below(g, 1 << 20)};
}

static void gen_frame4(struct gen *g, enum gen_kind kind, struct buf *b, const uint8_t *payload,
                       size_t n)
{
    struct pkt_ends4 ends = gen_ends4(g);
    uint16_t src = (uint16_t)gen_u64(g), dst = (uint16_t)gen_u64(g);
    struct pkt_tcp_head tcp = {.src = src, .dst = dst, .seq = (uint32_t)gen_u64(g), .ack = 2385};
    struct pkt_echo echo = {.reply = gen_below(g, 2) != 0, .id = src, .seq = dst};

    tcp.flags = (uint16_t)gen_below(g, 0x200);
    if (kind == GEN_UDP4) {
        pkt_build_udp4(b, &ends, src, dst, payload, n);
    } else if (kind == GEN_TCP4) {
        pkt_build_tcp4(b, &ends, &tcp, payload, n);
    } else if (kind == GEN_SCTP4) {
        pkt_build_sctp4(b, &ends, src, dst, (uint32_t)gen_u64(g), payload, n);
    } else if (kind == GEN_ICMP4) {
        pkt_build_icmp4_echo(b, &ends, &echo, payload, n);
    } else {
        pkt_build_ipv4(b, &ends, 253, payload, n); /* For experiments (RFC 3692). */
    }
}

static void gen_frame6(struct gen *g, enum gen_kind kind, struct buf *b, const uint8_t *payload,
                       size_t n)
{
    struct pkt_ends6 ends = gen_ends6(g);
    struct ipv6_addr target = gen_ipv6(g);
    uint16_t src = (uint16_t)gen_u64(g), dst = (uint16_t)gen_u64(g);
    struct pkt_tcp_head tcp = {.src = src, .dst = dst, .flags = PKT_TCP_SYN, .window = 2385};
    struct pkt_echo echo = {.reply = gen_below(g, 2) != 0, .id = src, .seq = dst};

    if (kind == GEN_UDP6) {
        pkt_build_udp6(b, &ends, src, dst, payload, n);
    } else if (kind == GEN_TCP6) {
        pkt_build_tcp6(b, &ends, &tcp, payload, n);
    } else if (kind == GEN_ICMP6) {
        pkt_build_icmp6_echo(b, &ends, &echo, payload, n);
    } else if (kind == GEN_NS) {
        pkt_build_nd_ns(b, ends.eth_src, &ends.src, &target);
    } else {
        pkt_build_nd_na(b, &ends, &target, gen_eth(g), PKT_NA_SOLICITED | PKT_NA_OVERRIDE);
    }
}

void gen_frame(struct gen *g, enum gen_kind kind, struct buf *b)
{
    uint8_t payload[100];
    size_t n = gen_below(g, sizeof payload);

    gen_bytes(g, payload, n);
    if (kind == GEN_ARP) {
        struct pkt_arp arp = {.op = (uint16_t)(1 + gen_below(g, 2)),
                              .sha = gen_eth(g),
                              .spa = (uint32_t)gen_u64(g),
                              .tha = gen_eth(g),
                              .tpa = (uint32_t)gen_u64(g)};

        pkt_build_arp(b, gen_eth(g), arp.sha, &arp);
    } else if (kind >= GEN_UDP6 && kind <= GEN_NA) {
        gen_frame6(g, kind, b, payload, n);
    } else {
        gen_frame4(g, kind, b, payload, n);
    }
}

/* Word by word as RFC 1071 §4.1 has it, folding at every step. */
static uint32_t sum_words(uint32_t sum, const uint8_t *p, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return sum;
}

/* Bit by bit: the definition of CRC32c, with the checksum field (bytes 8 to 11) as zero. */
static uint32_t crc_bits(const uint8_t *p, size_t n)
{
    uint32_t crc = UINT32_MAX;

    for (size_t i = 0; i < n; i++) {
        crc ^= i >= 8 && i < 12 ? 0 : p[i];
        for (int bit = 0; bit < 8; bit++) {
            crc = crc & 1 ? crc >> 1 ^ UINT32_C(0x82f63b78) : crc >> 1;
        }
    }
    return ~crc;
}

static bool l4_sum_ok(const uint8_t *frame, const struct pkt *p)
{
    const uint8_t *l4 = frame + p->off.l4, *ip = frame + p->off.l3;
    size_t n = p->off.l3_end - p->off.l4;
    uint32_t sum = sum_words(0, l4, n);

    if (pkt_has(p, PKT_SCTP)) {
        return crc_bits(l4, n) ==
               (l4[8] | (uint32_t)l4[9] << 8 | (uint32_t)l4[10] << 16 | (uint32_t)l4[11] << 24);
    }
    if (pkt_has(p, PKT_ICMP4)) {
        return sum == 0xffff;
    }
    if (pkt_has(p, PKT_UDP) && l4[6] == 0 && l4[7] == 0) {
        return true;
    }
    sum += (uint32_t)n + (pkt_has(p, PKT_IPV4) ? p->ipv4.proto : p->ipv6.proto);
    sum = pkt_has(p, PKT_IPV4) ? sum_words(sum, ip + 12, 8) : sum_words(sum, ip + 8, 32);
    return sum == 0xffff;
}

bool gen_sums_ok(const uint8_t *frame, const struct pkt *p)
{
    if (pkt_has(p, PKT_IPV4)) {
        const uint8_t *ip = frame + p->off.l3;

        if (sum_words(0, ip, (size_t)(ip[0] & 0xf) * 4) != 0xffff) {
            return false;
        }
    }
    if (!pkt_has(p, PKT_PORTS | PKT_ICMP4 | PKT_ICMP6) || !(p->present & PKT_HAS_WHOLE_L4)) {
        return true;
    }
    return l4_sum_ok(frame, p);
}

static unsigned nibble(char c)
{
    return isdigit((unsigned char)c) ? (unsigned)(c - '0') : (unsigned)(tolower(c) - 'a') + 10;
}

void gen_hex(struct buf *b, const char *text)
{
    int high = -1;

    for (; *text; text++) {
        if (*text == '#') {
            while (text[1] && *text != '\n') {
                text++;
            }
        } else if (isxdigit((unsigned char)*text) && high < 0) {
            high = (int)nibble(*text);
        } else if (isxdigit((unsigned char)*text)) {
            buf_put_u8(b, (unsigned)high << 4 | nibble(*text));
            high = -1;
        }
    }
}
