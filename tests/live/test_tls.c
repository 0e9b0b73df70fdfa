/* TLS of the live driver: who gets in, what is said to and of everybody else, and that an open
 * connection is a connection like any other. The certificates are made by scripts/pki. */
#include "controller/live/live_tls_int.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/core/datapath.h"
#include "tests/live/tls_peer.h"

#define PEER "192.0.2.7:4711"

#define ANY_PORT "127.0.0.1:0"

static char folder[] = "/tmp/tambo-tls-XXXXXX";
static struct fixture f;
static struct peer sw;

static void pki(const char *args)
{
    char command[512];

    snprintf(command, sizeof command, "'%s/scripts/pki' %s", TAMBO_SOURCE_DIR, args);
    assert_int_equal(system(command), 0);
}

/* "ours" is the authority that counts, "other" is another one. */
static int make_pki(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_int_equal(chdir(folder), 0);
    pki("init ours");
    pki("init other");
    pki("controller ours tambo.example");
    pki("controller ours old.example --expired");
    pki("controller other tambo.example");
    pki("switch ours a1");
    pki("switch ours 0xA2 --days 7");
    pki("switch ours a3 --expired");
    pki("switch other a1");
    return 0;
}

static int remove_pki(void **state)
{
    char command[64];

    (void)state;
    snprintf(command, sizeof command, "rm -rf '%s'", folder);
    return chdir("/") || system(command);
}

#define A1 "ours/switch-00000000000000a1"
#define A2 "ours/switch-00000000000000a2"
#define EXPIRED "ours/switch-00000000000000a3"
#define OTHER_A1 "other/switch-00000000000000a1"
#define CONTROLLER "ours/controller-tambo.example"

static const struct live_tls_files ours = {
    .certificate = CONTROLLER ".pem", .key = CONTROLLER ".key", .ca = "ours/ca.pem"};

static void use_tls(const struct live_tls_files *files)
{
    struct live_tls_faults faults;
    struct live_tls *tls = live_tls_load(files, &faults);

    assert_non_null(tls);
    live_set_tls(f.live, tls);
}

static void begin(bool bind_dpid)
{
    struct live_tls_files files = ours;

    files.bind_dpid = bind_dpid;
    fixture_init(&f, NULL, NULL);
    use_tls(&files);
}

static const struct live_counters *counters(void)
{
    return live_counters(f.live);
}

static bool is_ready(dpid_t dpid)
{
    return datapath_find(f.ctl, dpid) && datapath_is_ready(datapath_find(f.ctl, dpid));
}

/* --- Connections that get in ------------------------------------------------------------------ */

static void check_session(const struct tls_manners *manners, uint8_t version, dpid_t dpid)
{
    struct of_msg echo = {.version = version, .type = OF_ECHO_REQUEST, .xid = 0x2385};
    struct of_msg msg;

    assert_true(tls_peer_connect(&sw, &f, PEER, manners));
    peer_expect(&sw, OF_HELLO, &msg);
    peer_handshake(&sw, version, dpid);
    assert_true(is_ready(dpid));
    peer_send(&sw, &echo);
    peer_expect(&sw, OF_ECHO_REPLY, &msg);
    assert_int_equal(msg.xid, 0x2385);
    peer_close(&sw);
    assert_false(is_ready(dpid));
    assert_int_equal(live_n_connections(f.live), 0);
}

static void test_sessions(void **state)
{
    static const int versions[] = {TLS1_2_VERSION, TLS1_3_VERSION};

    (void)state;
    begin(false);
    for (size_t i = 0; i < 2; i++) {
        struct tls_manners manners = {.name = A1, .ca = "ours/ca", .version = versions[i]};

        check_session(&manners, OF_VERSION_1_3, 0xb1);
        manners.cut = 1; /* Every byte comes alone, those of the handshake too. */
        check_session(&manners, OF_VERSION_1_0, 0xb2);
    }
    assert_int_equal(counters()->tls_accepted, 4);
    assert_int_equal(counters()->tls_failed, 0);
    fixture_fini(&f);
}

