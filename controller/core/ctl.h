/* The controller core: an engine that is held in the hand.
 *
 * Messages go in with ctl_input(), time goes in through the clock, messages come out through the
 * southbound, deadlines come out of ctl_next_deadline(). The engine contains no socket, no thread,
 * no clock call, no file and no global: the live driver and the simulator run the same object code.
 *
 *      driver                               core
 *      accept            ──────────────▶    ctl_connected()
 *      bytes → of_decode ──────────────▶    ctl_input() / ctl_input_bad()
 *      deadline reached  ──────────────▶    ctl_run()
 *      of_encode → write ◀──────────────    southbound.send()
 *      end of stream     ──────────────▶    ctl_disconnected()
 *
 * One core is one thread. Two cores in one process do not know of each other. */
#ifndef TAMBO_CORE_CTL_H
#define TAMBO_CORE_CTL_H

#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/log.h"
#include "controller/base/mono.h"
#include "controller/core/look.h"
#include "controller/core/module.h"
#include "controller/core/settings.h"
#include "controller/core/southbound.h"
#include "controller/core/store_ops.h"

struct ctl;
struct session;

struct ctl_params {
    struct core_settings settings;
    const struct clock *clock;            /* Borrowed; written by the driver only. */
    const struct southbound *southbound;  /* Borrowed. */
    const struct store_ops *store;        /* Borrowed; NULL: nothing is remembered. */
    struct log *log;                      /* Borrowed; NULL: silent. */
    const struct ctl_module_use *modules; /* In the order in which they see a packet-in; copied. */
    size_t n_modules;
    uint64_t
        hash_key; /* Of the tables whose keys peers choose: random when they may be hostile, any
                        * fixed value when runs are to be alike. */
    uint8_t
        lldp_key[32]; /* Authenticates probes: secret and random, or the same for controllers that
                           * shall know each other's; fixed when runs are to be alike. */
    uint64_t core_id; /* Tells the probes of this core from those of others under the same key:
                           * random, or fixed likewise. */
};

/* A core with its modules started. NULL when a module's start() failed; '*failed' (may be NULL) is
 * then that module's name. */
struct ctl *ctl_new(const struct ctl_params *params, const char **failed);

/* Stops the modules and frees everything. Connections are forgotten without a word; a driver that
 * wants a clean end closes them first. NULL is fine. */
void ctl_free(struct ctl *ctl);

/* A switch has connected. 'conn' is the driver's name for the connection, 'peer' its address for
 * the log (copied). The core greets it at once. The session is valid until ctl_disconnected(). */
struct session *ctl_connected(struct ctl *ctl, void *conn, const char *peer);

/* Only the switch with this datapath id may come on the connection; any other is refused when it says
 * its features. For a driver that knows from a certificate who is there; said before they come. */
void ctl_expect_dpid(struct session *session, dpid_t dpid);

/* True when the handshake is over. */
bool ctl_is_up(const struct session *session);

/* The connection is gone; 'session' must not be used again. */
void ctl_disconnected(struct ctl *ctl, struct session *session);

/* One message from a switch, borrowed until the function returns. */
void ctl_input(struct ctl *ctl, struct session *session, const struct of_msg *msg);

/* A frame that did not decode: 'head' has its version, xid and perhaps type, 'err' is the reason.
 * The session answers it, counts it, and closes where the specification says so. */
void ctl_input_bad(struct ctl *ctl, struct session *session, const struct of_msg *head,
                   enum of_err err, const uint8_t *frame, size_t len);

/* A datagram of sFlow version 5 has come, from whomever (sflow.h); borrowed. */
void ctl_sflow(struct ctl *ctl, const uint8_t *datagram, size_t len);

/* Asks every switch from OpenFlow 1.3 on, now and when it connects, for 'role' (not NOCHANGE) with
 * 'generation_id'. CTL_ROLE tells what became of it; a switch that knows a newer generation id makes
 * us its slave. datapath_set_role() does the same at one switch. */
void ctl_set_role(struct ctl *ctl, enum of_role role, uint64_t generation_id);

/* The same because an operator says so: datapath_claim_role() at every switch. */
void ctl_claim_role(struct ctl *ctl, enum of_role role);

/* The role that was asked for last, at all switches, or was set. */
enum of_role ctl_role(const struct ctl *ctl);

/* Fires the timers that are due. */
void ctl_run(struct ctl *ctl);

/* When ctl_run() wants to be called next; MONO_NEVER when nothing is pending. */
mono_t ctl_next_deadline(const struct ctl *ctl);

/* Counters of everything that happened, in a fixed order, for metrics and tests. */
#define CTL_COUNTERS(X)                                                                            \
    X(messages_in)                                                                                 \
    X(messages_out)                                                                                \
    X(messages_bad)                                                                                \
    X(errors_in)                                                                                   \
    X(send_failures)                                                                               \
    X(sends_closed)                                                                                \
    X(sends_full)                                                                                  \
    X(flows_unsent)                                                                                \
    X(packet_ins)                                                                                  \
    X(packet_ins_malformed)                                                                        \
    X(packet_ins_unclaimed)                                                                        \
    X(lldp_limited)                                                                                \
    X(address_limited)                                                                             \
    X(unicast_limited)                                                                             \
    X(multicast_limited)                                                                           \
    X(switch_limited)                                                                              \
    X(port_limited)                                                                                \
    X(packet_outs)                                                                                 \
    X(flow_mods)                                                                                   \
    X(flow_removed)                                                                                \
    X(flow_removed_unasked)                                                                        \
    X(flows_failed)                                                                                \
    X(objects_failed)                                                                              \
    X(objects_restored)                                                                            \
    X(table_full)                                                                                  \
    X(table_alarms)                                                                                \
    X(flows_deferred)                                                                              \
    X(flows_held_back)                                                                             \
    X(flows_evicted)                                                                               \
    X(barriers)                                                                                    \
    X(bundles)                                                                                     \
    X(bundles_failed)                                                                              \
    X(barrier_timeouts)                                                                            \
    X(ask_timeouts)                                                                                \
    X(sessions_opened)                                                                             \
    X(sessions_refused)                                                                            \
    X(dpids_refused)                                                                               \
    X(aux_connections)                                                                             \
    X(controller_statuses)                                                                         \
    X(roles_refused)                                                                               \
    X(sessions_closed)                                                                             \
    X(lldp_sent)                                                                                   \
    X(lldp_bad)                                                                                    \
    X(lldp_forged)                                                                                 \
    X(lldp_replayed)                                                                               \
    X(lldp_foreign)                                                                                \
    X(links_held)                                                                                  \
    X(domain_probes_sent)                                                                          \
    X(domain_frames_ignored)                                                                       \
    X(host_limit_hits)                                                                             \
    X(host_claims)                                                                                 \
    X(host_claims_limited)                                                                         \
    X(host_spoofs)                                                                                 \
    X(address_spoofs)                                                                              \
    X(host_frames_held)                                                                            \
    X(echoes_dropped)                                                                              \
    X(sflow_datagrams)                                                                             \
    X(sflow_bad)                                                                                   \
    X(sflow_samples)                                                                               \
    X(sflow_lost)                                                                                  \
    X(sflow_repeated)                                                                              \
    X(sflow_unplaced)                                                                              \
    X(sflow_full)                                                                                  \
    X(port_limit_hits)

struct ctl_counters {
#define X(name) uint64_t name;
    CTL_COUNTERS(X)
#undef X
};

const struct ctl_counters *ctl_counters(const struct ctl *ctl);

#endif
