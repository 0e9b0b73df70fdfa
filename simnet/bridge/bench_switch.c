#include "simnet/bridge/bench_switch.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "controller/base/alloc.h"
#include "controller/base/mono.h"
#include "controller/openflow/of_codec.h"
#include "controller/packet/pkt_build.h"
#include "simnet/bridge/bench_tls.h"

#define RX_SIZE ((size_t)256 * 1024)
#define TX_HIGH ((size_t)256 * 1024) /* No more load is queued beyond this. */

#define FLOOD_PACKETS 64 /* Queued at a time. */
#define FLOOD_READ_BYTES ((size_t)16384)
#define ECHO_NS NS_PER_S

static const uint8_t fence[] = "tambo bench fence";
static const uint8_t probe[] = "tambo bench probe.";

/* --- What a switch says ------------------------------------------------------------------------- */

static void send_msg(struct bench_switch *sw, struct of_msg *msg)
{
    msg->version = sw->load->version;
    (void)of_encode(msg, &sw->tx);
}

static struct eth_addr host_mac(const struct bench_switch *sw, unsigned host)
{
    return eth_addr_from_u64(UINT64_C(0x020000000000) | (sw->dpid & 0xffff) << 24 | host);
}

/* 10.s.s.h would hold 250 hosts a switch; 16 bits of the host and 8 of the switch fit 10/8. The
 * addresses of two switches may coincide, which no controller of frames minds: MACs differ. */
static uint32_t host_ip(const struct bench_switch *sw, unsigned host)
{
    return UINT32_C(0x0a000000) | (uint32_t)(sw->dpid & 0xff) << 16 | ((host + 1) & 0xffff);
}

static port_no_t host_port(unsigned host)
{
    return 1 + host % BENCH_PORTS;
}

static void put_packet_in(const struct bench_switch *sw, struct buf *out, port_no_t port,
                          uint32_t buffer_id, const struct buf *frame)
{
    struct of_msg msg = {.version = sw->load->version, .type = OF_PACKET_IN};

    msg.packet_in.buffer_id = buffer_id;
    msg.packet_in.total_len = (uint16_t)frame->len;
    msg.packet_in.reason = OF_REASON_NO_MATCH;
    msg.packet_in.in_port = port;
    of_match_clear(&msg.packet_in.match);
    OF_MATCH_SET(&msg.packet_in.match, IN_PORT, in_port, port);
    msg.packet_in.data = (struct of_bytes){frame->data, frame->len};
    (void)of_encode(&msg, out);
}

/* Host h talks to the next host; the messages differ in nothing but the hosts, so they are of one
 * length and only the buffer id is filled in when one is sent. */
static void build_packet_ins(struct bench_switch *sw)
{
    struct buf frame = BUF_INIT;

    for (unsigned h = 0; h < sw->load->hosts_per_switch; h++) {
        unsigned to = (h + 1) % sw->load->hosts_per_switch;
        struct pkt_ends4 ends = {.eth_dst = host_mac(sw, to),
                                 .eth_src = host_mac(sw, h),
                                 .src = host_ip(sw, h),
                                 .dst = host_ip(sw, to)};
        static const uint8_t payload[18];

        buf_clear(&frame);
        pkt_build_udp4(&frame, &ends, 4242, 4242, payload, sizeof payload);
        put_packet_in(sw, &sw->packet_ins, host_port(h), 0, &frame);
    }
    sw->packet_in_len = sw->packet_ins.len / sw->load->hosts_per_switch;
    buf_fini(&frame);
}

void bench_switch_announce(struct bench_switch *sw)
{
    struct of_msg echo = {.type = OF_ECHO_REQUEST};
    struct buf frame = BUF_INIT;

    for (unsigned h = 0; h < sw->load->hosts_per_switch; h++) {
        buf_clear(&frame);
        pkt_build_arp_request(&frame, host_mac(sw, h), host_ip(sw, h), host_ip(sw, h));
        put_packet_in(sw, &sw->tx, host_port(h), OF_NO_BUFFER, &frame);
    }
    buf_fini(&frame);
    echo.echo = (struct of_bytes){fence, sizeof fence};
    send_msg(sw, &echo);
}

/* --- What a switch answers ---------------------------------------------------------------------- */