/* Much at once: several records in one read, and messages that lie across two records. */
static void test_many_messages(void **state)
{
    static const struct tls_manners manners = {.name = A1, .ca = "ours/ca"};
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 7};
    struct buf many = BUF_INIT;
    struct of_msg msg;

    (void)state;
    begin(false);
    echo.echo = (struct of_bytes){(const uint8_t *)"tambo", 5};
    for (int i = 0; i < 5000; i++) {
        echo.xid++;
        assert_int_equal(of_encode(&echo, &many), ERR_OK);
    }
    assert_true(tls_peer_connect(&sw, &f, PEER, &manners));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    peer_send_bytes(&sw, many.data, many.len);
    for (uint32_t xid = 8; xid <= 5007; xid++) {
        peer_expect(&sw, OF_ECHO_REPLY, &msg);
        assert_int_equal(msg.xid, xid);
    }
    peer_close(&sw);
    buf_fini(&many);
    fixture_fini(&f);
}

static void test_bound_dpid(void **state)
{
    static const struct tls_manners a1 = {.name = A1}, a2 = {.name = A2};
    struct of_msg msg;

    (void)state;
    begin(true);
    check_session(&a1, OF_VERSION_1_3, 0xa1);
    check_session(&a2, OF_VERSION_1_0, 0xa2);
    assert_true(tls_peer_connect(&sw, &f, PEER, &a2));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    assert_false(peer_receive(&sw, &msg));
    assert_true(peer_is_closed(&sw));
    assert_false(is_ready(0xa1));
    assert_int_equal(ctl_counters(f.ctl)->dpids_refused, 1);
    assert_true(fixture_logged(&f, PEER ": connection closed: it says it is datapath "
                                        "00000000000000a1, its certificate says 00000000000000a2"));
    peer_close(&sw);
    fixture_fini(&f);
}

/* --- Connections that do not ------------------------------------------------------------------ */

/* Expects that the connection is refused with a line that has 'why' and '*counter' one more. */
static void check_refused(const uint64_t *counter, const char *why)
{
    char line[160];

    snprintf(line, sizeof line, PEER ": refused: %s", why);
    if (!fixture_logged(&f, line)) {
        fail_msg("no line \"%s\" in:\n%s", line, f.lines);
    }
    assert_int_equal(*counter, 1);
    assert_int_equal(counters()->tls_accepted, 0);
    assert_int_equal(ctl_counters(f.ctl)->sessions_opened, 0);
    peer_close(&sw);
    assert_int_equal(live_n_connections(f.live), 0);
    fixture_fini(&f);
}

static void test_refused_certificates(void **state)
{
    static const struct tls_manners expired = {.name = EXPIRED}, other = {.name = OTHER_A1},
                                    none = {0}, server = {.name = CONTROLLER},
                                    distrust = {.name = A1, .ca = "other/ca"};

    (void)state;
    begin(false);
    tls_peer_connect(&sw, &f, PEER, &expired);
    check_refused(&counters()->tls_expired, "its certificate has expired");
    begin(false);
    tls_peer_connect(&sw, &f, PEER, &other);
    check_refused(&counters()->tls_wrong_ca, "its certificate is not signed by our authority");
    begin(false);
    tls_peer_connect(&sw, &f, PEER, &none);
    check_refused(&counters()->tls_no_certificate, "it shows no certificate");
    begin(false);
    tls_peer_connect(&sw, &f, PEER, &server);
    check_refused(&counters()->tls_failed, "its certificate is not accepted: ");
    begin(false);
    assert_false(tls_peer_connect(&sw, &f, PEER, &distrust));
    check_refused(&counters()->tls_distrusted, "it does not accept our certificate: ");
}

