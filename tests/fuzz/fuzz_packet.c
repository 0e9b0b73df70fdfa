/* Fuzz target of room packet: everything that parses, prints or edits a frame or a payload.
 *
 * The input is a frame behind one byte of operation count and as many edit operations. Besides not
 * crashing, edits must keep right checksums right and change nothing when they fail, and what the
 * strict parsers accept must survive being built and parsed again. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/packet/pkt_dhcp.h"
#include "controller/packet/pkt_dhcp6.h"
#include "controller/packet/pkt_lldp.h"
#include "controller/packet/pkt_sflow.h"
#include "tests/packet/edit_ops.h"
#include "tests/packet/gen.h"

#define MAX_OPS 16
#define OP_BYTES 3 /* Operation and two bytes that its argument is made from. */

/* Edits above the tags: they leave the layout of the frame alone, so checksums can be compared. */
#define FIRST_UPPER_OP 18

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void print_in_every_size(const uint8_t *frame, size_t len)
{
    char text[512];

    for (size_t size = 0; size <= sizeof text; size = size * 2 + 1) {
        size_t n = pkt_print(frame, len, text, size);

        assert(size == 0 ? n == 0 : n < size && text[n] == '\0');
    }
}

static struct edit_arg make_arg(const uint8_t *op)
{
    struct gen g = {.state = op[1]};
    struct edit_arg arg = {.u8 = op[1], .u16 = (uint16_t)(op[1] << 8 | op[2])};

    arg.u32 = op[0] & 0x80 ? (uint32_t)gen_u64(&g) : arg.u16;
    arg.eth = gen_eth(&g);
    arg.ipv6 = gen_ipv6(&g);
    return arg;
}

static void edit_once(struct pkt_frame *f, const uint8_t *op)
{
    struct edit_arg arg = make_arg(op);
    unsigned n = (op[0] & 0x7fu) % EDIT_N_OPS;
    bool right = gen_sums_ok(f->buf->data, &f->p);
    struct buf before = BUF_INIT;

    buf_put(&before, f->buf->data, f->buf->len);
    if (edit_apply(f, n, &arg)) {
        assert(before.len == f->buf->len && !memcmp(before.data, f->buf->data, before.len));
    } else if (n >= FIRST_UPPER_OP && right && !(f->p.present & PKT_HAS_ROUTE_LEFT)) {
        assert(gen_sums_ok(f->buf->data, &f->p));
    }
    buf_fini(&before);
}

static void edit_frame(const uint8_t *ops, size_t n_ops, const uint8_t *frame, size_t len)
{
    struct buf b = BUF_INIT;
    struct pkt_frame f;

    buf_put(&b, frame, len);
    if (!pkt_frame_init(&f, &b)) {
        for (size_t i = 0; i < n_ops; i++) {
            edit_once(&f, ops + i * OP_BYTES);
        }
        print_in_every_size(b.data, b.len);
    }
    buf_fini(&b);
}

static void lldp_again(const uint8_t *pdu, size_t len)
{
    struct pkt_lldp a, c;
    struct buf b = BUF_INIT;

    if (!pkt_parse_lldp(pdu, len, &a)) {
        pkt_build_lldp(&b, PKT_LLDP_MULTICAST, PKT_LLDP_MULTICAST, PKT_TYPE_LLDP, &a);
        assert(!b.failed);
        assert(!pkt_parse_lldp(b.data + PKT_ETH_HLEN, b.len - PKT_ETH_HLEN, &c));
        assert(a.chassis.len == c.chassis.len && a.port.len == c.port.len);
        assert(a.n_orgs == c.n_orgs && a.system_name_len == c.system_name_len);
    }
    buf_fini(&b);
}

static void dhcp6_again(const uint8_t *payload, size_t len)
{
    struct pkt_dhcp6 m;
    struct buf b = BUF_INIT;

    if (!pkt_parse_dhcp6(payload, len, &m)) {
        pkt_build_dhcp6(&b, &m);
        assert(b.len == len && !memcmp(b.data, payload, len));
    }
    buf_fini(&b);
}

static void sflow_again(const uint8_t *datagram, size_t len)
{
    static struct pkt_sflow a, c;
    struct buf b = BUF_INIT;
    bool known = true;

    if (!pkt_parse_sflow(datagram, len, &a)) {
        for (size_t i = 0; i < a.n_samples; i++) {
            known = known && a.samples[i].kind != PKT_SFLOW_OTHER;
        }
        pkt_build_sflow(&b, &a);
        assert(b.failed == !known || b.len > UINT16_MAX);
        assert(b.failed || (!pkt_parse_sflow(b.data, b.len, &c) && c.n_samples == a.n_samples));
    }
    buf_fini(&b);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct pkt_dhcp dhcp;
    size_t n_ops;

    if (size == 0) {
        return 0;
    }
    n_ops = data[0] % MAX_OPS;
    data++, size--;
    if (n_ops * OP_BYTES > size) {
        n_ops = size / OP_BYTES;
    }
    edit_frame(data, n_ops, data + n_ops * OP_BYTES, size - n_ops * OP_BYTES);
    data += n_ops * OP_BYTES, size -= n_ops * OP_BYTES;
    lldp_again(data, size);
    (void)pkt_parse_dhcp(data, size, &dhcp);
    dhcp6_again(data, size);
    sflow_again(data, size);
    return 0;
}
