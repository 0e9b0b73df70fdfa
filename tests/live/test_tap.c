/* The message tap: everything that the core is given and sends, in that order, as TCP without a
 * fault; of the switches that were asked for; into files of the size that was asked for; and without
 * harm when they cannot be written. */
#include "controller/live/live_tap.h"

#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/core/datapath.h"
#include "tests/live/fixture.h"
#include "tests/live/tap_file.h"

#define CAPTURE "tap.pcap"
#define HEAD "made for a test\n"

static char folder[] = "/tmp/tambo-tap-XXXXXX";
static struct fixture f;
static struct peer a, b;
static struct tap_file file;

static int enter_folder(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    return chdir(folder);
}

static int leave_folder(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") || system(command);
}

static int set_up(void **state)
{
    (void)state;
    fixture_init(&f, NULL, NULL);
    f.time = (mono_t){2385000000123};
    return system("rm -rf ./*");
}

static int tear_down(void **state)
{
    (void)state;
    fixture_fini(&f);
    return 0;
}

static struct live_tap_params all(void)
{
    return (struct live_tap_params){.path = CAPTURE, .keep = 2, .head = HEAD};
}

static void start(const struct live_tap_params *params)
{
    fixture_settle(&f);
    assert_int_equal(live_tap_start(f.live, params), ERR_OK);
    assert_true(live_tap_is_on(f.live));
}

static void start_all(void)
{
    struct live_tap_params params = all();

    start(&params);
}

/* Only those. */
static void start_for(const char *one, const char *other)
{
    const char *switches[] = {one, other};
    struct live_tap_params params = all();

    params.switches = switches;
    params.n_switches = other ? 2 : 1;
    start(&params);
}

static void send_echo(struct peer *p, uint8_t version, uint32_t xid, size_t len)
{
    static const uint8_t zeros[65535];
    struct of_msg echo = {.version = version, .type = OF_ECHO_REQUEST, .xid = xid};

    echo.echo = (struct of_bytes){zeros, len};
    peer_send(p, &echo);
}

/* The journal as one text. */
static const char *journal(const char *path)
{
    static char text[65536];
    FILE *in = fopen(path, "r");
    size_t n;

    assert_non_null(in);
    n = fread(text, 1, sizeof text - 1, in);
    text[n] = '\0';
    fclose(in);
    return text;
}

static void assert_journal(const char *expected)
{
    if (!strstr(journal(CAPTURE LIVE_TAP_JOURNAL), expected)) {
        fail_msg("\"%s\" is not in\n%s", expected, journal(CAPTURE LIVE_TAP_JOURNAL));
    }
}

/* --- What is captured ------------------------------------------------------------------------- */

static void test_all_messages(void **state)
{
    struct of_msg msg;
    int64_t offset = 0, start_ns = 0;
    size_t n_in = 0;

    (void)state;
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_connect_socket(&b, &f, "[fe80::2%eth0]:4712");
    peer_handshake(&a, OF_VERSION_1_0, 0xa1);
    peer_handshake(&b, OF_VERSION_1_3, 0xa2);
    f.time = mono_add(f.time, 2385);
    send_echo(&a, OF_VERSION_1_0, 0x2385, 5);
    peer_await(&a, OF_ECHO_REPLY, &msg);
    peer_close(&a);
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, false);
    for (size_t i = 0; i < file.n; i++) {
        n_in += !file.messages[i].out;
    }
    assert_int_equal(n_in, ctl_counters(f.ctl)->messages_in);
    assert_int_equal(file.n - n_in, ctl_counters(f.ctl)->messages_out);
    assert_int_equal(file.n_syn, 4);
    assert_int_equal(file.n_fin, 2);
    assert_in_range(file.n_v6, 10, file.n_packets - 10);
    assert_memory_equal(file.first_peer, "\x0a\0\0\7", 4);
    assert_int_equal(tap_file_count(&file, 4711, OF_FEATURES_REPLY), 1);
    assert_int_equal(tap_file_count(&file, 4712, OF_FEATURES_REPLY), 1);
    /* The last is the answer to the last but one, at the core's instant. */
    assert_int_equal(file.messages[file.n - 1].xid, 0x2385);
    assert_int_equal(file.messages[file.n - 2].xid, 0x2385);
    assert_int_equal(file.messages[file.n - 2].type, 2);
    assert_true(file.messages[file.n - 1].out && !file.messages[file.n - 2].out);
    assert_int_equal(sscanf(strstr(journal(CAPTURE LIVE_TAP_JOURNAL), "clock"), "clock %ld %ld",
                            &offset, &start_ns),
                     2);
    assert_int_equal(file.messages[file.n - 1].at_ns - offset, f.time.ns);
    assert_int_equal(start_ns, 2385000000123);
    peer_close(&b);
}

