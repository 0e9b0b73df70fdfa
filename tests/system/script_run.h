/* Runs a script with one of the drivers and writes down what the controller sent.
 *
 * The runner owns time. It plays the switches: what the script says, and their answers to the
 * controller's requests, which come some microseconds after the request, at a different offset for
 * each switch, so that the order of everything follows from the script and not from a driver. */
#ifndef TAMBO_TESTS_SYSTEM_SCRIPT_RUN_H
#define TAMBO_TESTS_SYSTEM_SCRIPT_RUN_H

#include "controller/base/arena.h"
#include "controller/core/ctl.h"
#include "tests/system/script.h"

struct run;

/* A way to bring the core and the switches of a script together. All functions return when nothing
 * is left to do at the present instant. */
struct driver {
    const char *name;
    void *(*start)(struct run *run);
    void (*stop)(void *driver);
    void (*connect)(void *driver, unsigned sw);
    void (*disconnect)(void *driver, unsigned sw);

    /* The switch sends 'len' bytes, one or more messages. */
    void (*deliver)(void *driver, unsigned sw, const uint8_t *bytes, size_t len);

    /* When the core wants to run next. */
    mono_t (*next)(void *driver);

    /* Moves time forward to 'now' and does what is due. */
    void (*advance)(void *driver, mono_t now);
};

extern const struct driver driver_direct;     /* ctl_* called by hand. */
extern const struct driver driver_live;       /* controller/live on bufferevent pairs. */
extern const struct driver driver_sim_wire;   /* simnet/ctlchan, messages encoded, */
extern const struct driver driver_sim_direct; /* and passed as structs. */

/* Runs 'script'; the text written down for each switch goes to 'out[sw]' (to be freed). False when
 * an expectation was not met; it has been told on standard error. */
bool run_script(const struct script *script, const struct driver *driver, char *out[]);

/* --- For drivers ------------------------------------------------------------------------------ */

const struct script *run_of(const struct run *run);

/* A core with all apps, on 'southbound' and 'clock'. */
struct ctl *run_new_core(struct run *run, const struct southbound *southbound,
                         const struct clock *clock);

/* The controller's bytes have reached switch 'sw'. */
void run_output(struct run *run, unsigned sw, const uint8_t *bytes, size_t len);

/* The controller has ended the connection. */
void run_closed(struct run *run, unsigned sw);

/* --- For the runner: the agent of a switch (script_agent.c) ------------------------------------ */

/* What switch 'sw' answers to 'request' into 'reply'; false when nothing. Memory is in 'arena'. */
bool agent_answer(const struct script *script, unsigned sw, const struct of_msg *request,
                  struct arena *arena, struct of_msg *reply);

/* A packet-in at 'port' with the frame. */
void agent_packet_in(const struct script *script, unsigned sw, port_no_t port, const uint8_t *frame,
                     size_t len, struct of_msg *out);

/* The description of a port, and a port-status about it. */
struct of_port agent_port(const struct script *script, unsigned sw, port_no_t port, bool up);

#endif
