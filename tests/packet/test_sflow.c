/* sFlow: round trip in both forms, a datagram word by word, unknown things, cuts. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <cmocka.h>

#include "controller/packet/pkt_sflow.h"
#include "tests/packet/gen.h"

static uint8_t header[128];

static struct pkt_sflow_sample random_flow(struct gen *g, bool wide)
{
    struct pkt_sflow_sample s = {.kind = PKT_SFLOW_FLOW, .seq = (uint32_t)gen_u64(g)};

    s.source_type = wide ? (uint32_t)gen_u64(g) | 0x100 : gen_below(g, 256);
    s.source_index = wide ? (uint32_t)gen_u64(g) : gen_below(g, 1 << 24);
    s.flow = (struct pkt_sflow_flow){.rate = 1 + gen_below(g, 4096),
                                     .pool_pkts = (uint32_t)gen_u64(g),
                                     .drops = gen_below(g, 10),
                                     .input_format = gen_below(g, 3),
                                     .input = gen_below(g, 1 << 30),
                                     .output_format = gen_below(g, 3),
                                     .output = gen_below(g, 1 << 30),
                                     .has_header = gen_below(g, 4) != 0};
    if (s.flow.has_header) {
        s.flow.proto = PKT_SFLOW_PROTO_ETHERNET;
        s.flow.frame_bytes = 60 + gen_below(g, 1440);
        s.flow.stripped_bytes = 4;
        s.flow.header_len = gen_below(g, sizeof header + 1);
        s.flow.header = header;
    }
    return s;
}

static struct pkt_sflow_sample random_counters(struct gen *g)
{
    struct pkt_sflow_sample s = {.kind = PKT_SFLOW_COUNTERS, .seq = 3, .source_index = 2385};

    s.counters = (struct pkt_sflow_counters){.has_generic = true,
                                             .if_index = (uint32_t)gen_u64(g),
                                             .if_speed_bps = gen_u64(g),
                                             .in_bytes = gen_u64(g),
                                             .in_ucast_pkts = (uint32_t)gen_u64(g),
                                             .out_bytes = gen_u64(g),
                                             .out_errors = (uint32_t)gen_u64(g),
                                             .promiscuous = 2,
                                             .has_openflow = gen_below(g, 2) != 0};
    if (s.counters.has_openflow) {
        s.counters.dpid = gen_u64(g);
        s.counters.port_no = (uint32_t)gen_u64(g);
    }
    return s;
}

static void assert_same_flow(const struct pkt_sflow_flow *a, const struct pkt_sflow_flow *b)
{
    assert_true(a->rate == b->rate && a->pool_pkts == b->pool_pkts && a->drops == b->drops);
    assert_true(a->input == b->input && a->input_format == b->input_format);
    assert_true(a->output == b->output && a->output_format == b->output_format);
    assert_int_equal(a->has_header, b->has_header);
    assert_true(a->proto == b->proto && a->frame_bytes == b->frame_bytes);
    assert_true(a->stripped_bytes == b->stripped_bytes && a->header_len == b->header_len);
    if (a->header_len) {
        assert_memory_equal(a->header, b->header, a->header_len);
    }
}

static void assert_same_counters(const struct pkt_sflow_counters *a,
                                 const struct pkt_sflow_counters *b)
{
    assert_true(a->if_index == b->if_index && a->if_speed_bps == b->if_speed_bps);
    assert_true(a->in_bytes == b->in_bytes && a->in_ucast_pkts == b->in_ucast_pkts);
    assert_true(a->out_bytes == b->out_bytes && a->out_errors == b->out_errors);
    assert_int_equal(a->promiscuous, b->promiscuous);
    assert_int_equal(a->has_openflow, b->has_openflow);
    assert_true(a->dpid == b->dpid && a->port_no == b->port_no);
}

static void round_trip(void **state)
{
    static struct pkt_sflow in, out;
    struct gen g = {2385};
    struct buf b = BUF_INIT;

    (void)state;
    gen_bytes(&g, header, sizeof header);
    for (unsigned i = 0; i < 500; i++) {
        in = (struct pkt_sflow){.agent_is_ipv6 = i % 2 != 0, .seq = (uint32_t)gen_u64(&g)};
        in.agent6 = gen_ipv6(&g);
        in.agent = (uint32_t)gen_u64(&g);
        in.n_samples = gen_below(&g, 20);
        for (size_t k = 0; k < in.n_samples; k++) {
            in.samples[k] = k % 3 ? random_flow(&g, i % 3 == 0) : random_counters(&g);
        }
        buf_clear(&b);
        pkt_build_sflow(&b, &in);
        assert_false(b.failed);
        assert_int_equal(pkt_parse_sflow(b.data, b.len, &out), ERR_OK);
        assert_int_equal(out.n_samples, in.n_samples);
        assert_int_equal(out.seq, in.seq);
        if (in.agent_is_ipv6) {
            assert_true(ipv6_addr_eq(&out.agent6, &in.agent6));
        } else {
            assert_int_equal(out.agent, in.agent);
        }
        for (size_t k = 0; k < in.n_samples; k++) {
            assert_int_equal(out.samples[k].kind, in.samples[k].kind);
            assert_int_equal(out.samples[k].seq, in.samples[k].seq);
            assert_int_equal(out.samples[k].source_type, in.samples[k].source_type);
            assert_int_equal(out.samples[k].source_index, in.samples[k].source_index);
            if (in.samples[k].kind == PKT_SFLOW_FLOW) {
                assert_same_flow(&out.samples[k].flow, &in.samples[k].flow);
            } else {
                assert_same_counters(&out.samples[k].counters, &in.samples[k].counters);
            }
        }
    }
    buf_fini(&b);
}

#define HEAD "00000005 00000001 0a000001 00000000 00000007 00000951 "

/* "sFlow Version 5", pages 25 to 36. */
static const char datagram[] =
    HEAD "00000003 # three samples\n"
         "00001234 00000004 00000000 # one of an unknown kind, 4 bytes\n"
         "00000001 00000054 # flow sample of 84 bytes\n"
         "00000003 00000009 00000100 00000300 00000000 # seq 3, ifIndex 9, 1 in 256, pool 768\n"
         "00000009 40000001 00000002 # in 9, out: dropped for reason 1, two records\n"
         "000003e9 00000010 00000064 00000000 00000064 00000000 # extended switch data\n"
         "00000001 00000014 # raw header of 20 bytes\n"
         "00000001 00000040 00000004 00000003 aabbcc00 # Ethernet, 64 bytes, 3 kept, padded\n"
         "00000002 0000000c 00000005 00000009 00000000 # counter sample without record\n";