static void fill_ports(struct of_port ports[BENCH_PORTS])
{
    for (unsigned i = 0; i < BENCH_PORTS; i++) {
        ports[i] = (struct of_port){.port_no = i + 1,
                                    .hw_addr = {{0x02, 0xbe, 0, 0, 0, (uint8_t)i}},
                                    .state = OF_PS_LIVE,
                                    .curr = OF_PF_1GB_FD | OF_PF_COPPER};
        snprintf(ports[i].name, sizeof ports[i].name, "p%u", i + 1);
    }
}

static void reply_features(struct bench_switch *sw, uint32_t xid)
{
    struct of_msg msg = {.type = OF_FEATURES_REPLY, .xid = xid};
    struct of_port ports[BENCH_PORTS];

    msg.features = (struct of_features){.dpid = sw->dpid,
                                        .n_buffers = BENCH_PORTS,
                                        .n_tables = 1,
                                        .capabilities = OF_C_FLOW_STATS | OF_C_PORT_STATS};
    if (sw->load->version == OF_VERSION_1_0) {
        fill_ports(ports);
        msg.features.actions = 0xfff;
        msg.features.ports = ports;
        msg.features.n_ports = BENCH_PORTS;
    }
    send_msg(sw, &msg);
    sw->state = BENCH_UP;
}

/* An empty reply of the kind that was asked for, except where there is something to tell. */
static void reply_multipart(struct bench_switch *sw, const struct of_msg *request)
{
    struct of_msg msg = {.type = OF_MULTIPART_REPLY, .xid = request->xid};
    static const struct of_desc desc = {.mfr_desc = "Tambo", .hw_desc = "load generator"};
    struct of_port ports[BENCH_PORTS];

    msg.mp_reply.type = request->mp_request.type;
    if (request->mp_request.type == OF_MP_DESC) {
        msg.mp_reply.desc = &desc;
    } else if (request->mp_request.type == OF_MP_PORT_DESC) {
        fill_ports(ports);
        msg.mp_reply.ports = ports;
        msg.mp_reply.n = BENCH_PORTS;
    }
    send_msg(sw, &msg);
}

static void echo_answered(struct bench_switch *sw)
{
    struct bench_load *load = sw->load;

    if (sw->echo_sent_ns && !sw->echo_is_late && load->measuring) {
        hist_add(&load->echo_ns, load->now_ns - sw->echo_sent_ns);
    }
    sw->echo_sent_ns = sw->echo_is_late ? 0 : -sw->echo_sent_ns;
}

/* Everything but flow-mods and packet-outs: rare, so it is decoded in full. */
static void handle_rare(struct bench_switch *sw, const uint8_t *frame, size_t len)
{
    struct of_msg in, out = {0};

    arena_reset(&sw->arena);
    if (of_decode(frame, len, &sw->arena, &in) != OF_OK) {
        return; /* Something that we do not know; the controller will do without. */
    }
    out.xid = in.xid;
    switch ((unsigned)in.type) {
    case OF_FEATURES_REQUEST:
        reply_features(sw, in.xid);
        break;
    case OF_ECHO_REQUEST:
        out.type = OF_ECHO_REPLY;
        out.echo = in.echo;
        send_msg(sw, &out);
        break;
    case OF_ECHO_REPLY:
        if (in.echo.len == sizeof probe) {
            echo_answered(sw);
        } else if (in.echo.len == sizeof fence && memcmp(in.echo.data, fence, sizeof fence) == 0) {
            sw->state = BENCH_ANNOUNCED;
        }
        break;
    case OF_GET_CONFIG_REQUEST:
        out.type = OF_GET_CONFIG_REPLY;
        out.config.miss_send_len = OF_CML_NO_BUFFER;
        send_msg(sw, &out);
        break;
    case OF_BARRIER_REQUEST:
        out.type = OF_BARRIER_REPLY;
        send_msg(sw, &out);
        break;
    case OF_ROLE_REQUEST:
        out.type = OF_ROLE_REPLY;
        out.role = in.role;
        send_msg(sw, &out);
        break;
    case OF_MULTIPART_REQUEST:
        reply_multipart(sw, &in);
        break;
    default: /* Hello, errors, configuration: nothing to answer. */
        break;
    }
}

