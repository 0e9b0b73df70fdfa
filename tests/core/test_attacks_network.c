/* Attacks that tell lies about hosts and links; test_attacks.c has the sources. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/core/hosts_int.h"
#include "controller/core/topology.h"
#include "controller/packet/pkt_build.h"
#include "tests/core/attack_scene.h"

/* --- Hosts ------------------------------------------------------------------------------------ */

/* The victim answers what it is asked, at a:2. */
static void victim_answers(struct scene *s)
{
    buf_clear(&s->frame);
    pkt_build_arp_reply(&s->frame, scene_mac(VICTIM), IP(VICTIM), HOSTS_PROBE_MAC, 0);
    scene_send(s, s->a, 2);
}

/* Frames with the victim's MAC address, and ARP for its IP address, from the attacker's port: they are
 * seen by nobody, the victim is asked and stays, and the attack is reported. */
static void host_hijack(void **state)
{
    struct scene s;

    (void)state;
    scene_begin(&s);
    scene_udp(&s, s.b, 3, VICTIM, IP(VICTIM));
    scene_arp(&s, s.b, 3, VICTIM, IP(VICTIM));
    victim_answers(&s);
    assert_int_equal(scene_counters(&s)->host_spoofs, 1);
    assert_int_equal(recorder_count(&s.r, "host_spoof 02:00:00:00:00:01 a:2"), 1);
    assert_int_equal(recorder_count(&s.r, "spoofed_at b:3"), 1);
    scene_arp(&s, s.b, 3, EVE + 1, IP(VICTIM)); /* With its own MAC address. */
    victim_answers(&s);
    assert_int_equal(scene_counters(&s)->address_spoofs, 1);
    assert_int_equal(recorder_count(&s.r, "spoofed_at b:3"), 2);
    assert_int_equal(recorder_count(&s.r, "packet"), 0);
    fake_advance(s.f, 5 * NS_PER_S);
    scene_end_unharmed(&s);
}

/* --- Links ------------------------------------------------------------------------------------ */

/* The latest probe that left 'sw' at 'port'. */
static struct of_bytes probe_of(const struct fake_switch *sw, port_no_t port)
{
    struct of_bytes found = {NULL, 0};

    for (size_t i = 0; i < sw->n_sent; i++) {
        const struct of_msg *msg = &sw->sent[i];
        const struct of_bytes *data = &msg->packet_out.data;

        if (msg->type == OF_PACKET_OUT && msg->packet_out.actions.list[0].output.port == port &&
            data->len > 14 && data->data[12] == 0x88 && data->data[13] == 0xcc) {
            found = *data;
        }
    }
    assert_non_null(found.data);
    return found;
}

static void pass_on(struct of_bytes frame, struct fake_switch *sw, port_no_t port)
{
    fake_packet_in(sw, port, frame.data, frame.len);
}

/* Both attackers hand over what they hear to each other, for a round of probes. */
static void relay_for(struct scene *s, int64_t ns)
{
    struct of_bytes a = {NULL, 0}, b = {NULL, 0};

    for (mono_t end = mono_add(s->f->clock.now, ns); mono_before(s->f->clock.now, end);) {
        fake_advance(s->f, 100 * NS_PER_MS);
        if (probe_of(s->a, 3).data != a.data) {
            a = probe_of(s->a, 3);
            pass_on(a, s->b, 3);
        }
        if (probe_of(s->b, 3).data != b.data) {
            b = probe_of(s->b, 3);
            pass_on(b, s->a, 3);
        }
    }
}

/* Probes that were made up, changed, recorded, or said to come from another port. */
static void link_fabrication(void **state)
{
    struct scene s;
    struct of_bytes heard;
    uint8_t forged[256];
    size_t len;

    (void)state;
    scene_begin(&s);
    heard = probe_of(s.b, 3);
    len = heard.len;
    memcpy(forged, heard.data, len);
    forged[len - 2 - 44 + 7] = 0xa; /* From switch a, so it says. */
    fake_packet_in(s.b, 3, forged, len);
    memcpy(forged, heard.data, len);
    forged[len - 2 - 44 + 11] = 1; /* From port 1. */
    fake_packet_in(s.b, 3, forged, len);
    assert_int_equal(scene_counters(&s)->lldp_forged - s.before.lldp_forged, 2);
    fake_advance(s.f, 6 * NS_PER_S);
    pass_on(heard, s.a, 3); /* A recording. */
    assert_int_equal(scene_counters(&s)->lldp_replayed - s.before.lldp_replayed, 1);
    scene_end_unharmed(&s);
}

