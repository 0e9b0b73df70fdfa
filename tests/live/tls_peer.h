/* Switches of the fixture that speak TLS, on a socketpair. */
#ifndef TAMBO_TESTS_LIVE_TLS_PEER_H
#define TAMBO_TESTS_LIVE_TLS_PEER_H

#include "tests/live/fixture.h"

/* How a switch comes. Names are of files in the PKI folder, without ".pem" and ".key". */
struct tls_manners {
    const char *name;         /* Its certificate; NULL: it shows none. */
    const char *ca;           /* Whom it believes; NULL: anybody. */
    int min_version, version; /* TLS1_2_VERSION...; 0: whatever there is. */
    size_t cut;               /* Bytes sent at a time; 0: all. */
    size_t flip;              /* The how-manieth byte that is sent is changed, from 1; 0: none. */
};

/* Connects and goes through the TLS handshake. False when the client side could not end it. */
bool tls_peer_connect(struct peer *p, struct fixture *f, const char *peer,
                      const struct tls_manners *manners);

/* Goes on with the handshake; true when it is done. */
bool tls_peer_shake(struct peer *p);

/* For fixture.c. */
void tls_peer_write(struct peer *p, const void *data, size_t len);
void tls_peer_read(struct peer *p);
void tls_peer_free(struct peer *p);

#endif
