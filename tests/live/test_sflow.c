/* The sFlow socket: datagrams reach the core, bad ones and floods harm nobody. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/live/live_sflow.h"
#include "controller/packet/pkt_sflow.h"
#include "tests/live/fixture.h"

static struct fixture f;

static int connect_to(uint16_t port)
{
    struct sockaddr_in sin = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_DGRAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    return fd;
}

static void send_empty(int fd, unsigned n)
{
    static const struct pkt_sflow sf = {.agent = 0x7f000001};
    struct buf b = BUF_INIT;

    pkt_build_sflow(&b, &sf);
    for (unsigned i = 0; i < n; i++) {
        assert_int_equal(send(fd, b.data, b.len, 0), b.len);
    }
    buf_fini(&b);
}

static void test_takes_datagrams(void **state)
{
    static const uint8_t big[20000];
    int fd;

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_sflow_port(f.live), 0);
    assert_int_equal(live_sflow_start(f.live, "127.0.0.1:0"), ERR_OK);
    assert_true(fixture_logged(&f, "taking sFlow datagrams on 127.0.0.1:"));
    fd = connect_to(live_sflow_port(f.live));
    send_empty(fd, 1);
    assert_int_equal(send(fd, "junk", 4, 0), 4);
    assert_int_equal(send(fd, "", 0, 0), 0);
    assert_int_equal(send(fd, big, sizeof big, 0), sizeof big);
    fixture_settle(&f);
    assert_int_equal(live_counters(f.live)->sflow_datagrams, 4);
    assert_int_equal(live_counters(f.live)->sflow_too_long, 1);
    assert_int_equal(ctl_counters(f.ctl)->sflow_datagrams, 3);
    assert_int_equal(ctl_counters(f.ctl)->sflow_bad, 2);
    close(fd);
    fixture_fini(&f);
}

/* A turn takes so many and no more, so that switches get their share. */
static void test_flood_waits(void **state)
{
    int fd;

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_sflow_start(f.live, "127.0.0.1:0"), ERR_OK);
    fd = connect_to(live_sflow_port(f.live));
    send_empty(fd, 100);
    live_turn(f.live, false);
    assert_int_equal(ctl_counters(f.ctl)->sflow_datagrams, 64);
    live_turn(f.live, false);
    assert_int_equal(ctl_counters(f.ctl)->sflow_datagrams, 100);
    close(fd);
    fixture_fini(&f);
}

static void test_addresses(void **state)
{
    char taken[32];
    int fd;

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_sflow_start(f.live, "nowhere"), ERR_SYNTAX);
    assert_true(fixture_logged(&f, "nowhere: no address to take sFlow datagrams on"));
    assert_int_equal(live_sflow_start(f.live, "127.0.0.1:0"), ERR_OK);
    fd = connect_to(live_sflow_port(f.live));
    snprintf(taken, sizeof taken, "192.0.2.1:%u", live_sflow_port(f.live));
    assert_int_equal(live_sflow_start(f.live, taken), ERR_IO); /* Not an address of ours. */
    assert_true(fixture_logged(&f, "cannot take sFlow datagrams on 192.0.2.1:"));
    assert_int_equal(live_sflow_port(f.live), 0);
    assert_int_equal(live_sflow_start(f.live, "[::1]:0"), ERR_OK);
    live_sflow_stop(f.live);
    live_sflow_stop(f.live);
    close(fd);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_takes_datagrams),
        cmocka_unit_test(test_flood_waits),
        cmocka_unit_test(test_addresses),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
