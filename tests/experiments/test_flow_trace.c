/* Recorded traffic: CSV with all that can be wrong in it, captures, hosts of a campus, addresses
 * under a key, and the sessions that come of it in the simulator. */
#include <pcap.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "controller/base/mono.h"
#include "experiments/anonymise.h"
#include "experiments/flow_trace.h"
#include "simnet/world/session_trace.h"

static bool read_text(struct flow_trace *t, const char *text, char error[256])
{
    flow_trace_init(t);
    error[0] = '\0';
    return flow_csv_read(t, "flows.csv", text, strlen(text), error, 256);
}

static void test_records(void **state)
{
    struct flow_trace t;
    char error[256];

    (void)state;
    assert_true(read_text(&t,
                          "# a comment\n\n1000.5, 10.0.0.7,10.0.0.9,2.385,1500\r\n"
                          "999.25,fe80::1,10.0.0.7\n1000.5,10.0.0.9,10.0.0.7,,7\n",
                          error));
    assert_int_equal(t.n, 3);
    assert_int_equal(t.n_addresses, 3);
    assert_true(t.epoch_s == 999.25 && t.records[0].start_s == 0 && t.records[1].start_s == 1.25);
    assert_string_equal(t.addresses[t.records[0].src]->text, "fe80::1");
    assert_true(t.records[1].duration_s == 2.385 && t.records[1].bytes == 1500);
    assert_true(t.records[2].src == t.records[1].dst && t.records[2].bytes == 7);
    flow_trace_fini(&t);
    assert_true(read_text(&t, "dst,proto,bytes,start,src\nb,17,9,2,a\nc,6,,1,\"a\"\n", error));
    assert_int_equal(t.n, 2);
    assert_string_equal(t.addresses[t.records[0].dst]->text, "c");
    assert_true(t.records[1].bytes == 9 && t.records[1].duration_s == 0);
    flow_trace_fini(&t);
}

