/* HTTPS: TLS 1.2 and later, with a certificate, and one of the client's if it is asked for. */
#include <openssl/err.h>
#include <stdio.h>

#include "controller/northbound/nb_http_int.h"

/* The last thing that OpenSSL complained of. */
static SSL_CTX *fail(SSL_CTX *ctx, const char *path, char *why, size_t size)
{
    unsigned long code = ERR_peek_last_error();
    const char *reason = code ? ERR_reason_error_string(code) : NULL;

    snprintf(why, size, "%s: %s", path, reason ? reason : "cannot be used");
    ERR_clear_error();
    SSL_CTX_free(ctx);
    return NULL;
}

SSL_CTX *nb_tls_load(const char *certificate, const char *key, const char *ca, char *why,
                     size_t size)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    ERR_clear_error();
    if (!ctx || SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION) != 1) {
        return fail(ctx, "TLS", why, size);
    }
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE);
    if (SSL_CTX_use_certificate_chain_file(ctx, certificate) != 1) {
        return fail(ctx, certificate, why, size);
    }
    if (SSL_CTX_use_PrivateKey_file(ctx, key, SSL_FILETYPE_PEM) != 1 ||
        SSL_CTX_check_private_key(ctx) != 1) {
        return fail(ctx, key, why, size);
    }
    if (ca[0]) {
        STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca);

        if (!names || SSL_CTX_load_verify_locations(ctx, ca, NULL) != 1) {
            return fail(ctx, ca, why, size);
        }
        SSL_CTX_set_client_CA_list(ctx, names);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
        (void)SSL_CTX_set_session_id_context(ctx, (const unsigned char *)"tambo", 5);
    }
    return ctx;
}
