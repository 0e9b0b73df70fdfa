/* sFlow: what samples the agents in switches send, put to the ports of datapaths and shown to the
 * modules (ctl_module.sample).
 *
 * An agent speaks of interfaces, by ifIndex. Which port of which datapath that is, is learnt from the
 * agent's counter samples, which say so where the switch knows of OpenFlow ("sFlow OpenFlow
 * Structures", sflow.org, 2014; Open vSwitch does). Of an agent that never says it, the address is
 * compared with the addresses of the control connections: when exactly one datapath connects from
 * there, ifIndex n is taken for its port n. What cannot be placed is counted and shown to nobody.
 *
 * A sample stands for as many frames as its rate says, times one and the samples before it that got
 * lost: at the agent (it counts its drops) or on the way (gaps in the sequence of the data source).
 * Samples that come twice or late are left out.
 *
 * sFlow knows no authentication: whoever can send to the collector can say anything of traffic, of
 * ports that exist. The table of interfaces is bounded. */
#ifndef TAMBO_CORE_SFLOW_H
#define TAMBO_CORE_SFLOW_H

#include "controller/base/hmap.h"
#include "controller/base/mono.h"

/* Interfaces that are known at once; those not heard of for SFLOW_FORGET_NS make way. */
#define SFLOW_MAX_SOURCES 65536
#define SFLOW_FORGET_NS (300 * NS_PER_S)

/* A larger gap between two samples is no loss but an agent that has started again. */
#define SFLOW_MAX_GAP 64

struct sflow_table {
    struct hmap sources;
    mono_t swept_at;
    bool has_swept;
};

void sflow_init(struct sflow_table *table);
void sflow_fini(struct sflow_table *table);

#endif
