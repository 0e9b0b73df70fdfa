#include "controller/live/live_tls_int.h"

#include "tests/live/tls_peer.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/socket.h>
#include <cmocka.h>

static void use_certificate(SSL_CTX *ctx, const char *name)
{
    char path[256];

    snprintf(path, sizeof path, "%s.pem", name);
    assert_int_equal(SSL_CTX_use_certificate_chain_file(ctx, path), 1);
    snprintf(path, sizeof path, "%s.key", name);
    assert_int_equal(SSL_CTX_use_PrivateKey_file(ctx, path, SSL_FILETYPE_PEM), 1);
}

static SSL_CTX *new_context(const struct tls_manners *manners)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_client_method());
    char path[256];

    SSL_CTX_set_security_level(ctx, 0); /* So that it can offer what nobody should. */
    SSL_CTX_set_min_proto_version(ctx, manners->min_version);
    SSL_CTX_set_max_proto_version(ctx, manners->version);
    if (manners->name) {
        use_certificate(ctx, manners->name);
    }
    if (manners->ca) {
        snprintf(path, sizeof path, "%s.pem", manners->ca);
        assert_int_equal(SSL_CTX_load_verify_file(ctx, path), 1);
        SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, NULL);
    }
    return ctx;
}

static void flip_byte(struct peer *p, uint8_t *data, size_t n)
{
    if (p->flip && p->flip <= n) {
        data[p->flip - 1] ^= 0x15;
    }
    p->flip = p->flip > n ? p->flip - n : 0;
}

/* What OpenSSL wants to send goes to the socket, in pieces if so asked. */
static void pump_out(struct peer *p)
{
    uint8_t data[65536];
    BIO *wbio = SSL_get_wbio(p->ssl);
    int n;

    while ((n = BIO_read(wbio, data, p->cut ? (int)p->cut : (int)sizeof data)) > 0) {
        flip_byte(p, data, (size_t)n);
        (void)send(p->fd, data, (size_t)n, MSG_NOSIGNAL);
        fixture_settle(p->f);
    }
}

static void pump_in(struct peer *p)
{
    uint8_t data[65536];
    ssize_t n;

    while ((n = recv(p->fd, data, sizeof data, 0)) > 0) {
        BIO_write(SSL_get_rbio(p->ssl), data, (int)n);
        fixture_settle(p->f);
    }
    p->eof = p->eof || n == 0 || errno != EAGAIN;
}

bool tls_peer_shake(struct peer *p)
{
    for (int i = 0; i < 5; i++) {
        int result = SSL_connect(p->ssl);

        pump_out(p);
        if (result == 1 || SSL_get_error(p->ssl, result) != SSL_ERROR_WANT_READ) {
            ERR_clear_error();
            return result == 1;
        }
        pump_in(p);
    }
    return false;
}

bool tls_peer_connect(struct peer *p, struct fixture *f, const char *peer,
                      const struct tls_manners *manners)
{
    SSL_CTX *ctx = new_context(manners);
    int pair[2];

    *p = (struct peer){.f = f, .cut = manners->cut, .flip = manners->flip};
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
    p->fd = pair[1];
    p->ssl = SSL_new(ctx);
    SSL_set_bio(p->ssl, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
    SSL_CTX_free(ctx);
    live_adopt_tls_socket(f->live, pair[0], peer);
    fixture_settle(f);
    return tls_peer_shake(p);
}

void tls_peer_write(struct peer *p, const void *data, size_t len)
{
    assert_int_equal(SSL_write(p->ssl, data, (int)len), len);
    pump_out(p);
}

void tls_peer_read(struct peer *p)
{
    int n;

    pump_in(p);
    do {
        buf_reserve(&p->rx, 16384);
        n = SSL_read(p->ssl, p->rx.data + p->rx.len, 16384);
        p->rx.len += n > 0 ? (size_t)n : 0;
    } while (n > 0);
    ERR_clear_error();
    pump_out(p);
}

void tls_peer_free(struct peer *p)
{
    SSL_free(p->ssl);
    p->ssl = NULL;
}
