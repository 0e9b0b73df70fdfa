/* One of OpenSSL's types has the name of one of our errors. */
#define ERR_STATE OPENSSL_ERR_STATE
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#undef ERR_STATE

#include "simnet/bridge/bench_tls.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

#include "controller/base/mono.h"

const char *bench_tls_reason(void)
{
    unsigned long error = ERR_peek_error();

    if (!error) {
        return "";
    }
    return ERR_SYSTEM_ERROR(error) ? strerror(ERR_GET_REASON(error))
                                   : ERR_reason_error_string(error);
}

/* --- Credentials ------------------------------------------------------------------------------ */

/* Loads the files in the order in which they are asked for; returns the option whose file is wrong,
 * or NULL. */
static const char *load(SSL_CTX *tls, const struct bench_params *p, const char **file)
{
    *file = p->ca;
    if (SSL_CTX_load_verify_locations(tls, p->ca, NULL) != 1) {
        return "--ca";
    }
    *file = p->certificate;
    if (SSL_CTX_use_certificate_chain_file(tls, p->certificate) != 1) {
        return "--certificate";
    }
    *file = p->key;
    if (SSL_CTX_use_PrivateKey_file(tls, p->key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(tls) != 1) {
        return "--key";
    }
    return NULL;
}

/* A key with a pass phrase is refused; nobody is there to type it. */
static int no_pass_phrase(char *out, int size, int is_writing, void *aux)
{
    (void)out;
    (void)size;
    (void)is_writing;
    (void)aux;
    return -1;
}

struct ssl_ctx_st *bench_tls_new(const struct bench_params *params, char *error, size_t size)
{
    SSL_CTX *tls = SSL_CTX_new(TLS_client_method());
    const char *file = "", *option;

    ERR_clear_error();
    SSL_CTX_set_min_proto_version(tls, TLS1_2_VERSION);
    SSL_CTX_set_verify(tls, SSL_VERIFY_PEER, NULL);
    SSL_CTX_set_mode(tls, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_default_passwd_cb(tls, no_pass_phrase);
    option = load(tls, params, &file);
    if (option) {
        snprintf(error, size, "%s %s: %s", option, file, bench_tls_reason());
        SSL_CTX_free(tls);
        return NULL;
    }
    return tls;
}

void bench_tls_free(struct ssl_ctx_st *tls)
{
    SSL_CTX_free(tls);
}

/* --- Connections ------------------------------------------------------------------------------ */

static void set_timeout(int fd, int64_t timeout_ns)
{
    struct timeval tv = {.tv_sec = timeout_ns / NS_PER_S};

    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof tv);
    setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

/* The controller's certificate must be for 'host', an address or a name. */
static void expect_host(SSL *ssl, const char *host)
{
    if (X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) != 1) {
        SSL_set1_host(ssl, host);
        SSL_set_tlsext_host_name(ssl, host);
    }
}

void bench_tls_explain(const struct ssl_st *ssl, int saved, char *error, size_t size)
{
    long verdict = SSL_get_verify_result(ssl);

    if (verdict != X509_V_OK) {
        snprintf(error, size, "the controller's certificate is not accepted: %s",
                 X509_verify_cert_error_string(verdict));
    } else if (ERR_peek_error()) {
        snprintf(error, size, "%s%s", bench_tls_reason(),
                 ERR_GET_REASON(ERR_peek_error()) == SSL_R_WRONG_VERSION_NUMBER
                     ? ": the controller does not speak TLS at this address"
                     : "");
    } else if (saved == EAGAIN) {
        snprintf(error, size, "the controller did not answer in time");
    } else {
        snprintf(error, size, "the controller closed the connection");
    }
}

struct ssl_st *bench_tls_begin(struct ssl_ctx_st *tls, int fd, const char *host)
{
    SSL *ssl = SSL_new(tls);

    ERR_clear_error();
    expect_host(ssl, host);
    SSL_set_fd(ssl, fd);
    SSL_set_connect_state(ssl);
    return ssl;
}

struct ssl_st *bench_tls_connect(struct ssl_ctx_st *tls, int fd, const char *host,
                                 int64_t timeout_ns, char *error, size_t size)
{
    SSL *ssl = bench_tls_begin(tls, fd, host);

    set_timeout(fd, timeout_ns);
    errno = 0;
    if (SSL_connect(ssl) != 1) {
        bench_tls_explain(ssl, errno, error, size);
        SSL_free(ssl);
        return NULL;
    }
    set_timeout(fd, 0);
    return ssl;
}

void bench_tls_close(struct ssl_st *tls)
{
    SSL_free(tls);
}

/* --- Bytes ------------------------------------------------------------------------------------ */

/* What a call that has moved nothing says as a socket would. */
static ssize_t refusal(SSL *ssl, int rc)
{
    int why = SSL_get_error(ssl, rc);

    if (why == SSL_ERROR_ZERO_RETURN) {
        return 0;
    }
    errno = why == SSL_ERROR_WANT_READ || why == SSL_ERROR_WANT_WRITE ? EAGAIN : EPROTO;
    return -1;
}

ssize_t bench_tls_read(struct ssl_st *tls, void *out, size_t size)
{
    size_t n;
    int rc;

    ERR_clear_error();
    rc = SSL_read_ex(tls, out, size, &n);
    return rc == 1 ? (ssize_t)n : refusal(tls, rc);
}

ssize_t bench_tls_write(struct ssl_st *tls, const void *data, size_t len)
{
    size_t n;
    int rc;

    ERR_clear_error();
    rc = SSL_write_ex(tls, data, len, &n);
    return rc == 1 ? (ssize_t)n : refusal(tls, rc);
}

bool bench_tls_wants_read(const struct ssl_st *tls)
{
    return SSL_want_read(tls);
}
