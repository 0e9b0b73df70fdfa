/* The network of the tests of outages: a ring with streams and probes between its hosts. Included after cmocka.h. */
#ifndef TAMBO_TESTS_SIMNET_OUTAGE_RING_H
#define TAMBO_TESTS_SIMNET_OUTAGE_RING_H

#include "simnet/ctlchan/outage.h"

/* Twelve streams for 12 s, entries of 1 s, switches that speak 'version'. */
static inline struct outage_params ring_params(uint8_t version)
{
    struct outage_params p = outage_params_default();

    p.world.versions = 1u << version;
    p.n_streams = 12;
    p.duration_s = 12;
    p.rest_s = 3;
    p.probes_per_s = 6;
    p.clustering.hold_s = 1;
    return p;
}

/* A ring of five switches with two hosts each. */
static inline struct outage *ring_open(const struct outage_params *p)
{
    struct topo topo = TOPO_INIT;
    struct outage *o;
    char why[256] = "";

    topo_make_ring(&topo, 5, 2);
    o = outage_new(&topo, p, why, sizeof why);
    topo_fini(&topo);
    if (!o) {
        fail_msg("%s", why);
    }
    return o;
}

#endif