/* In segments, and with acknowledgements when nothing goes the other way. */
static void test_long_messages(void **state)
{
    struct of_msg msg;
    const struct tap_message *last;

    (void)state;
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    send_echo(&a, OF_VERSION_1_3, 7, 65527);
    peer_await(&a, OF_ECHO_REPLY, &msg);
    for (uint32_t i = 0; i < 40; i++) { /* Answers to nothing: nothing is said. */
        msg = (struct of_msg){.version = OF_VERSION_1_3, .type = OF_ECHO_REPLY, .xid = i};
        msg.echo = (struct of_bytes){(const uint8_t *)f.lines, 65527};
        peer_send(&a, &msg);
    }
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, false);
    last = &file.messages[file.n - 41];
    assert_true(last->out);
    assert_int_equal(last->len, 65535);
    assert_int_equal(last->n_segments, 2);
    assert_int_equal(last[-1].len, 65535);
    assert_int_equal(last[-1].n_segments, 2);
    assert_int_equal(file.n_ack, 1 + 2); /* The handshake's, and one for each mebibyte. */
    peer_close(&a);
}

/* A message that is none and a stream that nobody can follow are there as they came. */
static void test_bad_input(void **state)
{
    static const uint8_t bad_type[] = {4, 99, 0, 8, 0, 0, 0, 1},
                         bad_len[] = {4, 2, 0, 7, 0, 0, 0, 2};

    (void)state;
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    peer_send_bytes(&a, bad_type, sizeof bad_type);
    fixture_settle(&f);
    peer_send_bytes(&a, bad_len, sizeof bad_len);
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(tap_file_count(&file, 4711, 99), 1);
    assert_int_equal(tap_file_count(&file, 4711, OF_ERROR), 2);
    assert_int_equal(file.messages[file.n - 2].type, 2);
    assert_int_equal(file.messages[file.n - 2].xid, 2);
    assert_int_equal(file.n_fin, 2);
    peer_close(&a);
}

/* One name twice, and names that are no addresses. */
static void test_names(void **state)
{
    static const char *const names[] = {"10.0.0.7:65535", "10.0.0.7:65535", "a switch",
                                        "300.1.1.1:5", "[::ffff:10.0.0.7]:65535"};
    struct peer peers[5];

    (void)state;
    start_all();
    for (size_t i = 0; i < 5; i++) {
        peer_connect(&peers[i], &f, names[i]);
        peer_handshake(&peers[i], OF_VERSION_1_3, 0xa1 + i);
    }
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(file.n_syn, 10);
    assert_int_equal(tap_file_count(&file, 65535, OF_FEATURES_REPLY), 2);
    assert_int_equal(tap_file_count(&file, 1, OF_FEATURES_REPLY), 1);
    assert_int_equal(tap_file_count(&file, 49152, OF_FEATURES_REPLY), 1);
    assert_int_equal(tap_file_count(&file, 49153, OF_FEATURES_REPLY), 1);
    assert_journal(" open a%20switch\n");
    for (size_t i = 0; i < 5; i++) {
        peer_close(&peers[i]);
    }
}

/* --- Chosen switches -------------------------------------------------------------------------- */

static void connect_two(void)
{
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_connect(&b, &f, "10.0.0.70:4712");
    peer_handshake(&a, OF_VERSION_1_0, 0xa1);
    peer_handshake(&b, OF_VERSION_1_3, 0xfe80);
}

static void close_two(void)
{
    peer_close(&a);
    peer_close(&b);
}

/* Their handshakes were held. */
static void test_chosen_datapath(void **state)
{
    (void)state;
    start_for("0a1", NULL);
    connect_two();
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(tap_file_count(&file, 0, OF_HELLO), 2);
    assert_int_equal(tap_file_count(&file, 4711, OF_FEATURES_REPLY), 1);
    for (size_t i = 0; i < file.n; i++) {
        assert_int_equal(file.messages[i].port, 4711);
    }
    assert_int_equal(file.n_syn, 2);
    assert_true(file.n > 4);
    close_two();
    assert_string_equal(journal(CAPTURE LIVE_TAP_JOURNAL),
                        LIVE_TAP_MAGIC "\nincomplete it has chosen switches only\n");
}

static void test_chosen_address(void **state)
{
    (void)state;
    start_for("10.0.0.7", "ffff");
    connect_two();
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(tap_file_count(&file, 0, OF_FEATURES_REPLY), 1);
    assert_int_equal(tap_file_count(&file, 4711, OF_FEATURES_REPLY), 1);
    close_two();
}

