/* Flows of a steady rate over the network of net.h, and switches that tell of it by sFlow. */
#ifndef TAMBO_TESTS_APPS_TRAFFIC_H
#define TAMBO_TESTS_APPS_TRAFFIC_H

#include "tests/apps/net.h"

#define TRAFFIC_MAX_FLOWS 16
#define TRAFFIC_STEP_NS (250 * NS_PER_MS)

struct traffic {
    struct net *net;
    bool with_sflow;
    struct {
        int from, to;
        double mbps; /* 0: it is silent. */
    } flows[TRAFFIC_MAX_FLOWS];
    size_t n_flows;
    uint32_t number, seq[NET_MAX_SWITCHES];
    uint64_t n_lost;
};

/* Lets the flows run for 'ns'. Each sends a frame every step, which counts for as many as the rate
 * asks for, is sampled where it enters, and is lost unless it arrives at once. */
void traffic_run(struct traffic *t, int64_t ns);

/* What leaves by a port during the next 'ns', in Mbit/s. */
double traffic_mbps(struct traffic *t, int sw, unsigned port, int64_t ns);

#endif
