/* Admission: how many packet-ins of each kind a switch, and a port of it, may cause work with.
 *
 * One host that floods, or one switch that has gone mad, takes from its own share only. A packet-in
 * belongs to a class; each switch has a share for each class and one for all of them together, each
 * port has one for LLDP frames and one for the flow-mods that its frames cause. What finds a share
 * empty is dropped and counted, and the switch gets one line in the log now and then. Echoes,
 * barriers, errors and whatever else is no packet-in are never limited. */
#ifndef TAMBO_CORE_ADMISSION_H
#define TAMBO_CORE_ADMISSION_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/base/share.h"
#include "controller/base/types.h"
#include "controller/core/module.h"

struct core_settings;
struct ctl;
struct datapath;

/* What a switch has left. */
struct dp_admission {
    struct share classes[PACKET_N_CLASSES];
    struct share all;
    mono_t port_empty_until; /* No port's share of flow-mods is empty after this. */
    struct log_limit limit;
};

/* The rates of a core. */
struct admission {
    struct rate classes[PACKET_N_CLASSES];
    struct rate all;       /* Of a switch. */
    struct rate port_lldp; /* Of a port: */
    struct rate port_mods;
};

void admission_init(struct admission *a, const struct core_settings *settings);
void dp_admission_init(struct dp_admission *a);

enum packet_class packet_class(const struct pkt *pkt);

/* True when a packet-in of 'class' from 'in_port' may cause work now. */
bool admission_take(struct datapath *dp, port_no_t in_port, enum packet_class class);

/* What was taken from 'in_port' has caused 'n_mods' flow-mods, not 0. */
void admission_charge(struct datapath *dp, port_no_t in_port, uint64_t n_mods);

#endif