static void test_chosen_v6(void **state)
{
    static const char *const names[] = {"[fe80::1%eth0]:1", "[fe80::12]:2", "[::ffff:10.0.0.9]:3"};
    struct peer peers[3];

    (void)state;
    start_for("fe80::1", "10.0.0.9");
    for (size_t i = 0; i < 3; i++) {
        peer_connect(&peers[i], &f, names[i]);
        peer_handshake(&peers[i], OF_VERSION_1_3, 0xa1 + i);
    }
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(tap_file_count(&file, 1, OF_FEATURES_REPLY), 1);
    assert_int_equal(tap_file_count(&file, 2, OF_FEATURES_REPLY), 0);
    assert_int_equal(tap_file_count(&file, 3, OF_FEATURES_REPLY), 1);
    for (size_t i = 0; i < 3; i++) {
        peer_close(&peers[i]);
    }
}

/* One that talks on without saying who it is, is not held for ever. */
static void test_held_too_much(void **state)
{
    struct of_msg msg;

    (void)state;
    start_for("a1", NULL);
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_expect(&a, OF_HELLO, &msg);
    peer_send(&a, &(struct of_msg){.version = OF_VERSION_1_3, .type = OF_HELLO});
    send_echo(&a, OF_VERSION_1_3, 1, 40000);
    send_echo(&a, OF_VERSION_1_3, 2, 40000);
    fixture_settle(&f);
    peer_send(&a, &(struct of_msg){.version = OF_VERSION_1_3,
                                   .type = OF_FEATURES_REPLY,
                                   .xid = 1,
                                   .features = {.dpid = 0xa1}});
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(file.n_packets, 0);
    peer_close(&a);
}

/* One that was there already. */
static void test_later(void **state)
{
    struct live_tap_params params = all();
    struct of_msg msg;

    (void)state;
    connect_two();
    params.head = NULL;
    start(&params);
    send_echo(&a, OF_VERSION_1_0, 7, 1);
    peer_await(&a, OF_ECHO_REPLY, &msg);
    assert_string_equal(journal(CAPTURE LIVE_TAP_JOURNAL), LIVE_TAP_MAGIC
                        "\nincomplete the tap was switched on later than tambod was started\n");
    start_for("fe80", NULL);
    send_echo(&a, OF_VERSION_1_0, 8, 1);
    send_echo(&b, OF_VERSION_1_3, 9, 1);
    peer_await(&b, OF_ECHO_REPLY, &msg);
    live_tap_stop(f.live);
    send_echo(&b, OF_VERSION_1_3, 10, 1);
    peer_await(&b, OF_ECHO_REPLY, &msg);
    tap_file_read(&file, CAPTURE ".1", false);
    assert_int_equal(file.n, 2);
    assert_int_equal(file.messages[0].xid, 7);
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(file.n, 2);
    assert_int_equal(file.messages[0].xid, 9);
    close_two();
}

/* --- The journal ------------------------------------------------------------------------------ */

static void test_journal(void **state)
{
    struct of_msg echo = {.version = OF_VERSION_1_3,
                          .type = OF_ECHO_REQUEST,
                          .echo = {(const uint8_t *)f.lines, 2000}};
    struct buf many = BUF_INIT;

    (void)state;
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    assert_journal(LIVE_TAP_MAGIC "\ncomplete\nclock ");
    assert_journal("\n" HEAD "events\n0 2385000000123 open 10.0.0.7:4711\n");
    fixture_advance(&f, 11 * NS_PER_S); /* It never says hello. */
    assert_journal(" 2395000000123 run\n");
    assert_journal(" 2395000000123 close 0\n");
    peer_close(&a);
    /* One that asks for more at once than may be queued for it. */
    live_set_limits(f.live, &(struct live_params){.tx_limit_bytes = 20000});
    peer_connect(&b, &f, "10.0.0.8:4712");
    peer_handshake(&b, OF_VERSION_1_3, 0xa2);
    for (uint32_t i = 0; i < 30; i++) {
        assert_int_equal(of_encode(&echo, &many), ERR_OK);
    }
    peer_send_bytes(&b, many.data, many.len);
    buf_fini(&many);
    fixture_settle(&f);
    assert_in_range(live_counters(f.live)->sends_refused, 1, 29);
    assert_journal(" full 1\n");
    peer_close(&b);
    live_tap_stop(f.live);
    assert_journal(" end\n");
}

static enum err each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    (void)aux;
    (void)table;
    fn(fn_aux, "a key", "100 %");
    fn(fn_aux, "", "\xc3\xa4");
    return ERR_IO;
}

