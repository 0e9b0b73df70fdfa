/* The message tap: what passed between the core and the switches, into a capture (live_pcap.h), and
 * beside it what else is needed to play the same again (tambo replay).
 *
 * The capture has every message in the order in which the core was given or sent it, over all
 * connections: what it was given with the instant that the core saw, which is that of the turn, what it sent with
 * the instant of sending, which may be later; messages of TLS connections in clear. It is in the
 * hands of the system at the end of every turn, or with 'every_message' before the core is given the
 * next message, so that the one that ended the program is there.
 *
 * The journal is the text file "FILE.replay": a line "tambo-replay 1", a line "complete" or
 * "incomplete REASON", a line "clock OFFSET START" (what added to the core's instants gives the
 * capture's, and the instant at which the core was made),
 * the lines that the program gave as 'head', a line "events", and then one line for everything
 * that is not a message: "PACKETS INSTANT EVENT ARGUMENTS", PACKETS being the packets in the capture
 * before it, INSTANT the core's in nanoseconds, EVENT one of
 *
 *      open PEER            the next SYN is this peer's
 *      expect CONN DPID     ctl_expect_dpid()
 *      run                  ctl_run()
 *      full CONN            a message was not sent: no room on the connection (counted from 0),
 *      closed CONN          or it was no longer open
 *      close CONN           the core closed the connection
 *      pair TABLE KEY VALUE the store gave this,
 *      each TABLE ERR       and this was the result of each(), an enum err
 *      wrote ERR            the result of put() or del(), when it was not ERR_OK
 *      sflow HEX            ctl_sflow() with this datagram
 *      rest ROLE METHOD PATH QUERY TYPE BODY
 *                           a request from the north was handled: one that changes things, or that
 *                           made the core say something to a switch; ROLE is a number
 *      end                  the tap was stopped
 *
 * Texts in arguments have '%', a '-' that begins them, and what is not printable as "%XX"; an empty
 * one is "-". Both files have mode 0600: they
 * hold keys of the core and whatever hosts sent to unknown places. */
#ifndef TAMBO_LIVE_LIVE_TAP_H
#define TAMBO_LIVE_LIVE_TAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/err.h"
#include "controller/base/types.h"
#include "controller/core/store_ops.h"

struct live;
struct live_conn;

#define LIVE_TAP_JOURNAL ".replay" /* After the capture's name. */
#define LIVE_TAP_MAGIC "tambo-replay 1"

#define LIVE_TAP_EVENTS(X)                                                                         \
    X(TAP_OPEN, "open")                                                                            \
    X(TAP_EXPECT, "expect")                                                                        \
    X(TAP_RUN, "run")                                                                              \
    X(TAP_FULL, "full")                                                                            \
    X(TAP_CLOSED, "closed")                                                                        \
    X(TAP_CLOSE, "close")                                                                          \
    X(TAP_PAIR, "pair")                                                                            \
    X(TAP_EACH, "each")                                                                            \
    X(TAP_WROTE, "wrote")                                                                          \
    X(TAP_SFLOW, "sflow")                                                                          \
    X(TAP_REST, "rest")                                                                            \
    X(TAP_END, "end")

enum live_tap_event {
#define X(name, text) name,
    LIVE_TAP_EVENTS(X)
#undef X
};

struct live_tap_params {
    const char *path;
    const char *const *switches; /* Datapath ids in hexadecimal and IP addresses; */
    size_t n_switches;           /* 0: all. */
    uint64_t max_bytes;          /* Of the capture and its journal; 0: any number. */
    bool rotate;                 /* Then the next file is begun; else the tap stops. */
    unsigned keep;               /* Older files that stay: FILE.1 is the youngest. */
    bool every_message;
    const char
        *head; /* Lines that say how the core is made, when it is still to be made; else NULL:
                       * there is no replay. */
};

/* Begins. Files that are there already are kept as older ones. ERR_IO (logged). */
enum err live_tap_start(struct live *live, const struct live_tap_params *params);

/* Ends, if there is a tap at all. */
void live_tap_stop(struct live *live);

/* False also when it has stopped by itself: the file was full or could not be written (logged). */
bool live_tap_is_on(const struct live *live);

/* 'store' (borrowed) with what it answers journalled while the tap is on; valid as long as 'live'. */
const struct store_ops *live_tap_store(struct live *live, const struct store_ops *store);

/* --- Requests from the north ------------------------------------------------------------------ */

/* What answers a request besides the core itself. Borrowed. */
struct live_tap_request {
    unsigned role;
    bool changes; /* Else it is of interest only when the core says something meanwhile. */
    const char *method, *path;
    const char *query, *type; /* NULL: none. */
    const void *body;
    size_t len;
};

/* 'request' is about to be handled, and (NULL) has been. */
void live_tap_request(struct live *live, const struct live_tap_request *request);

/* --- For this room: what happens, as it happens. Only while there is a tap. --------------------- */

void tap_opened(struct live_conn *conn);
void tap_expects(struct live_conn *conn, dpid_t dpid);
void tap_received(struct live_conn *conn, const uint8_t *data, size_t len);
void tap_gone(struct live_conn *conn); /* The core is about to be told. */
void tap_runs(struct live *live);
void tap_sflow(struct live *live, const uint8_t *data, size_t len);
void tap_turn_ends(struct live *live);

#endif
