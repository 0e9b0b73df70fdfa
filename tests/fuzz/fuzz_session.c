/* Fuzz target of room core: the input is a list of things that happen to a controller with its real
 * apps and several connections: legal and illegal handshakes, answers, raw bytes, packets, ports,
 * errors, refused sends, lost connections, time. After each, what must hold is checked
 * (session_world.c). */
#include <assert.h>
#include <string.h>

#include "controller/packet/pkt_build.h"
#include "tests/fuzz/session_world.h"
#include "tests/openflow/of_gen.h"

#define MAX_STEPS 300
#define N_PORTS 4

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The input; zeros behind its end. */
struct input {
    const uint8_t *p;
    size_t left;
};

static uint8_t next(struct input *in)
{
    if (!in->left) {
        return 0;
    }
    in->left--;
    return *in->p++;
}

static unsigned next_below(struct input *in, unsigned n)
{
    return next(in) % n;
}

/* --- What a good switch says ---------------------------------------------------------------------- */

static struct of_port make_port(port_no_t port_no, bool up)
{
    struct of_port port = {.port_no = port_no, .state = up ? OF_PS_LIVE : OF_PS_LINK_DOWN};

    port.hw_addr = eth_addr_from_u64(UINT64_C(0x0a0000000000) + port_no);
    return port;
}

static void say_hello(struct conn *c, struct input *in)
{
    static const uint8_t versions[] = {OF_VERSION_1_3, OF_VERSION_1_0, OF_VERSION_1_4,
                                       OF_VERSION_1_5};
    struct of_msg msg = {.type = OF_HELLO};
    uint8_t bits;

    c->version = versions[next_below(in, 4)];
    bits = next(in);
    msg.hello.versions = bits & 1 ? bits : 0;
    world_input(c, &msg);
}

static void answer_features(struct conn *c, uint32_t xid, struct input *in)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = xid};
    struct of_port ports[N_PORTS];
    uint8_t what = next(in);

    for (port_no_t i = 0; i < N_PORTS; i++) {
        ports[i] = make_port(i + 1, true);
    }
    msg.features.dpid = 1 + what % 8u;
    msg.features.n_buffers = 256;
    msg.features.n_tables = (uint8_t)(1 + (what >> 3) % 4);
    msg.features.auxiliary_id = what >= 0xf8;
    msg.features.ports = ports;
    msg.features.n_ports = c->version == OF_VERSION_1_0 ? N_PORTS : 0;
    world_input(c, &msg);
}

static void answer_flows(struct conn *c, struct of_msg *msg)
{
    struct of_flow_stats flows[WORLD_N_FLOWS];

    memset(flows, 0, sizeof flows);
    for (size_t i = 0; i < c->n_flows; i++) {
        const struct of_flow_mod *f = &c->flows[i];

        flows[i].table_id = f->table_id;
        flows[i].priority = f->priority;
        flows[i].cookie = f->cookie;
        flows[i].idle_timeout_s = f->idle_timeout_s;
        flows[i].hard_timeout_s = f->hard_timeout_s;
        flows[i].flags = f->flags;
        flows[i].match = f->match;
        flows[i].ins = f->ins;
    }
    msg->mp_reply.flows = flows;
    msg->mp_reply.n = c->n_flows;
    world_input(c, msg);
}

static void answer_multipart(struct conn *c, const struct of_msg *request, struct input *in)
{
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};
    struct of_port ports[N_PORTS];
    struct of_desc desc = {.mfr_desc = "fuzz"};
    struct of_table_stats table = {.n_active = next(in), .max_entries = 64};

    msg.mp_reply.type = request->mp_request.type;
    switch ((unsigned)request->mp_request.type) { /* The others have nothing to say. */
    case OF_MP_DESC:
        msg.mp_reply.desc = &desc;
        break;
    case OF_MP_FLOW:
        answer_flows(c, &msg);
        return;
    case OF_MP_PORT_DESC:
        for (port_no_t i = 0; i < N_PORTS; i++) {
            ports[i] = make_port(i + 1, true);
        }
        msg.mp_reply.ports = ports;
        msg.mp_reply.n = N_PORTS;
        break;
    case OF_MP_TABLE:
        msg.mp_reply.tables = &table;
        msg.mp_reply.n = 1;
        break;
    default: /* An empty list, where it is one. */
        break;
    }
    world_input(c, &msg);
}

static void answer_error(struct conn *c, uint32_t xid, enum of_err err)
{
    struct of_msg msg = {.type = OF_ERROR, .xid = xid};

    of_err_to_wire(err, c->version, &msg.error.type, &msg.error.code);
    world_input(c, &msg);
}