/* Two hosts that relay fresh probes: that cannot be told from a cable, but for the hosts that are heard
 * there. As long as they are, no link; a port that has just come up is believed, as new cables are. */
static void link_fabrication_by_relay(void **state)
{
    struct scene s;
    size_t n_links;

    (void)state;
    scene_begin(&s);
    relay_for(&s, 10 * NS_PER_S);
    assert_true(scene_counters(&s)->links_held >= 4);
    assert_int_equal(scene_counters(&s)->lldp_bad, 0);
    assert_true(scene_lives_at(&s, EVE, 0xa, 3));
    scene_end_unharmed(&s);

    scene_begin(&s);
    fake_port_set(s.b, 3, false);
    fake_port_set(s.b, 3, true);
    pass_on(probe_of(s.b, 3), s.a, 3);
    assert_non_null(topology_link_at(s.f->ctl, 0xb, 3));
    assert_int_equal(scene_counters(&s)->links_held, 0);
    buf_fini(&s.frame);
    fake_free(s.f);

    scene_begin(&s);
    fake_advance(s.f, 16 * NS_PER_S + 1); /* Both hosts have been silent: a cable comes to life. */
    relay_for(&s, 6 * NS_PER_S);
    topology_links(s.f->ctl, &n_links);
    assert_int_equal(n_links, 4);
    buf_fini(&s.frame);
    fake_free(s.f);
}

/* An operator who has hubs between switches takes the risk. */
static void relayed_link_may_be_accepted(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;

    (void)state;
    settings.hold_links = false;
    scene_begin_with(&s, &settings);
    relay_for(&s, 6 * NS_PER_S);
    assert_non_null(topology_link_at(s.f->ctl, 0xa, 3));
    assert_int_equal(scene_counters(&s)->links_held, 0);
    buf_fini(&s.frame);
    fake_free(s.f);
}

/* LLDP frames of every kind, ten thousand of them, cause not one frame of ours. A link whose way back is
 * missing causes a few, however often its probes come in. */
static void lldp_amplification(void **state)
{
    struct core_settings settings = core_settings_default();
    struct scene s;
    struct of_bytes heard;
    uint8_t frame[256];
    size_t from;

    (void)state;
    settings.lldp_per_s = settings.port_lldp_per_s = 0; /* Not even without admission. */
    settings.hold_links = false;
    settings.bddp = false;
    scene_begin_with(&s, &settings);
    heard = probe_of(s.b, 3);
    from = s.a->n_sent;
    fake_advance(s.f, 6 * NS_PER_S);
    from = s.a->n_sent;
    memcpy(frame, heard.data, heard.len);
    for (unsigned i = 0; i < 10000; i++) {
        if (i % 2) {
            frame[14 + i % (heard.len - 14)] ^= (uint8_t)(1U << i % 8);
        }
        fake_packet_in(s.a, 3, i % 3 ? frame : heard.data, heard.len);
    }
    assert_int_equal(s.a->n_sent, from);
    heard = probe_of(s.b, 3); /* A good one, passed on one way only. */
    for (unsigned i = 0; i < 1000; i++) {
        pass_on(heard, s.a, 3);
    }
    assert_int_equal(s.a->n_sent - from, 1);
    assert_int_equal(scene_counters(&s)->packet_outs - s.before.packet_outs,
                     scene_counters(&s)->lldp_sent - s.before.lldp_sent);
    fake_advance(s.f, 4900 * NS_PER_MS);
    assert_in_range(fake_count(s.a, OF_PACKET_OUT, from), 6, 6 + 3);
    buf_fini(&s.frame);
    fake_free(s.f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(host_hijack),
        cmocka_unit_test(link_fabrication),
        cmocka_unit_test(link_fabrication_by_relay),
        cmocka_unit_test(relayed_link_may_be_accepted),
        cmocka_unit_test(lldp_amplification),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
