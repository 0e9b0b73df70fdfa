/* Datapaths: the switches that the core knows, by datapath id.
 *
 * A datapath stays known after its connection is lost, with its ports and its intended entries, so
 * that it can be reconciled when it comes back. */
#ifndef TAMBO_CORE_DATAPATH_H
#define TAMBO_CORE_DATAPATH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/mono.h"
#include "controller/base/types.h"
#include "controller/core/admission.h"
#include "controller/openflow/of_msg.h"

struct ctl;
struct datapath;

/* What the core knows of a port beyond its description. */
enum port_kind {
    PORT_UNSETTLED, /* Up, but not long enough to tell. */
    PORT_EDGE,      /* No other switch was heard on it: hosts live here. */
    PORT_LINK,      /* Joined to another datapath. */
    PORT_BACKUP,    /* Another port serves the broadcast domain that it is in (domains.h). */
    PORT_DEAD,      /* Cannot carry frames. */
};

struct dp_port {
    enum port_kind kind;
    uint32_t domain;         /* 0: in none that has another port of ours. */
    struct share mods, lldp; /* What it has left of its share (admission.h). */
    bool was_link; /* Its last link went silent while it stayed up, and nothing was heard since. */
    struct of_port desc; /* Up to its number, what is read for every packet-in. */
    mono_t up_since;
    mono_t link_until;            /* See datapath_expect_link(); MONO_ZERO: nothing is expected. */
    uint64_t last_nonce;          /* Of the latest of its probes that has come in (probe.h). */
    mono_t quick_at, quick_begun; /* Next and first of its quick probes (discovery.h)... */
    int64_t quick_wait_ns;        /* ...and the wait behind the next; 0: there are none. */
    mono_t domain_probed_at;      /* By a probe that crosses legacy networks (domains.h). */
    struct {
        mono_t at; /* When it was last heard... */
        dpid_t dpid;
        port_no_t port;
        bool is_set; /* ...if it was. */
    } heard;         /* The lowest port of ours that was heard through a legacy network. */
    bool has_been_quick;
    bool is_shut; /* The switch drops what comes in. */
};

/* The datapath with 'dpid', connected or not; NULL when it was never seen. */
struct datapath *datapath_find(const struct ctl *ctl, dpid_t dpid);

/* All datapaths in ascending order of their ids: an array of '*n', valid until a datapath is
 * added. */
struct datapath *const *datapath_all(const struct ctl *ctl, size_t *n);

dpid_t datapath_id(const struct datapath *dp);
uint8_t datapath_version(const struct datapath *dp); /* OF_VERSION_NONE before the first session. */
bool datapath_is_ready(const struct datapath *dp);   /* Connected and reconciled. */
const char *datapath_peer(const struct datapath *dp); /* Address of the last connection. */
const struct of_features *datapath_features(const struct datapath *dp); /* ports: see below. */
const struct of_desc *datapath_desc(const struct datapath *dp);         /* NULL when not told. */

/* Our role at the switch. As a slave nothing is written: entries stay intended, and are compared and
 * written once the role is another one. */
enum of_role datapath_role(const struct datapath *dp);
const char *of_role_name(enum of_role role);

/* Asks for 'role' with 'generation_id', now or when the switch connects (ctl_set_role()). */
void datapath_set_role(struct datapath *dp, enum of_role role, uint64_t generation_id);

/* The same because an operator says so: where the switch knows a newer generation id, the next one is
 * taken. */
void datapath_claim_role(struct datapath *dp, enum of_role role);

/* Ports in ascending order of their numbers (without OF_PORT_LOCAL and other reserved ones). */
const struct dp_port *datapath_ports(const struct datapath *dp, size_t *n);
const struct dp_port *datapath_port(const struct datapath *dp, port_no_t port_no);

/* True when hosts may live on the port: kind PORT_EDGE. */
bool datapath_is_edge(const struct datapath *dp, port_no_t port_no);

/* The port should lead to another switch (an entry of an earlier controller uses it so): its silence
 * makes no edge of it before a link that is there would have timed out. */
void datapath_expect_link(struct datapath *dp, port_no_t port_no);

/* Sends 'msg' with the datapath's version and a fresh xid; '*xid' (may be NULL) tells which.
 * ERR_STATE when it is not connected. */
enum err datapath_send(struct datapath *dp, struct of_msg *msg, uint32_t *xid);

/* Changes the port's configuration: the bits of 'mask' become those of 'config' (enum
 * of_port_config). ERR_NOTFOUND without such a port; a refusal is logged. */
enum err datapath_port_mod(struct datapath *dp, port_no_t port_no, uint32_t config, uint32_t mask);

/* Sends a packet-out. 'in_port' is OF_PORT_CONTROLLER for frames of our own. When 'buffer_id' is
 * not OF_NO_BUFFER the frame is the switch's and 'frame' is ignored. */
enum err datapath_packet_out(struct datapath *dp, port_no_t in_port, uint32_t buffer_id,
                             const struct of_action *actions, size_t n_actions,
                             const uint8_t *frame, size_t len);

#endif