/* Answers one message of the core as a good switch does. */
static void answer(struct conn *c, const struct of_msg *request, struct input *in)
{
    struct of_msg msg = {.xid = request->xid};

    switch ((unsigned)request->type) { /* The others want no answer. */
    case OF_FEATURES_REQUEST:
        answer_features(c, request->xid, in);
        break;
    case OF_MULTIPART_REQUEST:
        answer_multipart(c, request, in);
        break;
    case OF_BARRIER_REQUEST:
        msg.type = OF_BARRIER_REPLY;
        world_input(c, &msg);
        break;
    case OF_ECHO_REQUEST:
        msg.type = OF_ECHO_REPLY;
        msg.echo = request->echo;
        world_input(c, &msg);
        break;
    case OF_ROLE_REQUEST:
        msg.type = OF_ROLE_REPLY;
        msg.role = request->role;
        world_input(c, &msg);
        break;
    case OF_GET_CONFIG_REQUEST:
        msg.type = OF_GET_CONFIG_REPLY;
        world_input(c, &msg);
        break;
    default:
        break;
    }
}

/* The oldest message that was not answered yet; false when there is none. */
static bool answer_next(struct conn *c, struct input *in)
{
    struct of_msg request;

    if (c->n_answered + WORLD_N_RECENT < c->n_recent) {
        c->n_answered = c->n_recent - WORLD_N_RECENT;
    }
    if (c->n_answered >= c->n_recent) {
        return false;
    }
    request = c->recent[c->n_answered++ % WORLD_N_RECENT];
    answer(c, &request, in);
    return true;
}

/* One of the latest messages of the core, NULL when there is none. */
static const struct of_msg *recent(const struct conn *c, struct input *in)
{
    size_t back = next(in) % WORLD_N_RECENT;

    return back < c->n_recent ? &c->recent[(c->n_recent - 1 - back) % WORLD_N_RECENT] : NULL;
}

/* --- Steps ------------------------------------------------------------------------------------ */

static void packet_in(struct conn *c, port_no_t in_port, const uint8_t *frame, size_t len)
{
    struct of_msg msg = {.type = OF_PACKET_IN};

    msg.packet_in.buffer_id = OF_NO_BUFFER;
    msg.packet_in.total_len = (uint16_t)len;
    msg.packet_in.in_port = in_port;
    msg.packet_in.data = (struct of_bytes){frame, len};
    world_input(c, &msg);
}

static struct eth_addr host_eth(uint8_t n)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) + n);
}

/* From one host to another, of which there are a few. */
static void step_host_packet(struct conn *c, struct input *in)
{
    port_no_t port = next_below(in, N_PORTS + 2);
    uint8_t kind = next(in), src = next(in) % 64, dst = next(in) % 64;
    uint32_t net = UINT32_C(0x0a000000);
    struct pkt_ends4 ends = {host_eth(dst), host_eth(src), net + src, net + dst,
                             .ttl = kind >> 4 ? 64 : 1};
    struct buf b = BUF_INIT;

    switch (kind % 5) {
    case 0:
        pkt_build_arp_request(&b, host_eth(src), net + src, net + dst);
        break;
    case 1:
        pkt_build_arp_reply(&b, host_eth(src), net + src, host_eth(dst), net + dst);
        break;
    case 2:
        pkt_build_udp4(&b, &ends, 68, 67, "dhcp", 4);
        break;
    case 3:
        pkt_build_eth(&b, host_eth(dst), host_eth(src), 0x88cc);
        break;
    default:
        pkt_build_udp4(&b, &ends, 1000, 2000, "data", 4);
        break;
    }
    packet_in(c, port, b.data, b.len);
    buf_fini(&b);
}

/* A frame that the core has sent comes in somewhere: probes make links this way, true or false ones. */
static void step_frame_back(struct conn *c, struct input *in)
{
    const struct conn *from = &c->world->conns[next_below(in, WORLD_N_CONNS)];
    port_no_t port = 1 + next_below(in, N_PORTS);
    const struct of_msg *msg = recent(from, in);
    uint8_t spoil = next(in);
    uint8_t frame[1500];
    size_t len;

    if (!msg || msg->type != OF_PACKET_OUT) {
        return;
    }
    len = msg->packet_out.data.len;
    len = len < sizeof frame ? len : sizeof frame;
    memcpy(frame, msg->packet_out.data.data, len);
    if (spoil & 0x80 && len) {
        frame[spoil % len] ^= 1;
    }
    packet_in(c, port, frame, len);
}

static void step_raw(struct conn *c, struct input *in)
{
    uint8_t frame[264] = {c->version};
    size_t body = next(in);

    frame[1] = next(in);
    frame[2] = (uint8_t)((body + OF_HEADER_LEN) >> 8);
    frame[3] = (uint8_t)(body + OF_HEADER_LEN);
    for (size_t i = 4; i < body + OF_HEADER_LEN; i++) {
        frame[i] = next(in);
    }
    if (next(in) == 0xff) {
        frame[0] = next(in);
    }
    world_input_bytes(c, frame, body + OF_HEADER_LEN);
}

/* Any message, from a controller or a switch, as an answer to something or not. */
static void step_any_message(struct conn *c, struct input *in)
{
    struct arena arena = ARENA_INIT;
    uint64_t seed = (uint64_t)next(in) << 8 | next(in);
    enum of_type type = (enum of_type)next_below(in, OF_N_TYPES);
    enum of_mp_type mp = (enum of_mp_type)next_below(in, OF_N_MP_TYPES);
    const struct of_msg *request = next(in) & 1 ? recent(c, in) : NULL;
    uint8_t version = c->version;
    struct of_gen gen = of_gen_init(seed, version, &arena);
    bool is_mp = type == OF_MULTIPART_REQUEST || type == OF_MULTIPART_REPLY;
    struct of_msg msg;

    if (of_gen_has_type(version, type) && (!is_mp || of_gen_has_mp_type(version, mp))) {
        of_gen_msg(&gen, type, mp, &msg);
        msg.xid = request ? request->xid : msg.xid;
        world_input(c, &msg);
    }
    arena_fini(&arena);
}