static enum err put(void *aux, const char *table, const char *key, const char *value)
{
    (void)table;
    (void)key;
    (void)value;
    return *(enum err *)aux;
}

static enum err del(void *aux, const char *table, const char *key)
{
    return put(aux, table, key, "");
}

static void count(void *aux, const char *key, const char *value)
{
    *(size_t *)aux += strlen(key) + strlen(value);
}

static void test_store(void **state)
{
    enum err result = ERR_OK;
    const struct store_ops under = {.aux = &result, .put = put, .del = del, .each = each};
    const struct store_ops *store = live_tap_store(f.live, &under);
    size_t n = 0;

    (void)state;
    start_all();
    assert_int_equal(store->each(store->aux, "things", count, &n), ERR_IO);
    assert_int_equal(n, 5 + 5 + 0 + 2);
    assert_int_equal(store->put(store->aux, "things", "k", "v"), ERR_OK);
    result = ERR_FULL;
    assert_int_equal(store->del(store->aux, "things", "k"), ERR_FULL);
    live_tap_stop(f.live);
    assert_journal("events\n0 2385000000123 pair things a%20key 100%20%25\n"
                   "0 2385000000123 pair things - %c3%a4\n"
                   "0 2385000000123 each things 10\n"
                   "0 2385000000123 wrote 4\n"
                   "0 2385000000123 end\n");
    assert_int_equal(store->del(store->aux, "things", "k"), ERR_FULL);
}

/* What changes things is written, what only looks when it says something to a switch. */
static void test_requests(void **state)
{
    const struct live_tap_request put = {.role = 2,
                                         .changes = true,
                                         .method = "PUT",
                                         .path = "/v1/networks/2",
                                         .type = "application/json",
                                         .body = "{\"name\":\"a b\"}",
                                         .len = 14};
    struct live_tap_request look = {.role = 1, .method = "GET", .path = "/-", .query = "-=%"};
    struct of_msg msg = {.type = OF_ECHO_REQUEST};
    struct datapath *dp;

    (void)state;
    live_tap_request(f.live, &put); /* Without a tap: nothing. */
    live_tap_request(f.live, NULL);
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    fixture_settle(&f);
    live_tap_request(f.live, &put);
    live_tap_request(f.live, NULL);
    live_tap_request(f.live, &look);
    live_tap_request(f.live, NULL);
    assert_null(strstr(journal(CAPTURE LIVE_TAP_JOURNAL), "GET"));
    dp = datapath_find(f.ctl, 0xa1);
    live_tap_request(f.live, &look);
    assert_int_equal(datapath_send(dp, &msg, NULL), ERR_OK);
    assert_int_equal(datapath_send(dp, &msg, NULL), ERR_OK);
    live_tap_request(f.live, NULL);
    live_tap_stop(f.live);
    assert_journal(" rest 2 PUT /v1/networks/2 - application/json {\"name\":\"a%20b\"}\n");
    assert_journal(" rest 1 GET /- %2d=%25 - -\n");
    assert_null(strstr(strstr(journal(CAPTURE LIVE_TAP_JOURNAL), "GET") + 1, "GET"));
    peer_close(&a);
}

static void test_datagrams(void **state)
{
    static const uint8_t datagram[] = {0, 0, 0, 5, 0x23, 0x85, 0xff};

    (void)state;
    start_all();
    tap_sflow(f.live, datagram, sizeof datagram);
    live_tap_stop(f.live);
    assert_journal("events\n0 2385000000123 sflow 000000052385ff\n0 2385000000123 end\n");
}

/* --- Files ------------------------------------------------------------------------------------ */

static void echo_many(unsigned n)
{
    struct of_msg msg;

    for (uint32_t i = 0; i < n; i++) {
        send_echo(&a, OF_VERSION_1_3, 1000 + i, 900);
        peer_await(&a, OF_ECHO_REPLY, &msg);
    }
}

static bool exists(const char *path)
{
    struct stat st;

    return stat(path, &st) == 0;
}

static void test_size(void **state)
{
    struct live_tap_params params = all();

    (void)state;
    params.max_bytes = 20000;
    start(&params);
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    echo_many(30);
    assert_false(live_tap_is_on(f.live));
    assert_true(
        fixture_logged(&f, "the message tap has stopped: " CAPTURE " has reached its size"));
    tap_file_read(&file, CAPTURE, false);
    assert_in_range(tap_file_count(&file, 0, 3), 5, 12);
    assert_false(exists(CAPTURE ".1"));
    assert_journal(" end\n");
    peer_close(&a);
}

