/* Connections of the live driver: what a switch sends reaches the core, what the core sends reaches
 * the switch, and what a bad peer does is answered, counted, logged, and nobody else's business. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include <event2/bufferevent.h>
#include <event2/event.h>

#include "controller/core/datapath.h"
#include "tests/live/fixture.h"

static struct fixture f;
static struct peer sw;

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f, NULL, NULL);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

typedef void connect_fn(struct peer *p, struct fixture *f, const char *name);

/* Both transports must behave alike. */
static connect_fn *const connects[] = {peer_connect, peer_connect_socket};
#define N_TRANSPORTS (sizeof connects / sizeof connects[0])

static void check_handshake(connect_fn *connect, uint8_t version, dpid_t dpid)
{
    struct of_msg msg;

    connect(&sw, &f, "10.0.0.7:4711");
    peer_expect(&sw, OF_HELLO, &msg);
    assert_int_equal(msg.version, OF_VERSION_1_5);
    peer_handshake(&sw, version, dpid);
    assert_non_null(datapath_find(f.ctl, dpid));
    assert_true(datapath_is_ready(datapath_find(f.ctl, dpid)));
    assert_int_equal(datapath_version(datapath_find(f.ctl, dpid)), version);
    assert_string_equal(datapath_peer(datapath_find(f.ctl, dpid)), "10.0.0.7:4711");
    peer_close(&sw);
    assert_false(datapath_is_ready(datapath_find(f.ctl, dpid)));
    assert_int_equal(live_n_connections(f.live), 0);
}

static void test_handshake(void **state)
{
    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        check_handshake(connects[i], OF_VERSION_1_0, 0xa0 + i);
        check_handshake(connects[i], OF_VERSION_1_3, 0xb0 + i);
    }
    assert_int_equal(live_counters(f.live)->connections_opened, 4);
    assert_int_equal(live_counters(f.live)->connections_closed, 4);
}

/* Messages that come byte by byte and messages that come all at once are the same messages. */
static void test_any_cut(void **state)
{
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 0x2385};
    struct buf many = BUF_INIT;
    struct of_msg msg;

    (void)state;
    echo.echo = (struct of_bytes){(const uint8_t *)"tambo", 5};
    for (int i = 0; i < 700; i++) {
        echo.xid++;
        assert_int_equal(of_encode(&echo, &many), ERR_OK);
    }
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        uint32_t xid = 0x2385;

        connects[i](&sw, &f, "sw");
        peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
        for (size_t at = 0; at < 100; at++) {
            peer_send_bytes(&sw, many.data + at, 1);
        }
        peer_send_bytes(&sw, many.data + 100, many.len - 100);
        for (int n = 0; n < 700; n++) {
            peer_expect(&sw, OF_ECHO_REPLY, &msg);
            assert_int_equal(msg.xid, ++xid);
            assert_memory_equal(msg.echo.data, "tambo", 5);
        }
        peer_close(&sw);
    }
    buf_fini(&many);
}

/* Messages in one read that are too many for a turn, and the end of the stream behind them: all are
 * heard before it. */
static void test_many_and_end(void **state)
{
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 0x2385};
    struct buf many = BUF_INIT;

    (void)state;
    for (int i = 0; i < 700; i++) {
        assert_int_equal(of_encode(&echo, &many), ERR_OK);
    }
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        uint64_t before;

        connects[i](&sw, &f, "sw");
        peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
        before = live_counters(f.live)->frames_in;
        if (sw.bev) {
            assert_int_equal(bufferevent_write(sw.bev, many.data, many.len), 0);
            bufferevent_flush(sw.bev, EV_WRITE, BEV_FINISHED);
        } else {
            assert_int_equal(send(sw.fd, many.data, many.len, MSG_NOSIGNAL), many.len);
            shutdown(sw.fd, SHUT_WR);
        }
        fixture_settle(&f);
        assert_int_equal(live_counters(f.live)->frames_in - before, 700);
        peer_close(&sw);
        assert_int_equal(live_n_connections(f.live), 0);
    }
    buf_fini(&many);
}

static void expect_error(struct peer *p, enum of_err err)
{
    struct of_msg msg;

    peer_await(p, OF_ERROR, &msg);
    assert_int_equal(msg.error.err, err);
}

static void test_length_below_header(void **state)
{
    static const uint8_t bad[16] = {OF_VERSION_1_3, 2, 0, 7, 0, 0, 0, 9};

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        connects[i](&sw, &f, "192.0.2.9:1234");
        peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
        peer_send_bytes(&sw, bad, sizeof bad);
        expect_error(&sw, OF_ERR_BAD_LEN);
        assert_true(peer_is_closed(&sw));
        assert_false(datapath_is_ready(datapath_find(f.ctl, 0xa1)));
        peer_close(&sw);
        assert_int_equal(live_counters(f.live)->streams_bad, i + 1);
        assert_int_equal(live_n_connections(f.live), 0);
    }
    assert_true(fixture_logged(&f, "192.0.2.9:1234: a message of 7 bytes"));
}

