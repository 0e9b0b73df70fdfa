/* TLS under switches: all show one certificate, and each wants to see that of the controller, for the
 * host that was asked for and from the authority that is believed. Private to this room. */
#ifndef TAMBO_BRIDGE_BENCH_TLS_H
#define TAMBO_BRIDGE_BENCH_TLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "simnet/bridge/bench.h"

struct ssl_ctx_st;
struct ssl_st;

/* Credentials from the files of 'params'. NULL, and 'error' says which file is wrong and why. */
struct ssl_ctx_st *bench_tls_new(const struct bench_params *params, char *error, size_t size);

/* NULL is fine. */
void bench_tls_free(struct ssl_ctx_st *tls);

/* Makes the handshake on the connected, blocking socket 'fd', which stays the caller's, within
 * 'timeout_ns' without a byte. NULL, and 'error' says why. */
struct ssl_st *bench_tls_connect(struct ssl_ctx_st *tls, int fd, const char *host,
                                 int64_t timeout_ns, char *error, size_t size);

/* On a connected socket 'fd' that does not block, and stays the caller's: the first reads and writes make
 * the handshake. */
struct ssl_st *bench_tls_begin(struct ssl_ctx_st *tls, int fd, const char *host);

/* Why the last call on 'tls' failed, with the errno that it left. */
void bench_tls_explain(const struct ssl_st *tls, int saved, char *error, size_t size);

/* NULL is fine. */
void bench_tls_close(struct ssl_st *tls);

/* As recv() and send() on a socket that does not block: -1 with EAGAIN when nothing can be done now.
 * Other failures are EPROTO, and bench_tls_reason() says more. */
ssize_t bench_tls_read(struct ssl_st *tls, void *out, size_t size);
ssize_t bench_tls_write(struct ssl_st *tls, const void *data, size_t len);

/* The last call moved nothing, and cannot before there is something to read, whatever it was. */
bool bench_tls_wants_read(const struct ssl_st *tls);

/* Why the last call failed, "" when TLS does not know. Valid until the next one. */
const char *bench_tls_reason(void);

#endif