static void test_errors_name_the_line(void **state)
{
    static const struct {
        const char *text, *error;
    } rows[] = {
        {"", "flows.csv: there are no records"},
        {"src,dst\n", "flows.csv:1: expected the columns start, src, dst"},
        {"1,a,b\nx,a,b\n", "flows.csv:2: start: expected seconds, found \"x\""},
        {"1,a,b\n\n2,a\n", "flows.csv:3: expected start, src and dst"},
        {"1,a,\n", "flows.csv:1: src and dst: expected addresses"},
        {"1,a,b,-2\n", "flows.csv:1: duration: expected a number of 0 or more, found \"-2\""},
        {"1,a,b,2,many\n", "flows.csv:1: bytes: expected a number of 0 or more, found \"many\""},
        {"1,a,b,2e9\n", "flows.csv:1: duration: expected at most 1e9 s"},
        {"nan,a,b\n", "flows.csv:1: expected the columns"},
        {"1,a,b\n1e300,a,b\n", "flows.csv:2: start: expected seconds"},
        {"1,a,b\n9e9,a,b\n", "flows.csv: the records are more than 1e9 s apart"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct flow_trace t;
        char error[256];

        assert_false(read_text(&t, rows[i].text, error));
        if (strncmp(error, rows[i].error, strlen(rows[i].error)) != 0) {
            fail_msg("row %zu: \"%s\" instead of \"%s\"", i, error, rows[i].error);
        }
        flow_trace_fini(&t);
    }
}

static void test_mapping(void **state)
{
    struct flow_trace t;
    struct flow_mapped m;
    char error[256];

    (void)state;
    assert_true(read_text(&t, "0,a,b,4\n2,c,d,1\n3,e,a,1\n4,a,a,1\n6,b,c,2\n", error));
    flow_trace_map(&t, FLOW_SPREAD, 2, 2, 2, &m);
    assert_int_equal(m.n, 3);
    assert_int_equal(m.n_no_host, 1);
    assert_int_equal(m.n_same_host, 1);
    assert_true(m.sessions[0].src == 0 && m.sessions[0].dst == 2); /* One at each switch. */
    assert_true(m.sessions[1].src == 1 && m.sessions[1].dst == 3);
    assert_true(m.sessions[2].begin_ns == 3 * NS_PER_S && m.sessions[2].end_ns == 4 * NS_PER_S);
    free(m.sessions);
    flow_trace_map(&t, FLOW_HASH, 2, 2, 1, &m);
    assert_int_equal(m.n_no_host, 0);
    assert_int_equal(m.n + m.n_same_host, 5);
    free(m.sessions);
    flow_trace_fini(&t);
}

/* --- Captures ------------------------------------------------------------------------------------ */

static void put_frame(pcap_dumper_t *out, double at_s, uint8_t src, uint8_t dst, bool tagged,
                      bool ip)
{
    uint8_t frame[64] = {0};
    size_t at = 12;
    struct pcap_pkthdr head = {.caplen = sizeof frame, .len = 1000};

    head.ts.tv_sec = (time_t)at_s;
    head.ts.tv_usec = (suseconds_t)((at_s - (double)head.ts.tv_sec) * 1e6 + 0.5);
    if (tagged) {
        frame[at] = 0x81;
        at += 4;
    }
    frame[at] = 0x08;
    frame[at + 1] = ip ? 0x00 : 0x06;
    frame[at + 2] = 0x45;
    frame[at + 2 + 12] = frame[at + 2 + 16] = 10;
    frame[at + 2 + 15] = src;
    frame[at + 2 + 19] = dst;
    pcap_dump((u_char *)out, &head, frame);
}

static void make_capture(const char *path, int link)
{
    pcap_t *pcap = pcap_open_dead(link, 2000);
    pcap_dumper_t *out = pcap_dump_open(pcap, path);

    assert_non_null(out);
    put_frame(out, 100, 1, 2, false, true);
    put_frame(out, 101.5, 1, 2, true, true);
    put_frame(out, 102, 2, 1, false, true);
    put_frame(out, 102.5, 9, 9, false, false);
    put_frame(out, 120, 1, 2, false, true);
    pcap_dump_close(out);
    pcap_close(pcap);
}

static void test_capture(void **state)
{
    char path[] = "/tmp/flow_trace_XXXXXX", error[256] = "";
    int fd = mkstemp(path);
    struct flow_trace t;

    (void)state;
    assert_true(fd >= 0);
    close(fd);
    make_capture(path, DLT_EN10MB);
    flow_trace_init(&t);
    assert_true(flow_trace_read(&t, path, 10, error, sizeof error));
    assert_int_equal(t.n, 3);
    assert_int_equal(t.n_frames, 5);
    assert_int_equal(t.n_not_ip, 1);
    assert_true(t.records[0].duration_s == 1.5 && t.records[0].bytes == 2000);
    assert_string_equal(t.addresses[t.records[1].src]->text, "10.0.0.2");
    assert_true(t.records[2].start_s == 20 && t.records[2].src == t.records[0].src);
    flow_trace_fini(&t);
    make_capture(path, DLT_IEEE802_11);
    flow_trace_init(&t);
    assert_false(flow_trace_read(&t, path, 10, error, sizeof error));
    assert_non_null(strstr(error, "link type 105"));
    flow_trace_fini(&t);
    make_capture(path, DLT_EN10MB);
    assert_int_equal(truncate(path, 24 + 16 + 64 + 20), 0);
    flow_trace_init(&t);
    assert_false(flow_trace_read(&t, path, 10, error, sizeof error));
    assert_non_null(strstr(error, "frame 2: "));
    flow_trace_fini(&t);
    unlink(path);
    flow_trace_init(&t);
    assert_false(flow_trace_read(&t, path, 10, error, sizeof error));
    assert_non_null(strstr(error, path));
    flow_trace_fini(&t);
}

/* --- Addresses under a key ----------------------------------------------------------------------- */

static unsigned common_bits(const uint8_t a[], const uint8_t b[], unsigned n)
{
    for (unsigned i = 0; i < n; i++) {
        if ((a[i / 8] ^ b[i / 8]) >> (7 - i % 8) & 1) {
            return i;
        }
    }
    return n;
}

/* The key and two of the addresses that come with the authors' program. */
static void test_known_addresses(void **state)
{
    static const uint8_t key[] = {21,  34, 23,  141, 51, 164, 207, 128, 19,  10,  91,
                                  22,  73, 144, 125, 16, 216, 152, 143, 131, 121, 121,
                                  101, 39, 98,  87,  76, 45,  42,  132, 34,  2};
    struct anonymiser *a = anonymiser_new(key);
    char out[64];

    (void)state;
    assert_non_null(a);
    anonymise_text(a, "128.11.68.132", out);
    assert_string_equal(out, "135.242.180.132");
    anonymise_text(a, "129.118.74.4", out);
    assert_string_equal(out, "134.136.186.123");
    anonymiser_free(a);
}

static void test_prefixes_are_kept(void **state)
{
    uint8_t key[ANONYMISE_KEY_LEN], x[16], y[16], ax[16], ay[16];
    struct anonymiser *a;
    char one[64], two[64];

    (void)state;
    for (size_t i = 0; i < sizeof key; i++) {
        key[i] = (uint8_t)(37 * i + 5);
    }
    a = anonymiser_new(key);
    assert_non_null(a);
    srand(2385);
    for (int round = 0; round < 300; round++) {
        size_t len = round % 2 ? 4 : 16;
        unsigned same = (unsigned)rand() % (unsigned)(8 * len);

        for (size_t i = 0; i < len; i++) {
            x[i] = y[i] = (uint8_t)rand();
        }
        y[same / 8] = (uint8_t)(y[same / 8] ^ 1u << (7 - same % 8));
        memcpy(ax, x, len);
        memcpy(ay, y, len);
        anonymise(a, ax, len);
        anonymise(a, ay, len);
        assert_int_equal(common_bits(ax, ay, (unsigned)(8 * len)), same);
    }
    anonymise_text(a, "mac-02:00", one);
    anonymise_text(a, "mac-02:01", two);
    assert_true(one[0] == 'x' && strlen(one) == 17 && strcmp(one, two) != 0);
    anonymiser_free(a);
}

/* --- Sessions ------------------------------------------------------------------------------------ */

static char story[256];

static void on_begin(void *aux, uint32_t src, uint32_t dst)
{
    struct sim *sim = aux;

    snprintf(story + strlen(story), sizeof story - strlen(story), "%g +%u-%u ",
             mono_to_s(sim_now(sim)), src, dst);
}

static void on_end(void *aux, uint32_t src, uint32_t dst)
{
    struct sim *sim = aux;

    snprintf(story + strlen(story), sizeof story - strlen(story), "%g -%u-%u ",
             mono_to_s(sim_now(sim)), src, dst);
}

static void test_sessions(void **state)
{
    static const struct session_record records[] = {
        {0, 2 * NS_PER_S, 1, 2},
        {NS_PER_S, 4 * NS_PER_S, 1, 2}, /* Goes on with the first. */
        {NS_PER_S, NS_PER_S, 2, 1},     /* Takes no time. */
        {5 * NS_PER_S, 6 * NS_PER_S, 1, 2},
        {7 * NS_PER_S, 90 * NS_PER_S, 3, 2},
    };
    struct sim *sim = sim_new(1);
    struct session_hooks hooks = {.begin = on_begin, .end = on_end, .aux = sim};
    struct session_trace *t = session_trace_new(sim, records, 5, &hooks);

    (void)state;
    story[0] = '\0';
    sim_run_until(sim, (mono_t){10 * NS_PER_S});
    session_trace_start(t);
    sim_run_until(sim, (mono_t){20 * NS_PER_S});
    assert_string_equal(story, "10 +1-2 11 +2-1 11 -2-1 14 -1-2 15 +1-2 16 -1-2 17 +3-2 ");
    assert_int_equal(session_trace_n_on(t), 1);
    assert_int_equal(session_trace_n_begun(t), 5);
    assert_int_equal(session_trace_n_merged(t), 1);
    session_trace_free(t);
    sim_free(sim);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_records),         cmocka_unit_test(test_errors_name_the_line),
        cmocka_unit_test(test_mapping),         cmocka_unit_test(test_capture),
        cmocka_unit_test(test_known_addresses), cmocka_unit_test(test_prefixes_are_kept),
        cmocka_unit_test(test_sessions),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
