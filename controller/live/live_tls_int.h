/* What the two TLS files of this room share. Private to this room. */
#ifndef TAMBO_LIVE_LIVE_TLS_INT_H
#define TAMBO_LIVE_LIVE_TLS_INT_H

/* One of OpenSSL's types has the name of one of our errors. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "controller/base/types.h"
#include "controller/live/live_tls.h"

struct live_tls {
    SSL_CTX *ctx; /* Each connection holds it too. */
    bool bind_dpid;
};

/* The datapath id that 'cert' names; false when it names none. */
bool cred_dpid(const X509 *cert, dpid_t *out);

#endif
