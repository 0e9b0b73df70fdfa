/* Attacks on the live driver by peers that hold a connection, each by its usual name, and what comes
 * of it: the attacker is limited or closed, memory stays bounded, and a switch beside it is served
 * as if nothing were. Time is the test's own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/base/alloc.h"
#include "controller/core/datapath.h"
#include "controller/core/flowdb.h"
#include "controller/core/txn.h"
#include "controller/packet/pkt_build.h"
#include "tests/live/fixture.h"

#define ANY_PORT "127.0.0.1:0"
#define TX_LIMIT 100000

static struct fixture f;
static struct peer good, bad;

static void begin_with(const struct live_params *params, const struct core_settings *settings)
{
    fixture_init(&f, params, settings);
    peer_connect_socket(&good, &f, "192.0.2.1:1");
    peer_handshake(&good, OF_VERSION_1_3, 0xa);
}

static void begin(const struct live_params *params)
{
    begin_with(params, NULL);
}

static void end(void)
{
    peer_close(&good);
    fixture_fini(&f);
}

static bool is_up(dpid_t dpid)
{
    const struct datapath *dp = datapath_find(f.ctl, dpid);

    return dp && datapath_is_ready(dp);
}

/* --- Packet-in flood -------------------------------------------------------------------------- */

static void build_packet_in(struct buf *out)
{
    static const struct pkt_ends4 ends = {.eth_dst = {{2, 0, 0, 0, 0, 0xb}},
                                          .eth_src = {{2, 0, 0, 0, 0, 0xa}},
                                          .src = 0x0a000001,
                                          .dst = 0x0a000002};
    struct of_msg msg = {.version = OF_VERSION_1_3, .type = OF_PACKET_IN};
    static const uint8_t payload[18];
    struct buf frame = BUF_INIT;

    pkt_build_udp4(&frame, &ends, 4242, 4242, payload, sizeof payload);
    msg.packet_in.buffer_id = OF_NO_BUFFER;
    msg.packet_in.total_len = (uint16_t)frame.len;
    msg.packet_in.in_port = 1;
    of_match_clear(&msg.packet_in.match);
    OF_MATCH_SET(&msg.packet_in.match, IN_PORT, in_port, 1);
    msg.packet_in.data = (struct of_bytes){frame.data, frame.len};
    assert_int_equal(of_encode(&msg, out), ERR_OK);
    buf_fini(&frame);
}

/* Writes whole messages until the socket takes no more. */
static void fill(int fd, const struct buf *message)
{
    size_t n = 512;
    uint8_t *many = xcalloc(n, message->len);
    ssize_t sent;

    for (size_t i = 0; i < n; i++) {
        memcpy(many + i * message->len, message->data, message->len);
    }
    do {
        sent = send(fd, many, n * message->len, MSG_NOSIGNAL);
    } while (sent == (ssize_t)(n * message->len));
    if (sent > 0 && sent % (ssize_t)message->len) { /* The end of the one that was cut. */
        size_t left = message->len - (size_t)sent % message->len;

        while (left) {
            ssize_t more = send(fd, message->data + message->len - left, left, MSG_NOSIGNAL);

            left -= more > 0 ? (size_t)more : 0;
            if (more < 0) {
                live_turn(f.live, false);
            }
        }
    }
    free(many);
}

/* One turn in which the good switch asks for an echo; returns how many other frames were handled
 * before its answer was there. */
static uint64_t frames_beside_an_echo(uint32_t xid)
{
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = xid};
    uint64_t before = live_counters(f.live)->frames_in;
    struct buf out = BUF_INIT;
    struct of_msg msg;

    assert_int_equal(of_encode(&echo, &out), ERR_OK);
    assert_int_equal(send(good.fd, out.data, out.len, 0), out.len);
    buf_fini(&out);
    live_turn(f.live, false);
    peer_expect(&good, OF_ECHO_REPLY, &msg);
    assert_int_equal(msg.xid, xid);
    return live_counters(f.live)->frames_in - before - 1;
}