/* Zeros before any hello: the same, in the version that we greeted with. */
static void test_zeros(void **state)
{
    static const uint8_t zeros[64];

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        connects[i](&sw, &f, "sw");
        peer_send_bytes(&sw, zeros, sizeof zeros);
        expect_error(&sw, OF_ERR_BAD_LEN);
        assert_true(peer_is_closed(&sw));
        peer_close(&sw);
    }
}

/* A web browser: its first bytes look like a message of 21 kB that never comes. The handshake's
 * time-out ends it, not earlier. */
static void test_half_message(void **state)
{
    static const char http[] = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        connects[i](&sw, &f, "198.51.100.3:80");
        peer_send_bytes(&sw, http, sizeof http - 1);
        fixture_advance(&f, 10 * NS_PER_S - 1);
        assert_false(peer_is_closed(&sw));
        assert_int_equal(live_n_connections(f.live), 1);
        fixture_advance(&f, 1);
        fixture_advance(&f, NS_PER_S); /* The time to linger. */
        assert_int_equal(live_n_connections(f.live), 0);
        peer_close(&sw);
    }
    assert_true(fixture_logged(&f, "198.51.100.3:80"));
}

/* The rest of a message that never comes, in the middle of a session: the echo ends it. */
static void test_half_message_when_ready(void **state)
{
    static const uint8_t half[] = {OF_VERSION_1_3, 10, 0xff, 0xff, 0, 0, 0, 1, 2, 3};

    (void)state;
    peer_connect(&sw, &f, "sw");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    peer_send_bytes(&sw, half, sizeof half);
    fixture_advance(&f, 60 * NS_PER_S);
    assert_int_equal(live_n_connections(f.live), 0);
    assert_false(datapath_is_ready(datapath_find(f.ctl, 0xa1)));
    peer_close(&sw);
}

static void test_wrong_version(void **state)
{
    static const uint8_t hello_0x02[] = {2, 0, 0, 8, 0, 0, 0, 1};
    struct of_msg other = {.version = OF_VERSION_1_0, .type = OF_BARRIER_REPLY, .xid = 5};

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        connects[i](&sw, &f, "203.0.113.5:99");
        /* "Up to 1.1", without a bitmap: the smaller of both, which we do not speak (§6.3.1). */
        peer_send_bytes(&sw, hello_0x02, sizeof hello_0x02);
        expect_error(&sw, OF_ERR_HELLO_INCOMPATIBLE);
        assert_true(peer_is_closed(&sw));
        peer_close(&sw);

        connects[i](&sw, &f, "sw");
        peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
        peer_send(&sw, &other);
        expect_error(&sw, OF_ERR_BAD_VERSION);
        peer_close(&sw);
    }
    assert_true(fixture_logged(&f, "203.0.113.5:99"));
}

static void test_wrong_state(void **state)
{
    struct of_msg early = {.version = OF_VERSION_1_3, .type = OF_BARRIER_REPLY, .xid = 5};
    uint64_t bad;

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        bad = ctl_counters(f.ctl)->messages_bad;
        connects[i](&sw, &f, "203.0.113.6:99");
        peer_send(&sw, &early);
        assert_true(ctl_counters(f.ctl)->messages_bad > bad);
        assert_true(fixture_logged(&f, "203.0.113.6:99"));
        peer_close(&sw);
    }
}

static size_t count_logged(const char *text)
{
    size_t n = 0;

    for (const char *at = f.lines; (at = strstr(at, text)); at++) {
        n++;
    }
    return n;
}

/* Garbage on one connection and ordinary life on another one. */
static void test_others_undisturbed(void **state)
{
    static const uint8_t zeros[32];
    struct of_msg echo = {.version = OF_VERSION_1_0, .type = OF_ECHO_REQUEST, .xid = 1};
    struct peer good;
    struct of_msg msg;

    (void)state;
    peer_connect(&good, &f, "good");
    peer_handshake(&good, OF_VERSION_1_0, 0xa1);
    for (uint32_t n = 0; n < 200; n++) {
        connects[n % 2](&sw, &f, "192.0.2.66:6");
        peer_send_bytes(&sw, zeros, sizeof zeros);
        peer_close(&sw);
        echo.xid++;
        peer_send(&good, &echo);
        peer_expect(&good, OF_ECHO_REPLY, &msg);
        assert_int_equal(msg.xid, echo.xid);
    }
    assert_int_equal(live_counters(f.live)->streams_bad, 200);
    assert_int_equal(live_n_connections(f.live), 1);
    /* No time has passed, so the limit has let its burst through and no more. */
    assert_int_equal(count_logged("live: 192.0.2.66:6: a message of 0 bytes"), 10);
    assert_true(datapath_is_ready(datapath_find(f.ctl, 0xa1)));
    peer_close(&good);
}