static void step_port_status(struct conn *c, struct input *in)
{
    struct of_msg msg = {.type = OF_PORT_STATUS};
    uint8_t what = next(in);

    msg.port_status.reason = (enum of_port_reason)(what % 3);
    msg.port_status.port = make_port(1 + (what >> 2) % 8, what >> 7);
    world_input(c, &msg);
}

static void step_flow_removed(struct conn *c, struct input *in)
{
    struct of_msg msg = {.type = OF_FLOW_REMOVED};
    const struct of_flow_mod *f;
    size_t i = next(in);

    if (i >= c->n_flows) {
        return;
    }
    f = &c->flows[i];
    msg.flow_removed.cookie = f->cookie;
    msg.flow_removed.priority = f->priority;
    msg.flow_removed.table_id = f->table_id;
    msg.flow_removed.reason = (enum of_flow_removed_reason)next_below(in, 3);
    msg.flow_removed.match = f->match;
    world_input(c, &msg);
    c->flows[i] = c->flows[--c->n_flows];
}

static void step_error(struct conn *c, struct input *in)
{
    static const enum of_err favourites[] = {OF_ERR_FLOW_TABLE_FULL, OF_ERR_FLOW_OVERLAP,
                                             OF_ERR_BAD_MULTIPART, OF_ERR_ACT_BAD_OUT_PORT};
    uint8_t which = next(in);
    enum of_err err =
        which < 0x80 ? favourites[which % 4] : (enum of_err)(1 + which % (OF_N_ERRS - 1));
    const struct of_msg *request = recent(c, in);

    answer_error(c, request ? request->xid : which, err);
}

/* Whoever sends an echo to a session that has agreed on a version gets the same back. */
static void step_echo(struct conn *c, struct input *in)
{
    struct of_msg msg = {.type = OF_ECHO_REQUEST, .xid = next(in)};
    const uint8_t data[] = {1, 2, 3};
    size_t before = c->n_recent;
    bool may_fail = c->n_refuse > 0;

    msg.echo = (struct of_bytes){data, sizeof data};
    world_input(c, &msg);
    if (c->n_recent > before && !may_fail && !c->closed) {
        const struct of_msg *reply = &c->recent[(c->n_recent - 1) % WORLD_N_RECENT];

        assert(reply->xid == msg.xid);
        assert(reply->type == OF_ERROR || reply->type == OF_ECHO_REPLY);
        assert(reply->type == OF_ERROR ||
               (reply->echo.len == sizeof data && !memcmp(reply->echo.data, data, sizeof data)));
    }
}

static void step_refuse(struct conn *c, struct input *in)
{
    uint8_t what = next(in);

    c->refuse = what & 1 ? ERR_CLOSED : ERR_FULL;
    c->n_refuse = what >> 1 & 0x1f;
}

/* From a millisecond to four minutes. */
static void step_time(struct world *w, struct input *in)
{
    uint8_t what = next(in);

    world_advance(w, (int64_t)(1 + what % 16) * NS_PER_MS << what / 16 % 14);
}

static void step_answer_all(struct conn *c, struct input *in)
{
    for (unsigned i = 0; i < 4 * WORLD_N_RECENT && answer_next(c, in); i++) {
    }
}

static void step(struct world *w, struct input *in)
{
    uint8_t op = next(in);
    struct conn *c = &w->conns[(op >> 4) % WORLD_N_CONNS];

    switch (op % 16) {
    case 0:
        world_connect(c);
        break;
    case 1:
        world_disconnect(c);
        break;
    case 2:
        say_hello(c, in);
        break;
    case 3:
        (void)answer_next(c, in);
        break;
    case 4:
        step_answer_all(c, in);
        break;
    case 5:
        step_raw(c, in);
        break;
    case 6:
        step_any_message(c, in);
        break;
    case 7:
    case 8:
        step_host_packet(c, in);
        break;
    case 9:
        step_frame_back(c, in);
        break;
    case 10:
        step_port_status(c, in);
        break;
    case 11:
        step_flow_removed(c, in);
        break;
    case 12:
        step_error(c, in);
        break;
    case 13:
        step_echo(c, in);
        break;
    case 14:
        step_refuse(c, in);
        break;
    default:
        step_time(w, in);
        break;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct world w;
    struct input in = {data, size};

    world_init(&w);
    for (unsigned i = 0; i < MAX_STEPS && in.left; i++) {
        step(&w, &in);
        world_check(&w);
    }
    for (unsigned i = 0; i < WORLD_N_CONNS && size % 2; i++) {
        world_disconnect(&w.conns[i]);
        world_check(&w);
    }
    world_fini(&w);
    return 0;
}