static void flood_beside_echoes(const struct buf *message, int n_floods, uint64_t most)
{
    struct peer flood[20];

    begin(NULL);
    for (int i = 0; i < n_floods; i++) {
        peer_connect_socket(&flood[i], &f, "198.51.100.66:6");
        peer_handshake(&flood[i], OF_VERSION_1_3, 0xb0 + (dpid_t)i);
    }
    for (uint32_t turn = 0; turn < 300; turn++) {
        uint64_t n;

        for (int i = 0; i < n_floods; i++) {
            fill(flood[i].fd, message);
        }
        n = frames_beside_an_echo(turn);
        assert_true(n > 0);
        if (turn) { /* What a switch can do that nobody has known as greedy is bounded by its read. */
            assert_in_range(n, 1, most);
        }
        if (turn % 50 == 0) {
            fixture_advance(&f, 100); /* The flood goes on, the world too. */
        }
    }
    assert_true(is_up(0xa));
    for (int i = 0; i < n_floods; i++) {
        assert_true(is_up(0xb0 + (dpid_t)i));
        peer_close(&flood[i]);
    }
    end();
}

/* Between two services of the quiet switch the flood gets at most so many messages through, whatever
 * the messages and however many flood. */
static void packet_in_flood(void **state)
{
    struct buf message = BUF_INIT;

    (void)state;
    build_packet_in(&message);
    flood_beside_echoes(&message, 1, 128);
    flood_beside_echoes(&message, 20, 20 * 64);
    buf_fini(&message);
}

static void flood_of_shortest_messages(void **state)
{
    static uint8_t echo_reply[] = {OF_VERSION_1_3, 3, 0, 8, 0, 0, 0, 7};
    struct buf message = {.data = echo_reply, .len = sizeof echo_reply};

    (void)state;
    flood_beside_echoes(&message, 1, 128);
}

/* Alone, a switch at full speed is read in large pieces. */
static void flood_without_company(void **state)
{
    struct buf message = BUF_INIT;
    uint64_t before, turns;

    (void)state;
    fixture_init(&f, NULL, NULL);
    build_packet_in(&message);
    peer_connect_socket(&bad, &f, "198.51.100.66:6");
    peer_handshake(&bad, OF_VERSION_1_3, 0xb);
    fill(bad.fd, &message);
    live_turn(f.live, false);
    before = live_counters(f.live)->frames_in;
    turns = live_counters(f.live)->turns;
    for (int i = 0; i < 10; i++) {
        fill(bad.fd, &message);
        live_turn(f.live, false);
    }
    assert_true(
        (live_counters(f.live)->frames_in - before) / (live_counters(f.live)->turns - turns) > 500);
    peer_close(&bad);
    buf_fini(&message);
    fixture_fini(&f);
}

/* --- Slow reader ------------------------------------------------------------------------------ */

static struct flow_spec entry(struct of_action *out, unsigned i)
{
    struct flow_spec spec = {.priority = 2385, .cookie = flow_cookie(1, i)};

    *out = of_output(2);
    OF_MATCH_SET(&spec.match, ETH_DST, eth_dst, eth_addr_from_u64(0x020000000000 | i));
    spec.ins = of_apply(out, 1);
    return spec;
}

static void want_entry(dpid_t dpid, unsigned i)
{
    struct txn *txn = txn_begin(f.ctl);
    struct of_action out;
    struct flow_spec spec = entry(&out, i);

    txn_add(txn, 0, dpid, &spec);
    txn_commit(txn, NULL, NULL);
}

static enum err send_frame(dpid_t dpid)
{
    static const uint8_t frame[1000];
    struct of_action out = of_output(1);

    return datapath_packet_out(datapath_find(f.ctl, dpid), OF_PORT_CONTROLLER, OF_NO_BUFFER, &out,
                               1, frame, sizeof frame);
}

static void connect_bad(void)
{
    peer_connect_socket(&bad, &f, "198.51.100.66:6");
    peer_handshake(&bad, OF_VERSION_1_3, 0xb);
    assert_true(is_up(0xb));
}

/* The controller has frames and entries for the bad switch, every 100 ms until it is closed, for 60 s
 * at most; the switch reads 'n_read' bytes a second. Returns how many entries were wanted. */