/* --- Output ----------------------------------------------------------------------------------- */

static enum err send_packet_out(struct datapath *dp)
{
    static const uint8_t frame[1000];
    struct of_action out = of_output(1);

    return datapath_packet_out(dp, OF_PORT_CONTROLLER, OF_NO_BUFFER, &out, 1, frame, sizeof frame);
}

/* A switch that does not read fills its queue and nobody's else; what was refused was not sent, what
 * was accepted arrives whole. */
static void test_slow_reader(void **state)
{
    struct datapath *dp;
    struct of_msg msg;
    size_t n_accepted = 0, n_received = 0;
    enum err err;

    (void)state;
    live_set_limits(f.live, &(struct live_params){.tx_limit_bytes = 100000, .max_connections = 10});
    peer_connect(&sw, &f, "slow");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    dp = datapath_find(f.ctl, 0xa1);
    peer_listen(&sw, false);
    while ((err = send_packet_out(dp)) == ERR_OK) {
        n_accepted++;
        if (n_accepted % 7 == 0) {
            fixture_settle(&f);
        }
    }
    assert_int_equal(err, ERR_FULL);
    assert_in_range(n_accepted, 70, 75); /* A quarter is kept for what changes something. */
    assert_int_equal(live_counters(f.live)->sends_refused, 1);
    peer_listen(&sw, true);
    fixture_settle(&f);
    while (peer_receive(&sw, &msg)) {
        assert_int_equal(msg.type, OF_PACKET_OUT);
        assert_int_equal(msg.packet_out.data.len, 1000);
        n_received++;
    }
    assert_int_equal(n_received, n_accepted);
    assert_int_equal(send_packet_out(dp), ERR_OK);
    peer_close(&sw);
}

/* The same on a socket, whose own buffers are larger than our limit. */
static void test_slow_socket(void **state)
{
    struct of_msg msg;
    size_t n_accepted = 0, n_received = 0;

    (void)state;
    live_set_limits(f.live, &(struct live_params){.tx_limit_bytes = 100000, .max_connections = 10});
    peer_connect_socket(&sw, &f, "slow");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    while (send_packet_out(datapath_find(f.ctl, 0xa1)) == ERR_OK) {
        n_accepted++;
        fixture_settle(&f);
    }
    while (peer_receive(&sw, &msg)) {
        n_received++;
        fixture_settle(&f);
    }
    assert_int_equal(n_received, n_accepted);
    peer_close(&sw);
}

/* While its queue is more than half full a switch is not listened to; then it is again. */
static void test_back_pressure(void **state)
{
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 1};
    uint64_t frames;
    struct of_msg msg;

    (void)state;
    live_set_limits(f.live, &(struct live_params){.tx_limit_bytes = 100000, .max_connections = 10});
    peer_connect(&sw, &f, "slow");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    peer_listen(&sw, false);
    for (int i = 0; i < 60; i++) {
        assert_int_equal(send_packet_out(datapath_find(f.ctl, 0xa1)), ERR_OK);
    }
    fixture_settle(&f);
    frames = live_counters(f.live)->frames_in;
    peer_send(&sw, &echo);
    assert_int_equal(live_counters(f.live)->frames_in, frames);
    peer_listen(&sw, true);
    fixture_settle(&f);
    assert_int_equal(live_counters(f.live)->frames_in, frames + 1);
    peer_await(&sw, OF_ECHO_REPLY, &msg);
    peer_close(&sw);
}

/* A peer that is gone in the middle of our output. */
static void test_peer_vanishes(void **state)
{
    struct datapath *dp;

    (void)state;
    for (size_t i = 0; i < N_TRANSPORTS; i++) {
        connects[i](&sw, &f, "sw");
        peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
        dp = datapath_find(f.ctl, 0xa1);
        for (int n = 0; n < 50; n++) {
            assert_int_equal(send_packet_out(dp), ERR_OK);
        }
        peer_close(&sw);
        assert_int_equal(live_n_connections(f.live), 0);
        assert_int_equal(send_packet_out(dp), ERR_STATE);
    }
}

/* --- The end ---------------------------------------------------------------------------------- */

