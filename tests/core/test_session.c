/* The session: its way to READY, and everything that goes wrong on it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "controller/core/datapath.h"
#include "tests/core/fake_sb.h"

static struct fake_switch *connected(struct fake *f, dpid_t dpid, uint8_t version)
{
    struct fake_switch *sw = fake_switch_add(f, dpid, version, 3);

    fake_connect(sw);
    fake_settle(f);
    return sw;
}

static bool is_ready(const struct fake_switch *sw)
{
    const struct datapath *dp = datapath_find(sw->fake->ctl, sw->dpid);

    return dp && datapath_is_ready(dp);
}

static void handshake_1_3(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 0x2385, OF_VERSION_1_3);
    const enum of_type expected[] = {OF_HELLO,
                                     OF_FEATURES_REQUEST,
                                     OF_SET_CONFIG,
                                     OF_MULTIPART_REQUEST,
                                     OF_MULTIPART_REQUEST,
                                     OF_MULTIPART_REQUEST,
                                     OF_FLOW_MOD,
                                     OF_BARRIER_REQUEST};
    size_t n;

    (void)state;
    assert_true(is_ready(sw));
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        assert_int_equal(sw->sent[i].type, expected[i]);
    }
    assert_int_equal(sw->sent[0].hello.versions, 1U << OF_VERSION_1_0 | 1U << OF_VERSION_1_3);
    assert_int_equal(sw->sent[2].config.miss_send_len, 0xffff);
    datapath_ports(datapath_find(f->ctl, 0x2385), &n);
    assert_int_equal(n, 3);
    assert_string_equal(datapath_desc(datapath_find(f->ctl, 0x2385))->hw_desc, "fake");
    fake_free(f);
}

static void handshake_1_0(void **state)
{
    struct fake *f = fake_new(NULL, NULL, 0);
    struct fake_switch *sw = connected(f, 0x2385, OF_VERSION_1_0);

    (void)state;
    assert_true(is_ready(sw));
    assert_int_equal(datapath_version(datapath_find(f->ctl, 0x2385)), OF_VERSION_1_0);
    assert_int_equal(fake_count(sw, OF_MULTIPART_REQUEST, 0), 2);
    assert_int_equal(fake_count(sw, OF_FLOW_MOD, 0), 0);
    fake_free(f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(handshake_1_3),
        cmocka_unit_test(handshake_1_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