static unsigned load_slow_reader(size_t n_read)
{
    uint8_t bytes[16];
    unsigned i;

    for (i = 0; i < 600 && is_up(0xb); i++) {
        for (int k = 0; k < 50; k++) {
            (void)send_frame(0xb);
        }
        want_entry(0xb, i);
        assert_true(live_queued_bytes(f.live) <= TX_LIMIT);
        if (n_read && i % 10 == 9) {
            assert_int_equal(recv(bad.fd, bytes, n_read, 0), n_read);
        }
        fixture_advance(&f, 100 * NS_PER_MS);
        peer_answer(&good, 0xa, OF_ECHO_REQUEST);
        frames_beside_an_echo(i);
    }
    return i;
}

/* Everything that a stuck switch was to have is on it after it has come back: nothing that changes it
 * was dropped silently. */
static void check_reconciled(unsigned n_wanted)
{
    struct of_msg hello = {.version = OF_VERSION_1_3, .type = OF_HELLO, .xid = 1};
    unsigned n = 0;

    peer_close(&bad);
    peer_connect_socket(&bad, &f, "198.51.100.66:6");
    peer_send(&bad, &hello);
    for (int rounds = 0; rounds < 10; rounds++) {
        n += peer_answer(&bad, 0xb, OF_FLOW_MOD);
        fixture_settle(&f);
    }
    assert_true(is_up(0xb));
    assert_in_range(n, n_wanted, n_wanted + 2); /* And the core's own. */
    assert_int_equal(flowdb_size(f.ctl, 0xb).n_confirmed, flowdb_size(f.ctl, 0xb).n_entries);
    peer_close(&bad);
}

static void check_slow_reader(size_t n_read)
{
    struct core_settings settings = core_settings_default();
    struct live_params params = {.tx_limit_bytes = TX_LIMIT, .stuck_ns = 12 * NS_PER_S};
    unsigned n;

    settings.barrier_timeout_ns = settings.echo_interval_ns = 3600 * NS_PER_S;
    begin_with(&params, &settings);
    connect_bad();
    n = load_slow_reader(n_read);
    assert_in_range(n, 100, 300); /* Steps: not before 10 s, and not after 30. */
    assert_int_equal(live_counters(f.live)->connections_stuck, 1);
    assert_true(fixture_logged(&f, "198.51.100.66:6: it does not read what it is sent"));
    assert_true(live_counters(f.live)->sends_refused > 0);
    assert_true(is_up(0xa));
    check_reconciled(n);
    end();
}

static void reader_that_never_reads(void **state)
{
    (void)state;
    check_slow_reader(0);
}

static void reader_of_one_byte_a_second(void **state)
{
    (void)state;
    check_slow_reader(1);
}

/* With the defaults the core notices first that barriers are not answered, or echoes. */
static void slow_reader_with_defaults(void **state)
{
    (void)state;
    begin(&(struct live_params){.tx_limit_bytes = TX_LIMIT});
    connect_bad();
    check_reconciled(load_slow_reader(0));
    end();
}

/* When the queue drains before it is too late, what was held back follows, and nothing is closed. */
static void reader_that_pauses(void **state)
{
    unsigned n = 0, n_wanted = 0;

    (void)state;
    begin(&(struct live_params){.tx_limit_bytes = TX_LIMIT});
    connect_bad();
    while (send_frame(0xb) == ERR_OK) {
        live_turn(f.live, false);
    }
    for (; n_wanted < 700; n_wanted++) { /* More than the reserve holds. */
        want_entry(0xb, n_wanted);
    }
    fixture_advance(&f, NS_PER_S);
    assert_true(live_queued_bytes(f.live) <= TX_LIMIT);
    for (int i = 0; i < 40; i++) {
        n += peer_answer(&bad, 0xb, OF_FLOW_MOD);
        fixture_advance(&f, 100 * NS_PER_MS);
    }
    assert_true(is_up(0xb));
    assert_true(n >= n_wanted);
    assert_int_equal(flowdb_size(f.ctl, 0xb).n_confirmed, flowdb_size(f.ctl, 0xb).n_entries);
    assert_int_equal(live_counters(f.live)->connections_closed, 0);
    peer_close(&bad);
    end();
}