static void annotated_datagram(void **state)
{
    static struct pkt_sflow sf;
    struct buf b = BUF_INIT;

    (void)state;
    gen_hex(&b, datagram);
    assert_int_equal(pkt_parse_sflow(b.data, b.len, &sf), ERR_OK);
    assert_true(sf.agent == 0x0a000001 && sf.seq == 7 && sf.uptime_ms == 2385);
    assert_int_equal(sf.n_samples, 3);
    assert_int_equal(sf.samples[0].kind, PKT_SFLOW_OTHER);
    assert_int_equal(sf.samples[1].kind, PKT_SFLOW_FLOW);
    assert_int_equal(sf.samples[1].source_index, 9);
    assert_int_equal(sf.samples[1].flow.rate, 256);
    assert_int_equal(sf.samples[1].flow.output_format, 1);
    assert_int_equal(sf.samples[1].flow.output, 1);
    assert_int_equal(sf.samples[1].flow.header_len, 3);
    assert_int_equal(sf.samples[1].flow.header[2], 0xcc);
    assert_int_equal(sf.samples[2].kind, PKT_SFLOW_COUNTERS);
    assert_false(sf.samples[2].counters.has_generic);
    buf_fini(&b);
}

static void cuts_are_noticed(void **state)
{
    static struct pkt_sflow sf;
    struct buf b = BUF_INIT;

    (void)state;
    gen_hex(&b, datagram);
    for (size_t len = 0; len < b.len; len++) {
        uint8_t *copy = malloc(len ? len : 1);

        memcpy(copy, b.data, len);
        assert_int_equal(pkt_parse_sflow(copy, len, &sf), ERR_TRUNCATED);
        free(copy);
    }
    buf_fini(&b);
}

static void errors(void **state)
{
    static const struct {
        const char *datagram;
        enum err err;
    } rows[] = {
        {"00000004 00000001 0a000001 00000000 00000007 00000951 00000000", ERR_UNSUPPORTED},
        {"00000005 00000003 0a000001 00000000 00000007 00000951 00000000", ERR_UNSUPPORTED},
        {HEAD "ffffffff", ERR_FULL},
        {HEAD "00000001 00000002 00000008 00000005 00000009", ERR_SYNTAX}, /* No record count. */
        {HEAD "00000001 00000002 0000000c 00000005 00000009 00000001", ERR_SYNTAX},
        {HEAD "00000001 00000002 ffffffff 00000005 00000009 00000001", ERR_TRUNCATED},
        /* Generic counters of 4 bytes. */
        {HEAD "00000001 00000002 00000018 00000005 00000009 00000001 00000001 00000004 00000001",
         ERR_SYNTAX},
        {HEAD "00000000 ffff", ERR_OK},
    };
    static struct pkt_sflow sf;

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct buf b = BUF_INIT;

        gen_hex(&b, rows[i].datagram);
        assert_int_equal(pkt_parse_sflow(b.data, b.len, &sf), rows[i].err);
        buf_fini(&b);
    }
}

static void unknown_samples_cannot_be_built(void **state)
{
    static struct pkt_sflow sf = {.n_samples = 1};
    struct buf b = BUF_INIT;

    (void)state;
    pkt_build_sflow(&b, &sf);
    assert_true(b.failed);
    buf_fini(&b);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trip),
        cmocka_unit_test(annotated_datagram),
        cmocka_unit_test(cuts_are_noticed),
        cmocka_unit_test(errors),
        cmocka_unit_test(unknown_samples_cannot_be_built),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