static void answered(struct bench_switch *sw, uint32_t buffer_id)
{
    struct bench_slot *slot = &sw->slots[buffer_id & (sw->n_slots - 1)];
    struct bench_load *load = sw->load;

    if (!slot->sent_ns || slot->buffer_id != buffer_id) {
        return; /* Answered before, or never ours. */
    }
    if (slot->measured) {
        load->n_answered++;
        hist_add(&load->latency_ns, load->now_ns - slot->sent_ns);
    }
    slot->sent_ns = 0;
    sw->n_outstanding--;
}

static uint32_t get_u32(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

/* Type numbers of the two frequent messages, the same in both versions (OF 1.0 §5.1, OF 1.3.5
 * §7.1), and where they carry the buffer id. */
enum { WIRE_PACKET_OUT = 13, WIRE_FLOW_MOD = 14 };

static void handle_frame(struct bench_switch *sw, const uint8_t *frame, size_t len)
{
    size_t buffer_at = sw->load->version == OF_VERSION_1_0 ? 64 : 32;

    if (frame[0] == sw->load->version && frame[1] == WIRE_PACKET_OUT && len >= 12) {
        sw->load->n_packet_outs++;
        answered(sw, get_u32(frame + 8));
    } else if (frame[0] == sw->load->version && frame[1] == WIRE_FLOW_MOD && len >= buffer_at + 4) {
        sw->load->n_flow_mods++;
        answered(sw, get_u32(frame + buffer_at));
    } else {
        handle_rare(sw, frame, len);
    }
}

/* --- Bytes -------------------------------------------------------------------------------------- */

static ssize_t receive(struct bench_switch *sw, size_t most)
{
    uint8_t *to = sw->rx + sw->rx_len;

    return sw->tls ? bench_tls_read(sw->tls, to, most) : recv(sw->fd, to, most, 0);
}

static ssize_t transmit(struct bench_switch *sw)
{
    const uint8_t *from = sw->tx.data + sw->tx_sent;
    size_t len = sw->tx.len - sw->tx_sent;

    return sw->tls ? bench_tls_write(sw->tls, from, len) : send(sw->fd, from, len, MSG_NOSIGNAL);
}

/* TLS gives one record, which is not longer than the least room: nothing stays behind in it that the
 * socket would not tell of again. */
enum err bench_switch_read(struct bench_switch *sw)
{
    size_t room = RX_SIZE - sw->rx_len;
    ssize_t n = receive(sw, sw->floods && room > FLOOD_READ_BYTES ? FLOOD_READ_BYTES : room);
    size_t at = 0, len;
    enum of_frame found;

    if (n <= 0) {
        return n < 0 && (errno == EAGAIN || errno == EINTR) ? ERR_OK : n == 0 ? ERR_CLOSED : ERR_IO;
    }
    sw->rx_len += (size_t)n;
    while ((found = of_frame_split(sw->rx + at, sw->rx_len - at, &len)) == OF_FRAME_WHOLE) {
        handle_frame(sw, sw->rx + at, len);
        at += len;
    }
    sw->rx_len -= at;
    memmove(sw->rx, sw->rx + at, sw->rx_len);
    return found == OF_FRAME_BAD ? ERR_IO : ERR_OK;
}

enum err bench_switch_write(struct bench_switch *sw)
{
    while (sw->tx_sent < sw->tx.len) {
        ssize_t n = transmit(sw);

        if (n < 0) {
            sw->wants_write = errno == EAGAIN || errno == EINTR;
            return sw->wants_write ? ERR_OK : ERR_IO;
        }
        sw->tx_sent += (size_t)n;
    }
    buf_clear(&sw->tx);
    sw->tx_sent = 0;
    sw->wants_write = false;
    return ERR_OK;
}

/* The next packet-in, with the buffer id 'id'. */
static void put_next(struct bench_switch *sw, uint32_t id)
{
    uint8_t *p = buf_put_uninit(&sw->tx, sw->packet_in_len);

    memcpy(p, sw->packet_ins.data + sw->next_host * sw->packet_in_len, sw->packet_in_len);
    p[8] = (uint8_t)(id >> 24);
    p[9] = (uint8_t)(id >> 16);
    p[10] = (uint8_t)(id >> 8);
    p[11] = (uint8_t)id;
    sw->next_host = sw->next_host + 1 < sw->load->hosts_per_switch ? sw->next_host + 1 : 0;
}

static void queue_packet_in(struct bench_switch *sw)
{
    uint32_t id = sw->next_buffer_id++ & INT32_MAX;
    struct bench_slot *slot = &sw->slots[id & (sw->n_slots - 1)];

    put_next(sw, id);
    *slot = (struct bench_slot){id, sw->load->measuring, sw->load->now_ns};
    sw->n_outstanding++;
    sw->load->n_sent += sw->load->measuring;
}

unsigned bench_switch_load(struct bench_switch *sw, unsigned most)
{
    unsigned n = 0;

    while (n < most && sw->n_outstanding < sw->load->window && sw->tx.len < TX_HIGH) {
        /* A slot still taken belongs to a packet-in that a whole window has overtaken: wait. */
        if (sw->slots[sw->next_buffer_id & (sw->n_slots - 1)].sent_ns) {
            break;
        }
        queue_packet_in(sw);
        n++;
    }
    return n;
}

void bench_switch_flood(struct bench_switch *sw)
{
    if (sw->tx.len) {
        return;
    }
    for (unsigned i = 0; i < FLOOD_PACKETS; i++) {
        put_next(sw, sw->next_buffer_id++ & INT32_MAX);
    }
    sw->load->n_flooded += sw->load->measuring ? FLOOD_PACKETS : 0;
}

/* 'echo_sent_ns' is the instant while the answer is out, and its negative afterwards. */
void bench_switch_echo(struct bench_switch *sw)
{
    struct of_msg echo = {.type = OF_ECHO_REQUEST};
    struct bench_load *load = sw->load;
    int64_t sent_ns = sw->echo_sent_ns < 0 ? -sw->echo_sent_ns : sw->echo_sent_ns;

    if (load->now_ns - sent_ns < ECHO_NS) {
        return;
    }
    if (sw->echo_sent_ns > 0) {
        load->n_echo_timeouts += !sw->echo_is_late && load->measuring;
        sw->echo_is_late = true;
        return;
    }
    echo.echo = (struct of_bytes){probe, sizeof probe};
    send_msg(sw, &echo);
    sw->echo_sent_ns = load->now_ns;
    sw->echo_is_late = false;
    load->n_echoes += load->measuring;
}

unsigned bench_switch_give_up(struct bench_switch *sw, int64_t age_ns)
{
    unsigned n = 0;

    for (; sw->oldest_buffer_id != sw->next_buffer_id; sw->oldest_buffer_id++) {
        uint32_t id = sw->oldest_buffer_id & INT32_MAX;
        struct bench_slot *slot = &sw->slots[id & (sw->n_slots - 1)];

        if (!slot->sent_ns || slot->buffer_id != id) {
            continue;
        }
        if (sw->load->now_ns - slot->sent_ns < age_ns) {
            break;
        }
        n += slot->measured;
        slot->sent_ns = 0;
        sw->n_outstanding--;
    }
    return n;
}

unsigned bench_switch_n_missing(const struct bench_switch *sw)
{
    unsigned n = 0;

    for (size_t i = 0; i < sw->n_slots; i++) {
        n += sw->slots[i].sent_ns != 0 && sw->slots[i].measured;
    }
    return n;
}

/* --- Life --------------------------------------------------------------------------------------- */

void bench_switch_init(struct bench_switch *sw, struct bench_load *load, dpid_t dpid, int fd,
                       struct ssl_st *tls)
{
    *sw = (struct bench_switch){.load = load, .dpid = dpid, .fd = fd, .tls = tls, .n_slots = 1};
    while (sw->n_slots < 2 * (size_t)load->window) {
        sw->n_slots *= 2;
    }
    sw->slots = xcalloc(sw->n_slots, sizeof *sw->slots);
    sw->rx = xcalloc(RX_SIZE, 1);
    build_packet_ins(sw);
}

void bench_switch_fini(struct bench_switch *sw)
{
    bench_tls_close(sw->tls);
    if (sw->fd >= 0) {
        close(sw->fd);
    }
    free(sw->slots);
    free(sw->rx);
    buf_fini(&sw->tx);
    buf_fini(&sw->packet_ins);
    arena_fini(&sw->arena);
}

void bench_switch_hello(struct bench_switch *sw)
{
    struct of_msg msg = {.type = OF_HELLO};

    msg.hello.versions = sw->load->version == OF_VERSION_1_0 ? 0 : 1u << sw->load->version;
    send_msg(sw, &msg);
    sw->state = BENCH_HANDSHAKE;
}
