/* A switch under test: three ports with wires whose far ends count what comes out, and a controller that
 * keeps what it is sent. Shared by the tests of the switch. */
#ifndef TAMBO_TESTS_SWITCH_BED_H
#define TAMBO_TESTS_SWITCH_BED_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "controller/packet/pkt_edit.h"
#include "simnet/world/swtch.h"

enum { N_PORTS = 3, MAX_SENT = 64 };

/* What of a message the tests look at; the frame of a packet-in is kept too. */
struct sent {
    struct of_msg msg;
    struct buf bytes;
};

/* A switch with three ports whose far ends count what comes out. */
struct bed {
    struct sim *sim;
    struct programs programs;
    struct frame_pool pool;
    struct wire *wires[N_PORTS];
    struct swtch *sw;
    struct arena arena;
    struct sent sent[MAX_SENT];
    unsigned n_sent;
    unsigned n_out[N_PORTS + 1];
    struct buf last_out;
    struct buf out[N_PORTS + 1]; /* The last one at each port. */
};

/* Every message that the switch sends must be one that can be encoded and decoded. */
static inline void on_send(void *aux, struct swtch *sw, const struct of_msg *msg)
{
    struct bed *bed = aux;
    struct sent *s = &bed->sent[bed->n_sent++];

    (void)sw;
    assert_true(bed->n_sent < MAX_SENT);
    buf_clear(&s->bytes);
    assert_int_equal(of_encode(msg, &s->bytes), ERR_OK);
    assert_int_equal(of_decode(s->bytes.data, s->bytes.len, &bed->arena, &s->msg), OF_OK);
}

static inline void on_out(void *node, uint32_t port, struct buf *frame, const struct pkt *parsed)
{
    struct bed *bed = node;

    (void)parsed;
    bed->n_out[port]++;
    buf_clear(&bed->last_out);
    buf_put(&bed->last_out, frame->data, frame->len);
    buf_clear(&bed->out[port]);
    buf_put(&bed->out[port], frame->data, frame->len);
}

static inline struct swtch_params bed_params(uint8_t version, uint8_t n_tables)
{
    return (struct swtch_params){.name = "s1",
                                 .dpid = 0x2385,
                                 .versions = 1U << version,
                                 .n_tables = n_tables,
                                 .max_entries = 5,
                                 .hold_law = HOLD_FIXED};
}

/* A switch that speaks one version, and has said hello. */
static inline void bed_open_with(struct bed *bed, const struct swtch_params *params)
{
    uint8_t version = (uint8_t)__builtin_ctz(params->versions);
    struct wire_params wire = {.rate_bps = 1000000000, .delay_ns = 1000};

    memset(bed, 0, sizeof *bed);
    bed->sim = sim_new(7);
    programs_init(&bed->programs);
    bed->sw = swtch_new(bed->sim, &bed->programs, params, 0);
    for (uint32_t p = 0; p < N_PORTS; p++) {
        bed->wires[p] = wire_new(bed->sim, &bed->pool, &wire, p);
        wire_attach(bed->wires[p], 0, bed, p + 1, on_out, NULL);
        assert_int_equal(swtch_add_port(bed->sw, bed->wires[p], 1, eth_addr_from_u64(p + 1)),
                         p + 1);
    }
    swtch_set_controller(bed->sw, on_send, bed);
    swtch_connected(bed->sw);
    assert_int_equal(bed->sent[0].msg.type, OF_HELLO);
    swtch_input(bed->sw, &(struct of_msg){.version = version, .type = OF_HELLO});
    assert_int_equal(swtch_version(bed->sw), version);
    bed->n_sent = 0;
}

static inline void bed_open(struct bed *bed, uint8_t version, uint8_t n_tables)
{
    struct swtch_params params = bed_params(version, n_tables);

    bed_open_with(bed, &params);
}

static inline void bed_close(struct bed *bed)
{
    for (unsigned p = 0; p < N_PORTS; p++) {
        wire_free(bed->wires[p]);
    }
    swtch_free(bed->sw);
    programs_fini(&bed->programs);
    frame_pool_fini(&bed->pool);
    for (unsigned i = 0; i < MAX_SENT; i++) {
        buf_fini(&bed->sent[i].bytes);
    }
    buf_fini(&bed->last_out);
    for (unsigned p = 0; p <= N_PORTS; p++) {
        buf_fini(&bed->out[p]);
    }
    arena_fini(&bed->arena);
    sim_free(bed->sim);
}

/* As bytes, when the message can be said at all: what is wrong with it the decoder may be the one to find. */
static inline void input_as_bytes(struct bed *bed, const struct of_msg *msg)
{
    struct buf bytes = BUF_INIT;
    struct of_msg decoded;
    enum of_err err;

    if (of_encode(msg, &bytes) != ERR_OK) {
        swtch_input(bed->sw, msg);
    } else {
        err = of_decode(bytes.data, bytes.len, &bed->arena, &decoded);
        if (err == OF_OK) {
            swtch_input(bed->sw, &decoded);
        } else {
            swtch_input_bad(bed->sw, &decoded, err, bytes.data, bytes.len);
        }
    }
    buf_fini(&bytes);
}

/* Gives 'msg' to the switch; the first of its answers, or NULL. */
static inline const struct of_msg *ask(struct bed *bed, struct of_msg msg)
{
    bed->n_sent = 0;
    msg.version = swtch_version(bed->sw);
    msg.xid = 2385;
    input_as_bytes(bed, &msg);
    return bed->n_sent ? &bed->sent[0].msg : NULL;
}

static inline void expect_error(const struct of_msg *answer, enum of_err err)
{
    assert_non_null(answer);
    assert_int_equal(answer->type, OF_ERROR);
    assert_int_equal(answer->xid, 2385);
    if (answer->error.err != err) {
        fail_msg("got %s, expected %s", of_err_name(answer->error.err), of_err_name(err));
    }
}

/* --- Frames ---------------------------------------------------------------------------------- */

static inline struct buf udp_frame(uint64_t dst)
{
    struct buf b = BUF_INIT;
    struct pkt_ends4 ends = {.eth_src = eth_addr_from_u64(0x02000000000a),
                             .eth_dst = eth_addr_from_u64(dst),
                             .src = 0x0a000001,
                             .dst = 0x0a000002};

    pkt_build_udp4(&b, &ends, 2385, 7, "payload", 7);
    return b;
}

/* 'frame' comes in at 'port' and is freed; what leaves has left when this returns. */
static inline void receive_frame(struct bed *bed, port_no_t port, struct buf frame)
{
    memset(bed->n_out, 0, sizeof bed->n_out);
    bed->n_sent = 0;
    swtch_receive(bed->sw, port, &frame);
    sim_run_until(bed->sim, mono_add(sim_now(bed->sim), NS_PER_S / 100));
    buf_fini(&frame);
}

static inline void receive(struct bed *bed, port_no_t port, uint64_t dst)
{
    receive_frame(bed, port, udp_frame(dst));
}

static inline struct of_msg flow_add(uint64_t dst, uint16_t priority, struct of_instructions ins)
{
    struct of_msg msg = {.type = OF_FLOW_MOD};
    struct of_flow_mod *fm = &msg.flow_mod;

    fm->priority = priority;
    fm->buffer_id = OF_NO_BUFFER;
    fm->out_port = OF_PORT_ANY;
    fm->out_group = OF_GROUP_ANY;
    fm->ins = ins;
    of_match_clear(&fm->match);
    if (dst) {
        OF_MATCH_SET(&fm->match, ETH_DST, eth_dst, eth_addr_from_u64(dst));
    }
    return msg;
}

#endif