/* --- Slow writer ------------------------------------------------------------------------------ */

/* Slow loris: a message that comes byte by byte and never ends. */
static void slow_writer(void **state)
{
    static const uint8_t head[] = {OF_VERSION_1_3, 2, 0xff, 0xff, 0, 0, 0, 1};

    (void)state;
    begin(NULL);
    connect_bad();
    for (int i = 0; i < 20 && is_up(0xb); i++) {
        uint8_t byte = i < 8 ? head[i] : 0x5a;

        assert_int_equal(send(bad.fd, &byte, 1, MSG_NOSIGNAL), 1);
        fixture_advance(&f, NS_PER_S);
        peer_answer(&good, 0xa, OF_ECHO_REQUEST);
        frames_beside_an_echo((uint32_t)i);
        assert_int_equal(is_up(0xb), i < 10);
    }
    assert_int_equal(live_counters(f.live)->frames_late, 1);
    assert_true(fixture_logged(&f, "198.51.100.66:6: a message that began has not become whole"));
    peer_close(&bad);
    end();
}

/* Before the hello it is the same: no more time is had by sending little. */
static void slow_writer_before_hello(void **state)
{
    (void)state;
    begin(NULL);
    peer_connect_socket(&bad, &f, "198.51.100.66:6");
    for (int i = 0; i < 11; i++) {
        (void)send(bad.fd, "\x04", 1, MSG_NOSIGNAL);
        fixture_advance(&f, NS_PER_S);
    }
    assert_int_equal(live_n_connections(f.live), 1);
    peer_close(&bad);
    end();
}

/* A slow line is no attack: messages in two halves, each whole in time, go on for ever. */
static void slow_line(void **state)
{
    static const uint8_t echo[] = {OF_VERSION_1_3, 3, 0, 8, 0, 0, 0, 7};

    (void)state;
    begin(NULL);
    connect_bad();
    for (int i = 0; i < 60; i++) {
        /* The end of the one before and the beginning of the next. */
        (void)send(bad.fd, echo + 3, i ? 5 : 0, 0);
        (void)send(bad.fd, echo, 3, 0);
        fixture_advance(&f, 3 * NS_PER_S);
        peer_answer(&good, 0xa, OF_ECHO_REQUEST);
        fixture_settle(&f);
        assert_true(is_up(0xb));
    }
    assert_int_equal(live_counters(f.live)->frames_late, 0);
    peer_close(&bad);
    end();
}

/* --- Connections ------------------------------------------------------------------------------ */

/* Room for 'n' connections and their other ends. */
static void allow_files(rlim_t n)
{
    struct rlimit limit;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_cur < 2 * n + 64) {
        limit.rlim_cur = 2 * n + 64;
        assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    }
}

/* Connections that say nothing take their address's places and nobody else's, and not for long. */
static void half_open_connections(void **state)
{
    enum { N = 200 };
    struct live_params params = {.max_newcomers = 40};
    struct peer silent[N];
    uint16_t port;

    (void)state;
    begin(&params);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    port = live_port(f.live, ANY_PORT);
    for (int i = 0; i < N; i++) {
        peer_connect_port(&silent[i], &f, port);
        fixture_settle(&f);
    }
    assert_int_equal(live_n_connections(f.live), 41);
    assert_int_equal(live_counters(f.live)->connections_refused, N - 40);
    assert_true(fixture_logged(&f, "too many from its address have not said who they are"));
    peer_connect_socket(&bad, &f, "203.0.113.9:7"); /* Another address. */
    peer_handshake(&bad, OF_VERSION_1_3, 0xb);
    assert_true(is_up(0xb));
    for (int i = 0; i < 12; i++) {
        fixture_advance(&f, NS_PER_S);
        peer_answer(&good, 0xa, OF_ECHO_REQUEST);
        peer_answer(&bad, 0xb, OF_ECHO_REQUEST);
        frames_beside_an_echo((uint32_t)i);
    }
    assert_int_equal(live_n_connections(f.live), 2);
    for (int i = 0; i < N; i++) {
        peer_close(&silent[i]);
    }
    peer_connect_port(&silent[0], &f, port); /* Its places are free again. */
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 3);
    peer_close(&silent[0]);
    peer_close(&bad);
    end();
}

