/* of_emit_pcap FILE COUNT: writes generated messages of every type, multipart and version as a
 * capture of TCP connections on port 6653, for another dissector to judge (tshark_check.sh).
 *
 * Each version has a connection of its own. Every message is one segment from the side that sends
 * it; messages of both directions interleave, so sequence and acknowledgement numbers are kept for
 * both. Prints "VERSION NAME COUNT" for each kind of message. */
#include <stdio.h>
#include <stdlib.h>

#include "controller/openflow/of_codec.h"
#include "tests/openflow/of_gen.h"

#define OPENFLOW_PORT 6653
#define CONTROLLER_IP 0x0a000001u
#define SWITCH_IP 0x0a000002u
#define TCP_LEN 20
#define IP_LEN 20
#define MAX_SEGMENT 60000 /* Below what an IP packet can carry. */

struct connection {
    uint16_t switch_port;
    uint32_t seq[2]; /* Next sequence number of the controller, of the switch. */
};

struct capture {
    FILE *file;
    struct buf frame;
    uint32_t n_frames;
    uint16_t ip_id;
};

/* --- The capture file (little-endian classic pcap, Ethernet) ---------------------------------------- */

static void put_le32(FILE *file, uint32_t v)
{
    for (int i = 0; i < 4; i++) {
        putc((int)(v >> 8 * i & 0xff), file);
    }
}

static void put_file_header(FILE *file)
{
    put_le32(file, 0xa1b2c3d4);
    put_le32(file, 4u << 16 | 2); /* Version 2.4. */
    put_le32(file, 0);
    put_le32(file, 0);
    put_le32(file, 262144);
    put_le32(file, 1); /* LINKTYPE_ETHERNET. */
}

/* One frame, a millisecond after the one before. */
static void write_frame(struct capture *c)
{
    put_le32(c->file, c->n_frames / 1000);
    put_le32(c->file, c->n_frames % 1000 * 1000);
    put_le32(c->file, (uint32_t)c->frame.len);
    put_le32(c->file, (uint32_t)c->frame.len);
    fwrite(c->frame.data, 1, c->frame.len, c->file);
    c->n_frames++;
}

/* --- Headers ------------------------------------------------------------------------------------ */

static uint32_t sum16(const uint8_t *p, size_t n, uint32_t sum)
{
    for (size_t i = 0; i < n; i++) {
        sum += i % 2 ? p[i] : (uint32_t)p[i] << 8;
    }
    return sum;
}

static uint16_t fold(uint32_t sum)
{
    while (sum >> 16) {
        sum = (sum & 0xffff) + (sum >> 16);
    }
    return (uint16_t)~sum;
}

static void put_ip(struct capture *c, bool from_switch, size_t payload_len)
{
    size_t start = c->frame.len;

    buf_put_u16(&c->frame, 0x4500);
    buf_put_u16(&c->frame, IP_LEN + TCP_LEN + payload_len);
    buf_put_u16(&c->frame, c->ip_id++);
    buf_put_u16(&c->frame, 0x4000); /* Don't fragment. */
    buf_put_u16(&c->frame, 64 << 8 | 6);
    buf_put_u16(&c->frame, 0);
    buf_put_u32(&c->frame, from_switch ? SWITCH_IP : CONTROLLER_IP);
    buf_put_u32(&c->frame, from_switch ? CONTROLLER_IP : SWITCH_IP);
    buf_set_u16(&c->frame, start + 10, fold(sum16(c->frame.data + start, IP_LEN, 0)));
}

static void put_tcp(struct capture *c, const struct connection *conn, bool from_switch,
                    unsigned flags, const uint8_t *payload, size_t len)
{
    size_t start = c->frame.len;
    uint32_t sum;

    buf_put_u16(&c->frame, from_switch ? conn->switch_port : OPENFLOW_PORT);
    buf_put_u16(&c->frame, from_switch ? OPENFLOW_PORT : conn->switch_port);
    buf_put_u32(&c->frame, conn->seq[from_switch]);
    buf_put_u32(&c->frame, flags & 0x10 ? conn->seq[!from_switch] : 0);
    buf_put_u16(&c->frame, 5u << 12 | flags);
    buf_put_u16(&c->frame, 65535);
    buf_put_u32(&c->frame, 0);
    buf_put(&c->frame, payload, len);
    sum = sum16(c->frame.data + start, TCP_LEN + len, 6 + TCP_LEN + (uint32_t)len);
    sum = sum16(c->frame.data + start - 8, 8, sum); /* The addresses of the pseudo header. */
    buf_set_u16(&c->frame, start + 16, fold(sum));
}

#define TCP_SYN 0x02u
#define TCP_PUSH 0x08u
#define TCP_ACK 0x10u

static void send_segment(struct capture *c, struct connection *conn, bool from_switch,
                         unsigned flags, const uint8_t *payload, size_t len)
{
    buf_clear(&c->frame);
    buf_put_eth(&c->frame, eth_addr_from_u64(0x020000000001 + !from_switch));
    buf_put_eth(&c->frame, eth_addr_from_u64(0x020000000001 + from_switch));
    buf_put_u16(&c->frame, 0x0800);
    put_ip(c, from_switch, len);
    put_tcp(c, conn, from_switch, flags, payload, len);
    conn->seq[from_switch] += (uint32_t)len + (flags & TCP_SYN ? 1u : 0u);
    write_frame(c);
}

static void open_connection(struct capture *c, struct connection *conn)
{
    send_segment(c, conn, true, TCP_SYN, NULL, 0);
    send_segment(c, conn, false, TCP_SYN | TCP_ACK, NULL, 0);
    send_segment(c, conn, true, TCP_ACK, NULL, 0);
}

