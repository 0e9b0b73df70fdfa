/* Faults of a simulated network: at given times, or at random.
 *
 * A fault concerns one target, or each target of a class on its own. A scheduled one begins at 'at_s' and lasts for
 * 'for_s'. A random one alternates, for each target by itself: up for a time whose mean is mtbf_s, down for one whose
 * mean is mttr_s, each by a law, from 'at_s' until the end. So a target is up for mtbf/(mtbf + mttr) of the time.
 *
 * What happens to a target, and what is seen of it:
 *
 *   link         it goes down, both ends see it; what is on the way is lost
 *   fibre        one direction, from 'a' to 'b', breaks; nobody is told
 *   line card    all links at some ports of a switch go down
 *   switch       it loses its power: its links are down and its channel is lost; it comes back empty
 *   cpu          the processor of a switch stands (ctlchan_stall_switch())
 *   channel      the control channel of a switch is cut
 *   delay        its messages take longer
 *   stall        the controller stands (ctlchan_stall())
 *   restart      the controller is no more, and another one is made from the same store when that is over
 *   cut off      all channels of the controller are cut, and it hears nothing of a second one
 *
 * With a second controller (standby.h) the last four, and what is about channels, concern the first one only.
 *
 * Faults may overlap: a link is up when nothing holds it down, and delays add up.
 *
 * Complaints call a fault by its number, from 0: "fault0". */
#ifndef TAMBO_CTLCHAN_FAULTS_H
#define TAMBO_CTLCHAN_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "simnet/ctlchan/ctlchan.h"
#include "simnet/world/duration.h"
#include "simnet/world/world.h"

enum fault_kind {
    FAULT_LINK,
    FAULT_FIBRE,
    FAULT_LINE_CARD,
    FAULT_SWITCH,
    FAULT_CPU,
    FAULT_CHANNEL,
    FAULT_DELAY,
    FAULT_STALL,
    FAULT_RESTART,
    FAULT_CUT_OFF,
    FAULT_N_KINDS
};

/* "link", "fibre", "line-card", "switch", "cpu", "channel", "delay", "controller-stall", "controller-restart",
 * "controller-cut". */
extern const char *const fault_kind_names[FAULT_N_KINDS];

/* What a fault is about when it names nobody. */
enum fault_class {
    FAULT_ONE,    /* The nodes 'a' and 'b', or the switch 'a'. */
    FAULT_ALL,    /* All links or switches. */
    FAULT_TRUNKS, /* Links between switches. */
    FAULT_EDGES,  /* Links of hosts. */
};

#define FAULT_MAX_PORTS 64

struct fault_spec {
    enum fault_kind kind;
    enum fault_class of;
    char a[TOPO_NAME_LEN + 1], b[TOPO_NAME_LEN + 1];
    port_no_t ports[FAULT_MAX_PORTS]; /* Of a line card. */
    uint32_t n_ports;
    double more_delay_s; /* FAULT_DELAY. */
    double at_s;
    double for_s; /* Scheduled; infinite: for good. */
    bool is_random;
    double mtbf_s, mttr_s;
    enum duration_kind up_law, down_law;
    double up_shape, down_shape;
};

#define FAULT_MAX_SPECS 16

struct fault_specs {
    struct fault_spec list[FAULT_MAX_SPECS];
    size_t n;
};

struct fault_hooks {
    /* The controller dies (alive false; the channel has been stopped), or is to be made and given to
     * ctlchan_resume(). */
    void (*restart)(void *aux, bool alive);

    /* A fault of spec 'spec' has begun at a target, or is over. NULL: nobody wants to know. */
    void (*told)(void *aux, size_t spec, bool begins);
    struct ctlchan *second; /* Channels of a second controller; NULL: there is none. */
    void *aux;
};

struct faults;

/* NULL when a spec names what is not there or a law has no such parameters, with an English reason in 'why' of
 * 'size' bytes. 'world' and 'cc' are borrowed. */
struct faults *faults_new(struct world *world, struct ctlchan *cc, const struct fault_specs *specs,
                          const struct fault_hooks *hooks, char *why, size_t size);

/* What is down stays so. */
void faults_free(struct faults *faults);

struct fault_stats {
    uint32_t n_targets;
    uint64_t n_begun;
    double down_s;     /* Of all targets together, up to now. */
    double watched_s;  /* Targets times the time since 'at_s' (scheduled: since the start). */
    double expected_frac; /* Random: mtbf/(mtbf + mttr). */
};

struct fault_stats faults_stats(const struct faults *faults, size_t spec);

#endif