/* Of an authority of ours, for a switch, but with a name that is no datapath id. */
static void test_no_dpid(void **state)
{
    static const struct tls_manners manners = {.name = "named"};

    (void)state;
    assert_int_equal(system("openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes "
                            "-subj /CN=dpid:a1 -keyout named.key -out named.csr 2> log && "
                            "openssl x509 -req -in named.csr -CA ours/ca.pem -CAkey ours/ca.key "
                            "-set_serial 2385 -days 1 -out named.pem 2> log"),
                     0);
    begin(true);
    tls_peer_connect(&sw, &f, PEER, &manners);
    check_refused(&counters()->tls_no_dpid, "its certificate names no datapath id");
}

static void test_old_version(void **state)
{
    static const struct tls_manners manners = {
        .name = A1, .min_version = TLS1_1_VERSION, .version = TLS1_1_VERSION};

    (void)state;
    begin(false);
    assert_false(tls_peer_connect(&sw, &f, PEER, &manners));
    check_refused(&counters()->tls_failed, "TLS handshake failed: unsupported protocol");
}

/* A peer that does not know of TLS. */
static void connect_raw(void)
{
    int pair[2];

    sw = (struct peer){.f = &f};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    sw.fd = pair[1];
    live_adopt_tls_socket(f.live, pair[0], PEER);
    fixture_settle(&f);
}

static void test_plain_on_tls(void **state)
{
    static const uint8_t hello[][8] = {{1, 0, 0, 8, 0, 0, 0, 1}, {4, 0, 0, 16, 0, 0, 0, 1}};

    (void)state;
    for (size_t i = 0; i < 2; i++) {
        begin(false);
        connect_raw();
        peer_send_bytes(&sw, hello[i], sizeof hello[i]);
        assert_true(peer_is_closed(&sw)); /* And nothing was sent before. */
        check_refused(&counters()->tls_plain_peers, "it speaks plain OpenFlow on a port for TLS");
    }
}

static void test_tls_on_plain(void **state)
{
    static const uint8_t client_hello[] = {0x16, 3, 1, 2, 0, 1, 0, 1, 0xfc, 3, 3};

    (void)state;
    for (size_t first = 1; first <= sizeof client_hello; first += 5) {
        begin(false);
        peer_connect_socket(&sw, &f, PEER);
        peer_send_bytes(&sw, client_hello, first);
        peer_send_bytes(&sw, client_hello + first, sizeof client_hello - first);
        assert_int_equal(counters()->tls_on_plain, 1);
        assert_int_equal(counters()->frames_in, 0);
        assert_true(
            fixture_logged(&f, PEER ": refused: it speaks TLS on a port for plain OpenFlow"));
        peer_close(&sw);
        assert_int_equal(live_n_connections(f.live), 0);
        fixture_fini(&f);
    }
}

static void test_garbage(void **state)
{
    static const char *const texts[] = {"GET / HTTP/1.1\r\n\r\n", "SSH-2.0-x\r\n",
                                        "\x16\x07\x07\x01\x05hello there"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        begin(false);
        connect_raw();
        peer_send_bytes(&sw, texts[i], strlen(texts[i]));
        check_refused(&counters()->tls_failed, "TLS handshake failed: ");
    }
}

/* Garbage in the place of a record after the handshake ends this connection and no other. */
static void test_garbage_later(void **state)
{
    static const struct tls_manners manners = {.name = A1};
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 1};
    struct peer good;
    struct of_msg msg;

    (void)state;
    begin(false);
    assert_true(tls_peer_connect(&good, &f, "good", &manners));
    peer_handshake(&good, OF_VERSION_1_3, 0xa2);
    assert_true(tls_peer_connect(&sw, &f, PEER, &manners));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    assert_int_equal(send(sw.fd, "what is this?", 13, MSG_NOSIGNAL), 13);
    fixture_settle(&f);
    assert_false(is_ready(0xa1));
    assert_int_equal(counters()->tls_failed, 1);
    assert_true(fixture_logged(&f, PEER ": refused: TLS failed: "));
    peer_close(&sw);
    peer_send(&good, &echo);
    peer_expect(&good, OF_ECHO_REPLY, &msg);
    peer_close(&good);
    assert_int_equal(live_n_connections(f.live), 0);
    fixture_fini(&f);
}