/* What was sent before the stop arrives before the end of the stream. */
static void test_stop_flushes(void **state)
{
    struct peer other;
    struct of_msg msg;

    (void)state;
    peer_connect(&sw, &f, "one");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    peer_connect_socket(&other, &f, "two");
    peer_handshake(&other, OF_VERSION_1_0, 0xa2);
    assert_int_equal(send_packet_out(datapath_find(f.ctl, 0xa1)), ERR_OK);
    assert_int_equal(send_packet_out(datapath_find(f.ctl, 0xa2)), ERR_OK);
    live_stop(f.live);
    fixture_settle(&f);
    peer_expect(&sw, OF_PACKET_OUT, &msg);
    peer_expect(&other, OF_PACKET_OUT, &msg);
    assert_true(peer_is_closed(&sw));
    assert_true(peer_is_closed(&other));
    peer_close(&sw);
    peer_close(&other);
    live_run(f.live); /* Nothing is left, so it returns. */
    assert_int_equal(live_n_connections(f.live), 0);
}

/* A peer that never closes its side is waited for so long and no longer. */
static void test_stop_does_not_wait_for_ever(void **state)
{
    struct peer other;

    (void)state;
    peer_connect(&sw, &f, "one");
    peer_connect_socket(&other, &f, "two");
    live_stop(f.live);
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 2);
    f.time = mono_add(f.time, NS_PER_S);
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 0);
    peer_close(&sw);
    peer_close(&other);
}

static void stop_now(evutil_socket_t fd, short what, void *aux)
{
    (void)fd;
    (void)what;
    live_stop(aux);
}

/* A connection is lost in the very turn in which the controller stops: nobody is told of it, the core
 * least of all. Sockets are served in the order in which they have become ready. */
static void test_stop_while_a_peer_vanishes(void **state)
{
    uint64_t closed;
    int signal[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, signal), 0);
    peer_connect_socket(&sw, &f, "one");
    peer_handshake(&sw, OF_VERSION_1_0, 0xa1);
    event_base_once(live_base(f.live), signal[0], EV_READ, stop_now, f.live, NULL);
    closed = ctl_counters(f.ctl)->sessions_closed;
    shutdown(sw.fd, SHUT_RDWR);
    assert_int_equal(write(signal[1], "", 1), 1);
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 0);
    assert_int_equal(ctl_counters(f.ctl)->sessions_closed, closed);
    peer_close(&sw);
    close(signal[0]);
    close(signal[1]);
}

/* Packet-ins arrive in the very turn in which the controller stops: nobody looks at them, nor ahead at what
 * the core would need for them. */
static void test_stop_while_packets_come(void **state)
{
    uint8_t packet_in[18 + 60] = {OF_VERSION_1_0, 10, 0, sizeof packet_in};
    uint8_t many[40 * sizeof packet_in];
    uint64_t packet_ins;
    int signal[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, signal), 0);
    peer_connect_socket(&sw, &f, "one");
    peer_handshake(&sw, OF_VERSION_1_0, 0xa1);
    packet_ins = ctl_counters(f.ctl)->packet_ins;
    event_base_once(live_base(f.live), signal[0], EV_READ, stop_now, f.live, NULL);
    for (size_t i = 0; i < 40; i++) {
        memcpy(many + i * sizeof packet_in, packet_in, sizeof packet_in);
    }
    assert_int_equal(write(sw.fd, many, sizeof many), sizeof many);
    assert_int_equal(write(signal[1], "", 1), 1);
    fixture_settle(&f);
    assert_int_equal(ctl_counters(f.ctl)->packet_ins, packet_ins);
    peer_close(&sw);
    live_run(f.live);
    close(signal[0]);
    close(signal[1]);
}

/* live_free() with open connections in every state leaks nothing (the sanitizer looks). */
static void test_free_at_any_time(void **state)
{
    static const uint8_t zeros[32];
    struct peer other;

    (void)state;
    peer_connect(&sw, &f, "one");
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    peer_connect_socket(&other, &f, "two");
    peer_send_bytes(&other, zeros, sizeof zeros);
    assert_int_equal(send_packet_out(datapath_find(f.ctl, 0xa1)), ERR_OK);
    fixture_fini(&f);
    fixture_init(&f, NULL, NULL);
    sw.f = other.f = &f;
    peer_close(&other);
    peer_close(&sw);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_handshake),
        TEST(test_any_cut),
        TEST(test_many_and_end),
        TEST(test_length_below_header),
        TEST(test_zeros),
        TEST(test_half_message),
        TEST(test_half_message_when_ready),
        TEST(test_wrong_version),
        TEST(test_wrong_state),
        TEST(test_others_undisturbed),
        TEST(test_slow_reader),
        TEST(test_slow_socket),
        TEST(test_back_pressure),
        TEST(test_peer_vanishes),
        TEST(test_stop_flushes),
        TEST(test_stop_does_not_wait_for_ever),
        TEST(test_stop_while_a_peer_vanishes),
        TEST(test_stop_while_packets_come),
        TEST(test_free_at_any_time),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
