#include "experiments/sim_capture.h"

#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"
#include "controller/live/live_pcap.h"
#include "controller/openflow/of_codec.h"

struct sim_capture {
    struct campus *campus;
    struct live_pcap *pcap;
    struct pcap_flow *flows; /* By switch. */
    bool *open;
    uint32_t n;
    struct buf bytes;
};

static void on_message(void *aux, uint32_t sw, bool from_switch, const struct of_msg *msg,
                       const struct buf *bytes)
{
    struct sim_capture *c = aux;
    int64_t now_ns = sim_now(world_sim(campus_world(c->campus))).ns;
    char peer[48];

    if (!c->open[sw]) {
        snprintf(peer, sizeof peer, "10.254.%u.%u:%u", sw >> 8 & 255, sw & 255, 40000 + (sw >> 16));
        pcap_flow_open(c->pcap, &c->flows[sw], peer, NULL, now_ns);
        c->open[sw] = true;
    }
    if (!bytes) {
        buf_clear(&c->bytes);
        if (of_encode(msg, &c->bytes) != ERR_OK) {
            return;
        }
        bytes = &c->bytes;
    }
    pcap_flow_write(c->pcap, &c->flows[sw], from_switch ? PCAP_SWITCH : PCAP_CONTROLLER,
                    bytes->data, bytes->len, now_ns);
}

struct sim_capture *sim_capture_open(struct campus *campus, const char *path, char *why,
                                     size_t size)
{
    struct live_pcap *pcap = live_pcap_open(path, why, size);
    struct sim_capture *c;

    if (!pcap) {
        return NULL;
    }
    c = xcalloc(1, sizeof *c);
    c->campus = campus;
    c->pcap = pcap;
    c->n = world_n_switches(campus_world(campus));
    c->flows = xcalloc(c->n, sizeof *c->flows);
    c->open = xcalloc(c->n, sizeof *c->open);
    ctlchan_set_tap(campus_channel(campus), on_message, c);
    return c;
}

bool sim_capture_close(struct sim_capture *c)
{
    bool ok;

    if (!c) {
        return true;
    }
    ctlchan_set_tap(campus_channel(c->campus), NULL, NULL);
    for (uint32_t i = 0; i < c->n; i++) {
        if (c->open[i]) {
            pcap_flow_close(c->pcap, &c->flows[i], PCAP_SWITCH,
                            sim_now(world_sim(campus_world(c->campus))).ns);
        }
    }
    ok = live_pcap_close(c->pcap);
    free(c->flows);
    free(c->open);
    buf_fini(&c->bytes);
    free(c);
    return ok;
}