/* Connections come in at the rate that is allowed however many want to. */
static void connection_flood(void **state)
{
    enum { N = 300 };
    struct live_params params = {.accept_per_s = 100, .accept_burst = 10, .seed = 2385};
    struct peer flood[N];
    size_t before;

    (void)state;
    begin(&params);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    for (int i = 0; i < N; i++) {
        peer_connect_port(&flood[i], &f, live_port(f.live, ANY_PORT));
    }
    frames_beside_an_echo(1);
    assert_int_equal(live_n_connections(f.live), 1 + 10);
    for (uint32_t i = 0; i < 10; i++) {
        before = live_n_connections(f.live);
        fixture_advance(&f, 200 * NS_PER_MS);
        frames_beside_an_echo(i);
        assert_in_range(live_n_connections(f.live) - before, 15, 30);
    }
    fixture_advance(&f, 2 * NS_PER_S);
    assert_int_equal(live_n_connections(f.live), 1 + N); /* Nobody was turned away. */
    assert_int_equal(live_counters(f.live)->connections_refused, 0);
    assert_true(live_counters(f.live)->accept_pauses > 10);
    for (int i = 0; i < N; i++) {
        peer_close(&flood[i]);
    }
    end();
}

/* Two thousand switches that reconnect at once are all up within seconds, and the one that was
 * connected notices nothing. */
static void reconnect_storm(void **state)
{
    enum { N = 2000 };
    struct live_params params = {.accept_per_s = 1000, .accept_burst = 256, .max_newcomers = N};
    struct of_msg hello = {.version = OF_VERSION_1_3, .type = OF_HELLO, .xid = 1};
    struct peer *storm = xcalloc(N, sizeof *storm);
    struct buf out = BUF_INIT;
    unsigned steps = 0, n_up = 0;

    (void)state;
    allow_files(N);
    begin(&params);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    assert_int_equal(of_encode(&hello, &out), ERR_OK);
    for (size_t i = 0; i < N; i++) {
        peer_connect_port(&storm[i], &f, live_port(f.live, ANY_PORT));
        assert_int_equal(send(storm[i].fd, out.data, out.len, MSG_NOSIGNAL), out.len);
    }
    for (; n_up < N && steps < 100; steps++) {
        n_up = 0;
        for (size_t i = 0; i < N; i++) {
            peer_answer(&storm[i], 0x1000 + i, OF_ECHO_REQUEST);
            n_up += is_up(0x1000 + i);
        }
        fixture_advance(&f, 100 * NS_PER_MS);
        peer_answer(&good, 0xa, OF_ECHO_REQUEST);
        frames_beside_an_echo(steps);
    }
    assert_int_equal(n_up, N);
    assert_in_range(steps, 15, 50); /* 1 744 at a thousand a second, with pauses: 5 s at most. */
    assert_int_equal(live_counters(f.live)->connections_refused, 0);
    for (size_t i = 0; i < N; i++) {
        close(storm[i].fd);
        buf_fini(&storm[i].rx);
    }
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 1);
    buf_fini(&out);
    free(storm);
    end();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(packet_in_flood),
        cmocka_unit_test(flood_of_shortest_messages),
        cmocka_unit_test(flood_without_company),
        cmocka_unit_test(reader_that_never_reads),
        cmocka_unit_test(reader_of_one_byte_a_second),
        cmocka_unit_test(slow_reader_with_defaults),
        cmocka_unit_test(reader_that_pauses),
        cmocka_unit_test(slow_writer),
        cmocka_unit_test(slow_writer_before_hello),
        cmocka_unit_test(slow_line),
        cmocka_unit_test(half_open_connections),
        cmocka_unit_test(connection_flood),
        cmocka_unit_test(reconnect_storm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
