/* A live driver with a real core and test-owned time, and switches that are played by hand at the
 * other end of a bufferevent_pair or of a socket. */
#ifndef TAMBO_TESTS_LIVE_FIXTURE_H
#define TAMBO_TESTS_LIVE_FIXTURE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "controller/base/arena.h"
#include "controller/base/buf.h"
#include "controller/core/ctl.h"
#include "controller/live/live.h"
#include "controller/openflow/of_codec.h"

struct fixture {
    mono_t time; /* What the driver's time function says. */
    struct clock clock;
    struct log log;
    char lines[65536]; /* Everything that was logged. */
    size_t n_lines;
    struct live *live;
    struct ctl *ctl;
    struct arena arena; /* Of the messages that the switches decode. */
};

/* With 'params' changed by the test beforehand (NULL: defaults); clock, log and time are filled
 * in. */
void fixture_init(struct fixture *f, const struct live_params *params,
                  const struct core_settings *settings);
void fixture_fini(struct fixture *f);

/* Turns the loop until nothing moves any more. */
void fixture_settle(struct fixture *f);

/* Goes from deadline to deadline up to 'd_ns' later. */
void fixture_advance(struct fixture *f, int64_t d_ns);

bool fixture_logged(const struct fixture *f, const char *text);

/* A switch at the other end of a connection. */
struct peer {
    struct fixture *f;
    struct bufferevent *bev; /* The far end of a pair, or NULL. */
    int fd;                  /* The far end of a socket, or -1. */
    struct ssl_st *ssl;      /* TLS on the socket (tls_peer.h), or NULL. */
    size_t cut;              /* With TLS: so many bytes are sent at a time; 0: all. */
    size_t flip;             /* With TLS: after so many bytes less one, one is changed; 0: none. */
    struct buf rx;
    bool eof;
};

/* Connects by a bufferevent_pair; 'name' is its address in the log. */
void peer_connect(struct peer *p, struct fixture *f, const char *name);

/* Connects by a socketpair. */
void peer_connect_socket(struct peer *p, struct fixture *f, const char *name);

/* Connects to a listener at 'port' of 127.0.0.1; whether it is accepted is the loop's affair. */
void peer_connect_port(struct peer *p, struct fixture *f, uint16_t port);

void peer_close(struct peer *p);

void peer_send_bytes(struct peer *p, const void *data, size_t len);
void peer_send(struct peer *p, const struct of_msg *msg);

/* Takes the next message that the controller has sent into '*msg', valid until the next one is
 * taken. False when there is none. */
bool peer_receive(struct peer *p, struct of_msg *msg);

/* The same; the test fails unless it is of 'type'. */
void peer_expect(struct peer *p, enum of_type type, struct of_msg *msg);

/* Takes messages until one of 'type' comes. */
void peer_await(struct peer *p, enum of_type type, struct of_msg *msg);

/* True when the controller has ended the stream and everything before was taken. */
bool peer_is_closed(struct peer *p);

/* Stops or goes on reading (pairs only). */
void peer_listen(struct peer *p, bool on);

/* Plays the handshake of a switch without ports that has 'dpid', up to READY. */
void peer_handshake(struct peer *p, uint8_t version, dpid_t dpid);

/* Answers what has come on a socket, without turning the loop, and returns how many messages of
 * type 'count' there were. */
unsigned peer_answer(struct peer *p, dpid_t dpid, enum of_type count);

#endif