/* Connections that were refused, for whatever reason. */
static uint64_t n_refused(void)
{
    const struct live_counters *c = counters();

    return c->tls_plain_peers + c->tls_expired + c->tls_wrong_ca + c->tls_no_certificate +
           c->tls_distrusted + c->tls_failed;
}

/* One wrong byte anywhere in the handshake: the connection is refused, at once or, when the byte was
 * in a length, as one that left while more was awaited; another one does not notice. */
static void test_any_wrong_byte(void **state)
{
    struct tls_manners manners = {.name = A1};
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 1};
    uint64_t n_tried = 0, n_at_once = 0, before;
    struct peer good;
    struct of_msg msg;

    (void)state;
    begin(false);
    assert_true(tls_peer_connect(&good, &f, "good", &manners));
    peer_handshake(&good, OF_VERSION_1_3, 0xa2);
    for (manners.flip = 1; manners.flip < 1000; manners.flip += 3, n_tried++) {
        before = n_refused();
        tls_peer_connect(&sw, &f, PEER, &manners);
        n_at_once += n_refused() - before;
        peer_close(&sw);
        assert_int_equal(live_n_connections(f.live), 1);
    }
    assert_int_equal(n_refused(), n_tried);
    assert_true(n_at_once >= n_tried * 9 / 10);
    peer_send(&good, &echo);
    peer_expect(&good, OF_ECHO_REPLY, &msg);
    peer_close(&good);
    fixture_fini(&f);
}

static void test_half_open(void **state)
{
    (void)state;
    for (size_t len = 0; len <= 3; len += 3) {
        begin(false);
        connect_raw();
        peer_send_bytes(&sw, "\x16\x03\x01", len);
        fixture_advance(&f, 10 * NS_PER_S - 1);
        assert_int_equal(live_n_connections(f.live), 1);
        fixture_advance(&f, 1);
        check_refused(&counters()->tls_timeouts, "the TLS handshake took too long");
    }
}

/* No more handshakes than may be under way: who comes then waits in the backlog, is not refused, and
 * comes in when one is over. */
static void test_handshakes_at_once(void **state)
{
    struct live_params params = {.max_handshakes = 3};
    struct peer peers[6];

    (void)state;
    fixture_init(&f, &params, NULL);
    use_tls(&ours);
    assert_int_equal(live_listen_tls(f.live, ANY_PORT), ERR_OK);
    for (size_t i = 0; i < 6; i++) {
        peer_connect_port(&peers[i], &f, live_port(f.live, ANY_PORT));
    }
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 3);
    peer_close(&peers[1]);
    fixture_settle(&f);
    assert_int_equal(counters()->connections_opened, 4);
    assert_int_equal(live_n_connections(f.live), 3);
    fixture_advance(&f, 10 * NS_PER_S); /* The other two and the fourth are silent. */
    fixture_settle(&f);
    assert_int_equal(counters()->tls_timeouts, 3);
    assert_int_equal(counters()->connections_opened, 6);
    assert_int_equal(counters()->connections_refused, 0);
    for (size_t i = 0; i < 6; i++) {
        if (i != 1) {
            peer_close(&peers[i]);
        }
    }
    fixture_settle(&f);
    assert_int_equal(live_n_connections(f.live), 0);
    fixture_fini(&f);
}

static void test_leaves_early(void **state)
{
    (void)state;
    begin(false);
    connect_raw();
    shutdown(sw.fd, SHUT_WR);
    fixture_settle(&f);
    check_refused(&counters()->tls_failed, "it left during the TLS handshake");
}