/* --- Messages --------------------------------------------------------------------------------- */

static bool sent_by_switch(enum of_type type)
{
    return type == OF_ROLE_STATUS || type == OF_TABLE_STATUS || type == OF_REQUESTFORWARD ||
           type == OF_ERROR || type == OF_ECHO_REPLY || type == OF_FEATURES_REPLY ||
           type == OF_GET_CONFIG_REPLY || type == OF_PACKET_IN || type == OF_FLOW_REMOVED ||
           type == OF_PORT_STATUS || type == OF_MULTIPART_REPLY || type == OF_BARRIER_REPLY ||
           type == OF_ROLE_REPLY || type == OF_QUEUE_GET_CONFIG_REPLY || type == OF_GET_ASYNC_REPLY;
}

/* An ARP request: tshark dissects what packet messages carry, and what errors quote. */
static const uint8_t arp[] = {
    0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x02, 0x00, 0x00, 0x00, 0x00, 0x17, 0x08, 0x06,
    0x00, 0x01, 0x08, 0x00, 0x06, 0x04, 0x00, 0x01, 0x02, 0x00, 0x00, 0x00, 0x00, 0x17,
    0x0a, 0x00, 0x00, 0x17, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00, 0x0a, 0x00, 0x00, 0x2a,
};

static void make_held_sensible(struct of_gen *g, struct of_msg *msg)
{
    struct of_msg *held =
        arena_memdup(g->arena, msg->bundle_add.message, sizeof *msg->bundle_add.message);

    held->packet_out.data.len = held->packet_out.data.len ? sizeof arp : 0;
    held->packet_out.data.data = arp;
    msg->bundle_add.message = held;
}

/* Puts something sensible where the generator puts random bytes. */
static void make_sensible(struct of_gen *g, struct of_msg *msg, struct buf *quoted)
{
    if (msg->type == OF_PACKET_IN) {
        msg->packet_in.data = (struct of_bytes){arp, sizeof arp};
    } else if (msg->type == OF_PACKET_OUT && msg->packet_out.data.len) {
        msg->packet_out.data = (struct of_bytes){arp, sizeof arp};
    } else if (msg->type == OF_BUNDLE_ADD_MESSAGE &&
               msg->bundle_add.message->type == OF_PACKET_OUT) {
        make_held_sensible(g, msg);
    } else if (msg->type == OF_ERROR) {
        struct of_msg request = {.version = msg->version, .type = OF_BARRIER_REQUEST};

        buf_clear(quoted);
        if (msg->error.type == 0) { /* Hello failed: a text. */
            buf_put(quoted, "no version in common", 20);
        } else {
            (void)of_encode(&request, quoted);
        }
        msg->error.data = (struct of_bytes){quoted->data, quoted->len};
    }
}

static void send_kind(struct capture *c, struct connection *conn, struct of_gen *g,
                      enum of_type type, enum of_mp_type mp, int count)
{
    bool is_mp = type == OF_MULTIPART_REQUEST || type == OF_MULTIPART_REPLY;
    struct buf bytes = BUF_INIT, quoted = BUF_INIT;

    for (int i = 0; i < count; i++) {
        struct of_msg msg;

        of_gen_msg(g, type, mp, &msg);
        make_sensible(g, &msg, &quoted);
        buf_clear(&bytes);
        if (of_encode(&msg, &bytes) || bytes.len > MAX_SEGMENT) {
            fprintf(stderr, "%s does not encode\n", of_type_name(type));
            exit(1);
        }
        send_segment(c, conn, sent_by_switch(type), TCP_PUSH | TCP_ACK, bytes.data, bytes.len);
        arena_reset(g->arena);
    }
    printf("%s %s%s%s %d\n", of_version_name(g->version), of_type_name(type), is_mp ? "/" : "",
           is_mp ? of_mp_type_name(mp) : "", count);
    buf_fini(&bytes);
    buf_fini(&quoted);
}

static void send_version(struct capture *c, uint8_t version, int count)
{
    struct connection conn = {(uint16_t)(40000 + version), {1000, 5000}};
    struct arena arena = ARENA_INIT;
    struct of_gen g = of_gen_init(2385u + version, version, &arena);

    open_connection(c, &conn);
    for (unsigned t = 0; t < OF_N_TYPES; t++) {
        bool is_mp = t == OF_MULTIPART_REQUEST || t == OF_MULTIPART_REPLY;

        for (unsigned mp = 0; mp < (is_mp ? OF_N_MP_TYPES : 1); mp++) {
            if (of_gen_has_type(version, (enum of_type)t) &&
                (!is_mp || of_gen_has_mp_type(version, (enum of_mp_type)mp))) {
                send_kind(c, &conn, &g, (enum of_type)t, (enum of_mp_type)mp, count);
            }
        }
    }
    arena_fini(&arena);
}

int main(int argc, char **argv)
{
    struct capture c = {.frame = BUF_INIT};
    bool failed;

    if (argc != 3 || !(c.file = fopen(argv[1], "wb"))) {
        fprintf(stderr, "usage: of_emit_pcap FILE COUNT\n");
        return 2;
    }
    put_file_header(c.file);
    send_version(&c, OF_VERSION_1_0, atoi(argv[2]));
    send_version(&c, OF_VERSION_1_3, atoi(argv[2]));
    send_version(&c, OF_VERSION_1_4, atoi(argv[2]));
    send_version(&c, OF_VERSION_1_5, atoi(argv[2]));
    buf_fini(&c.frame);
    failed = ferror(c.file) != 0;
    return fclose(c.file) || failed;
}