static void test_rotation(void **state)
{
    struct live_tap_params params = all();
    uint32_t next;

    (void)state;
    params.max_bytes = 20000;
    params.rotate = true;
    start(&params);
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    echo_many(35);
    assert_true(live_tap_is_on(f.live));
    assert_true(exists(CAPTURE ".2") && exists(CAPTURE ".2" LIVE_TAP_JOURNAL));
    assert_false(exists(CAPTURE ".3"));
    tap_file_read(&file, CAPTURE ".2", true);
    next = file.messages[file.n - 1].xid + 1;
    tap_file_read(&file, CAPTURE ".1", true);
    assert_int_equal(file.messages[0].xid, next);
    assert_int_equal(file.n_syn, 0);
    next = file.messages[file.n - 1].xid + 1;
    peer_close(&a);
    fixture_settle(&f);
    tap_file_read(&file, CAPTURE, true);
    assert_int_equal(file.messages[0].xid, next);
    assert_int_equal(file.n_fin, 2);
    assert_journal("incomplete its beginning is in an older file");
}

/* The disk is full: one line, and the controller goes on. */
static void test_disk_full(void **state)
{
    struct rlimit old, small;
    struct live_tap_params params = all();

    (void)state;
    start_all();
    peer_connect(&a, &f, "10.0.0.7:4711");
    peer_handshake(&a, OF_VERSION_1_3, 0xa1);
    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
    small = (struct rlimit){.rlim_cur = 10000, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    echo_many(30);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &old), 0);
    assert_false(live_tap_is_on(f.live));
    assert_true(fixture_logged(&f, "the message tap has stopped: " CAPTURE ": File too large"));
    assert_int_equal(live_n_connections(f.live), 1);
    assert_true(datapath_is_ready(datapath_find(f.ctl, 0xa1)));
    start(&params); /* Again, into the next. */
    echo_many(1);
    tap_file_read(&file, CAPTURE, false);
    assert_int_equal(file.n, 2);
    peer_close(&a);
}

static void test_no_file(void **state)
{
    struct live_tap_params params = all();

    (void)state;
    params.path = "no/such/folder";
    assert_int_equal(live_tap_start(f.live, &params), ERR_IO);
    assert_true(fixture_logged(&f, "the message tap is off: no/such/folder: No such file"));
    params.path = "/dev/null";
    assert_int_equal(live_tap_start(f.live, &params), ERR_IO);
    assert_true(fixture_logged(&f, "the message tap is off: /dev/null: it is no regular file"));
    assert_int_equal(mkdir(CAPTURE LIVE_TAP_JOURNAL, 0700), 0);
    assert_int_equal(mkdir(CAPTURE ".1" LIVE_TAP_JOURNAL, 0700), 0);
    assert_int_equal(mkdir(CAPTURE ".1" LIVE_TAP_JOURNAL "/full", 0700), 0);
    params = all();
    params.keep = 1;
    assert_int_equal(live_tap_start(f.live, &params), ERR_IO);
    assert_true(fixture_logged(&f, CAPTURE LIVE_TAP_JOURNAL ": File exists"));
    assert_false(live_tap_is_on(f.live));
}

/* --- The last message -------------------------------------------------------------------------- */

static void die(void *aux, enum log_level level, const char *line)
{
    (void)aux;
    (void)level;
    if (strstr(line, " is up")) {
        _exit(42);
    }
}

/* A core that ends the program: its last message. */
static uint8_t last_before_death(bool every_message)
{
    struct live_tap_params params = all();
    int status;
    pid_t child = fork();

    if (child == 0) {
        params.every_message = every_message;
        (void)live_tap_start(f.live, &params);
        f.log.sink = die;
        peer_connect(&a, &f, "10.0.0.7:4711");
        peer_handshake(&a, OF_VERSION_1_3, 0xa1);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(WEXITSTATUS(status), 42);
    tap_file_read(&file, CAPTURE, false);
    return file.messages[file.n - 1].out ? 0 : file.messages[file.n - 1].type;
}

static void test_every_message(void **state)
{
    (void)state;
    assert_int_equal(last_before_death(false), 0); /* What the core sent a turn before. */
    assert_in_range(last_before_death(true), 1, 255);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_long_messages, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_bad_input, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_names, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chosen_datapath, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chosen_address, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_chosen_v6, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_held_too_much, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_later, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_journal, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_store, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_requests, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_datagrams, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_size, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_rotation, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_disk_full, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_no_file, set_up, tear_down),
        cmocka_unit_test_setup_teardown(test_every_message, set_up, tear_down),
    };

    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