/* --- Credentials ------------------------------------------------------------------------------ */

/* Open connections stay when the authority changes; who comes after must be of the new one. */
static void test_reload(void **state)
{
    static const struct live_tls_files others = {.certificate =
                                                     "other/controller-tambo.example.pem",
                                                 .key = "other/controller-tambo.example.key",
                                                 .ca = "other/ca.pem"};
    static const struct tls_manners a1 = {.name = A1, .ca = "ours/ca"},
                                    other = {.name = OTHER_A1, .ca = "other/ca"};
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 1};
    struct peer late;
    struct of_msg msg;

    (void)state;
    begin(false);
    assert_true(tls_peer_connect(&sw, &f, "old", &a1));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    use_tls(&others);
    peer_send(&sw, &echo);
    peer_expect(&sw, OF_ECHO_REPLY, &msg);
    assert_true(is_ready(0xa1));
    assert_false(tls_peer_connect(&late, &f, "late", &a1));
    assert_int_equal(counters()->tls_distrusted, 1);
    peer_close(&late);
    assert_true(tls_peer_connect(&late, &f, "new", &other));
    peer_handshake(&late, OF_VERSION_1_3, 0xa2);
    assert_true(is_ready(0xa1) && is_ready(0xa2));
    peer_close(&late);
    peer_close(&sw);
    fixture_fini(&f);
}

static void check_faults(struct live_tls_files files, const char *certificate, const char *key,
                         const char *ca)
{
    struct live_tls_faults faults;

    assert_null(live_tls_load(&files, &faults));
    assert_memory_equal(faults.certificate, certificate, strlen(certificate) + !*certificate);
    assert_memory_equal(faults.key, key, strlen(key) + !*key);
    assert_memory_equal(faults.ca, ca, strlen(ca) + !*ca);
}

static void test_faults(void **state)
{
    static const char *const old = "ours/controller-old.example.pem";

    (void)state;
    assert_int_equal(system("openssl ec -aes128 -passout pass:x -in " CONTROLLER
                            ".key -out locked.key 2> log; echo nonsense > nonsense.pem"),
                     0);
    check_faults((struct live_tls_files){"absent.pem", "absent.key", "absent.ca", false},
                 "cannot be read: No such file or directory",
                 "cannot be read: No such file or directory",
                 "cannot be read: No such file or directory");
    check_faults((struct live_tls_files){"nonsense.pem", "nonsense.pem", "nonsense.pem", false},
                 "holds no certificate in PEM", "holds no private key in PEM that is not encrypted",
                 "holds no certificate in PEM");
    check_faults((struct live_tls_files){ours.certificate, A1 ".key", ours.ca, false}, "",
                 "is not the key of the certificate", "");
    check_faults((struct live_tls_files){ours.certificate, "locked.key", A1 ".pem", false}, "",
                 "holds no private key in PEM that is not encrypted",
                 "is not the certificate of an authority");
    check_faults(
        (struct live_tls_files){old, "ours/controller-old.example.key", EXPIRED ".pem", false},
        "has expired on ", "", "has expired on ");
    live_tls_free(NULL);
}

/* --- Output ----------------------------------------------------------------------------------- */

static enum err send_packet_out(dpid_t dpid)
{
    static const uint8_t frame[1000];
    struct of_action out = of_output(1);

    return datapath_packet_out(datapath_find(f.ctl, dpid), OF_PORT_CONTROLLER, OF_NO_BUFFER, &out,
                               1, frame, sizeof frame);
}

/* A switch that does not read fills its own queue up to the limit and is not listened to any more;
 * what was accepted arrives whole, and then it is heard again. */
