/* Listeners, limits, real time and signals of the live driver, on the loopback interface. */
#include <arpa/inet.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>
#include <cmocka.h>

#include "tests/live/fixture.h"

#define ANY_PORT "127.0.0.1:0"

static struct fixture f;

static int connect_to(uint16_t port)
{
    struct sockaddr_in sin = {
        .sin_family = AF_INET, .sin_port = htons(port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM, 0);

    assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof sin), 0);
    fixture_settle(&f);
    return fd;
}

/* Reads until 'len' bytes are there or the stream ends; returns how many. Blocks. */
static size_t read_all(int fd, uint8_t *out, size_t len)
{
    size_t n = 0;
    ssize_t r;

    while (n < len && (r = recv(fd, out + n, len - n, 0)) > 0) {
        n += (size_t)r;
    }
    return n;
}

static void test_listen_and_greet(void **state)
{
    uint8_t hello[16];
    int fd;

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    assert_true(fixture_logged(&f, "listening on 127.0.0.1:"));
    fd = connect_to(live_port(f.live, ANY_PORT));
    assert_int_equal(live_n_connections(f.live), 1);
    assert_int_equal(read_all(fd, hello, 8), 8);
    assert_int_equal(hello[0], OF_VERSION_1_5);
    assert_int_equal(hello[1], 0);
    close(fd);
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 0);
    assert_int_equal(live_unlisten(f.live, ANY_PORT), ERR_OK);
    assert_int_equal(live_unlisten(f.live, ANY_PORT), ERR_NOTFOUND);
    assert_int_equal(live_port(f.live, ANY_PORT), 0);
    fixture_fini(&f);
}

static void test_refuses_bad_addresses(void **state)
{
    char taken[32];

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_listen(f.live, "nowhere"), ERR_SYNTAX);
    assert_int_equal(live_listen(f.live, "192.0.2.1:6653"), ERR_IO);
    assert_true(fixture_logged(&f, "cannot listen on 192.0.2.1:6653: "));
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    snprintf(taken, sizeof taken, "127.0.0.1:%u", live_port(f.live, ANY_PORT));
    assert_int_equal(live_listen(f.live, taken), ERR_IO);
    assert_int_equal(live_listen(f.live, "[::1]:0"), ERR_OK);
    fixture_fini(&f);
}

static void test_connection_limit(void **state)
{
    struct live_params params = {.max_connections = 2};
    uint8_t byte;
    int fd[3];

    (void)state;
    fixture_init(&f, &params, NULL);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    for (int i = 0; i < 3; i++) {
        fd[i] = connect_to(live_port(f.live, ANY_PORT));
    }
    assert_int_equal(live_n_connections(f.live), 2);
    assert_int_equal(live_counters(f.live)->connections_refused, 1);
    assert_true(fixture_logged(&f, "refused, there are 2 connections already"));
    assert_int_equal(read_all(fd[2], &byte, 1), 0);
    for (int i = 0; i < 3; i++) {
        close(fd[i]);
    }
    fixture_settle(&f);
    close(connect_to(live_port(f.live, ANY_PORT)));
    assert_int_equal(live_counters(f.live)->connections_opened, 3);
    fixture_fini(&f);
}

static mono_t real_time(void *aux)
{
    struct timespec ts;

    (void)aux;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (mono_t){(int64_t)ts.tv_sec * NS_PER_S + ts.tv_nsec};
}

/* With a real clock the one timer ends the wait: a silent peer goes at the handshake's time-out,
 * whatever that takes on this machine. */
static void test_timer_ends_the_wait(void **state)
{
    struct live_params params = {.time = real_time, .linger_ns = NS_PER_MS};
    struct core_settings settings = core_settings_default();
    uint64_t turns;
    mono_t start;
    int fd;

    (void)state;
    settings.hello_timeout_ns = 20 * NS_PER_MS;
    fixture_init(&f, &params, &settings);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    start = real_time(NULL);
    fd = connect_to(live_port(f.live, ANY_PORT));
    turns = live_counters(f.live)->turns;
    while (live_n_connections(f.live)) {
        live_turn(f.live, true);
    }
    assert_true(mono_diff_ns(real_time(NULL), start) >= 20 * NS_PER_MS);
    assert_true(live_counters(f.live)->turns - turns < 20); /* It slept and did not spin. */
    close(fd);
    fixture_fini(&f);
}

static void count_reload(void *aux)
{
    ++*(int *)aux;
}

static void test_signals(void **state)
{
    int n_reloads = 0;
    int fd;

    (void)state;
    fixture_init(&f, NULL, NULL);
    assert_int_equal(live_listen(f.live, ANY_PORT), ERR_OK);
    live_catch_signals(f.live, count_reload, &n_reloads);
    fd = connect_to(live_port(f.live, ANY_PORT));
    raise(SIGHUP);
    fixture_settle(&f);
    assert_int_equal(n_reloads, 1);
    assert_int_equal(live_n_connections(f.live), 1);
    raise(SIGTERM);
    fixture_settle(&f);
    assert_int_equal(live_port(f.live, ANY_PORT), 0);
    close(fd);
    live_run(f.live);
    assert_int_equal(live_n_connections(f.live), 0);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_listen_and_greet), cmocka_unit_test(test_refuses_bad_addresses),
        cmocka_unit_test(test_connection_limit), cmocka_unit_test(test_timer_ends_the_wait),
        cmocka_unit_test(test_signals),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
