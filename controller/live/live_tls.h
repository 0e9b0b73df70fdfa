/* TLS for switches: who we are, whom we believe, and the transport that asks.
 *
 * Both sides show a certificate: a switch without one that our authority has signed is refused before
 * the core hears of it. TLS 1.2 and 1.3, no session resumption, so that whom we believe today decides
 * today. The credentials may be replaced while connections are open: those keep the ones with which
 * they began.
 *
 * A certificate can be bound to a datapath: it then has the alternative name (URI) or, without such a
 * one, the common name "dpid:" and 16 hexadecimal digits, and the core refuses the connection when
 * the switch says another datapath id.
 *
 * live_cred.c reads the files, live_tls.c moves the bytes. */
#ifndef TAMBO_LIVE_LIVE_TLS_H
#define TAMBO_LIVE_LIVE_TLS_H

#include <stdbool.h>
#include <stdint.h>

#include "controller/live/live.h"

struct live_tls_files {
    const char *certificate; /* PEM: ours, and what leads from it to the authority. */
    const char *key;         /* PEM, not encrypted: of our certificate. */
    const char *ca;          /* PEM: the authorities that switches' certificates come from. */
    bool bind_dpid;          /* A switch must be the datapath that its certificate names. */
};

#define LIVE_TLS_FAULT_LEN 160

/* What is wrong with each file, for example "has expired on Nov 19 12:00:00 2026 GMT"; empty when
 * nothing is. */
struct live_tls_faults {
    char certificate[LIVE_TLS_FAULT_LEN];
    char key[LIVE_TLS_FAULT_LEN];
    char ca[LIVE_TLS_FAULT_LEN];
};

/* Credentials ready for use, to be given to live_set_tls() or freed; NULL and 'faults' when a file
 * cannot be read, is not what it should be, does not fit or is not valid today. */
struct live_tls *live_tls_load(const struct live_tls_files *files, struct live_tls_faults *faults);

/* NULL is fine. */
void live_tls_free(struct live_tls *tls);

#endif