static void test_back_pressure(void **state)
{
    static const struct tls_manners manners = {.name = A1};
    struct of_msg echo = {.version = OF_VERSION_1_3, .type = OF_ECHO_REQUEST, .xid = 1};
    size_t n_accepted = 0, n_received = 0;
    uint64_t frames;
    struct of_msg msg;

    (void)state;
    begin(false);
    live_set_limits(f.live, &(struct live_params){.tx_limit_bytes = 100000, .max_connections = 10});
    assert_true(tls_peer_connect(&sw, &f, PEER, &manners));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    while (send_packet_out(0xa1) == ERR_OK) {
        n_accepted++;
        if (n_accepted % 7 == 0) {
            fixture_settle(&f);
        }
    }
    fixture_settle(&f);
    assert_int_equal(counters()->sends_refused, 1);
    frames = counters()->frames_in;
    peer_send(&sw, &echo);
    assert_int_equal(counters()->frames_in, frames);
    peer_await(&sw, OF_PACKET_OUT, &msg);
    for (n_received = 1; n_received < n_accepted; n_received++) {
        peer_expect(&sw, OF_PACKET_OUT, &msg);
        assert_int_equal(msg.packet_out.data.len, 1000);
    }
    fixture_settle(&f);
    assert_int_equal(counters()->frames_in, frames + 1);
    peer_expect(&sw, OF_ECHO_REPLY, &msg);
    peer_close(&sw);
    fixture_fini(&f);
}

/* What was sent before the stop arrives before the end of the stream, which is announced. */
static void test_stop_flushes(void **state)
{
    static const struct tls_manners manners = {.name = A1};
    struct peer half = {.f = &f};
    struct of_msg msg;

    (void)state;
    begin(false);
    connect_raw();
    half = sw;
    assert_true(tls_peer_connect(&sw, &f, PEER, &manners));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    assert_int_equal(send_packet_out(0xa1), ERR_OK);
    live_stop(f.live);
    fixture_settle(&f);
    peer_expect(&sw, OF_PACKET_OUT, &msg);
    assert_true(peer_is_closed(&sw));
    assert_int_equal(SSL_get_shutdown(sw.ssl) & SSL_RECEIVED_SHUTDOWN, SSL_RECEIVED_SHUTDOWN);
    assert_true(peer_is_closed(&half));
    peer_close(&sw);
    peer_close(&half);
    live_run(f.live); /* Nothing is left, so it returns. */
    fixture_fini(&f);
}

/* live_free() in the middle of everything leaks nothing (the sanitizer looks). */
static void test_free_at_any_time(void **state)
{
    static const struct tls_manners manners = {.name = A1};
    struct peer half;

    (void)state;
    begin(false);
    connect_raw();
    half = sw;
    assert_true(tls_peer_connect(&sw, &f, PEER, &manners));
    peer_handshake(&sw, OF_VERSION_1_3, 0xa1);
    assert_int_equal(send_packet_out(0xa1), ERR_OK);
    fixture_fini(&f);
    begin(false);
    peer_close(&half);
    peer_close(&sw);
    fixture_fini(&f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sessions),
        cmocka_unit_test(test_many_messages),
        cmocka_unit_test(test_bound_dpid),
        cmocka_unit_test(test_refused_certificates),
        cmocka_unit_test(test_no_dpid),
        cmocka_unit_test(test_old_version),
        cmocka_unit_test(test_plain_on_tls),
        cmocka_unit_test(test_tls_on_plain),
        cmocka_unit_test(test_garbage),
        cmocka_unit_test(test_garbage_later),
        cmocka_unit_test(test_any_wrong_byte),
        cmocka_unit_test(test_half_open),
        cmocka_unit_test(test_handshakes_at_once),
        cmocka_unit_test(test_leaves_early),
        cmocka_unit_test(test_reload),
        cmocka_unit_test(test_faults),
        cmocka_unit_test(test_back_pressure),
        cmocka_unit_test(test_stop_flushes),
        cmocka_unit_test(test_free_at_any_time),
    };

    return cmocka_run_group_tests(tests, make_pki, remove_pki);
}
