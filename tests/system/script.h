/* Scripts: what happens to some switches and their hosts at which time, as text.
 *
 *      switch s1 1.3 0xa1 ports 1 2 11      a switch, its version, datapath id and ports
 *      link s1:11 s2:11                     joins two ports
 *      except sim                           a driver that cannot say this
 *      at 0.1 connect s1                    from here on it answers requests by itself
 *      at 0.2 disconnect s1
 *      at 0.3 send s1 04000008 00000001     bytes, in groups as one likes
 *      at 1.5 frame s1 1 arp-ask 1 2        a packet-in: host 1 at port 1 asks who has host 2
 *      at 1.6 frame s1 1 udp 1 2            (also arp-tell)
 *      at 2.0 port s1 11 down               (also up) with its port-status
 *      at 3.0 refuse s1 FLOW_TABLE_FULL     answers its next flow-mod with this error
 *      at 4.0 mute s1                       (also speak) answers nothing
 *      at 5.0 expect s1 flow_mod 3          so many were sent to it since it was last asked
 *      at 5.0 expect-closed s1              the controller has closed its connection
 *      end 6.0
 *
 * Times are seconds; '#' begins a comment. Host n has the addresses 02:00:00:00:00:n and 10.0.0.n. */
#ifndef TAMBO_TESTS_SYSTEM_SCRIPT_H
#define TAMBO_TESTS_SYSTEM_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/buf.h"
#include "controller/base/mono.h"
#include "controller/openflow/of_msg.h"

#define SCRIPT_MAX_SWITCHES 8
#define SCRIPT_MAX_PORTS 16
#define SCRIPT_MAX_STEPS 256

struct script_port {
    port_no_t number;
    int peer; /* Index of the switch at the other end, −1: a host or nobody. */
    port_no_t peer_port;
};

struct script_switch {
    char name[16];
    uint8_t version;
    dpid_t dpid;
    struct script_port ports[SCRIPT_MAX_PORTS];
    size_t n_ports;
};

enum script_verb {
    SCRIPT_CONNECT,
    SCRIPT_DISCONNECT,
    SCRIPT_SEND,
    SCRIPT_FRAME,
    SCRIPT_PORT,
    SCRIPT_REFUSE,
    SCRIPT_MUTE,
    SCRIPT_SPEAK,
    SCRIPT_EXPECT,
    SCRIPT_EXPECT_CLOSED,
};

struct script_step {
    mono_t at;
    unsigned line;
    enum script_verb verb;
    unsigned sw;
    port_no_t port;    /* FRAME, PORT. */
    bool up;           /* PORT. */
    enum of_err err;   /* REFUSE. */
    enum of_type type; /* EXPECT. */
    unsigned n;        /* EXPECT. */
    struct buf bytes;  /* SEND, FRAME. */
};

struct script {
    const char *path;
    struct script_switch switches[SCRIPT_MAX_SWITCHES];
    size_t n_switches;
    struct script_step steps[SCRIPT_MAX_STEPS]; /* In ascending order of time. */
    size_t n_steps;
    mono_t end;
    char except[32]; /* Name of a driver, or empty. */
};

/* Reads the file 'path' (borrowed) into 'out'. A mistake ends the program with file and line. */
void script_read(const char *path, struct script *out);

void script_free(struct script *script);

/* The port 'number' of switch 'sw', or NULL. */
const struct script_port *script_port(const struct script *script, unsigned sw, port_no_t number);

#endif
