/* Credentials: certificate, key and authority from their files, with a word for everything that can
 * be wrong with them; and the datapath id that a certificate names. */
#include "controller/live/live_tls_int.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"

/* --- Files ------------------------------------------------------------------------------------ */

static void set_fault(char *fault, const char *what, const char *more)
{
    snprintf(fault, LIVE_TLS_FAULT_LEN, "%s%s", what, more);
}

static FILE *open_file(const char *path, char *fault)
{
    FILE *file = fopen(path, "r");

    if (!file) {
        set_fault(fault, "cannot be read: ", strerror(errno));
    }
    return file;
}

/* A key that is encrypted cannot be used: nobody is there to be asked. */
static int no_password(char *out, int size, int writing, void *aux)
{
    (void)out;
    (void)size;
    (void)writing;
    (void)aux;
    return 0;
}

static void say_time(const ASN1_TIME *time, const char *what, char *fault)
{
    char text[64] = "";
    BIO *bio = BIO_new(BIO_s_mem());
    int n;

    ASN1_TIME_print(bio, time);
    n = BIO_read(bio, text, sizeof text - 1);
    text[n > 0 ? n : 0] = '\0';
    BIO_free(bio);
    set_fault(fault, what, text);
}

static bool is_valid_now(const X509 *cert, char *fault)
{
    if (X509_cmp_current_time(X509_get0_notAfter(cert)) < 0) {
        say_time(X509_get0_notAfter(cert), "has expired on ", fault);
    } else if (X509_cmp_current_time(X509_get0_notBefore(cert)) > 0) {
        say_time(X509_get0_notBefore(cert), "is not valid before ", fault);
    }
    return !fault[0];
}

/* The first certificate in the file, when it is valid now. */
static X509 *read_certificate(const char *path, char *fault)
{
    FILE *file = open_file(path, fault);
    X509 *cert;

    if (!file) {
        return NULL;
    }
    cert = PEM_read_X509(file, NULL, no_password, NULL);
    fclose(file);
    if (!cert) {
        set_fault(fault, "holds no certificate in PEM", "");
    } else if (!is_valid_now(cert, fault)) {
        X509_free(cert);
        cert = NULL;
    }
    return cert;
}

static EVP_PKEY *read_key(const char *path, char *fault)
{
    FILE *file = open_file(path, fault);
    EVP_PKEY *key;

    if (!file) {
        return NULL;
    }
    key = PEM_read_PrivateKey(file, NULL, no_password, NULL);
    fclose(file);
    if (!key) {
        set_fault(fault, "holds no private key in PEM that is not encrypted", "");
    }
    return key;
}

/* --- Loading ---------------------------------------------------------------------------------- */

static void load_certificate(SSL_CTX *ctx, const char *path, char *fault)
{
    X509 *cert = read_certificate(path, fault);

    if (cert && SSL_CTX_use_certificate_chain_file(ctx, path) != 1) {
        set_fault(fault, "cannot be used: ", ERR_reason_error_string(ERR_peek_last_error()));
    }
    X509_free(cert);
}

static void load_key(SSL_CTX *ctx, const char *path, char *fault)
{
    X509 *cert = SSL_CTX_get0_certificate(ctx);
    EVP_PKEY *key = read_key(path, fault);

    if (key && cert && X509_check_private_key(cert, key) != 1) {
        set_fault(fault, "is not the key of the certificate", "");
    } else if (key && SSL_CTX_use_PrivateKey(ctx, key) != 1) {
        set_fault(fault, "cannot be used: ", ERR_reason_error_string(ERR_peek_last_error()));
    }
    EVP_PKEY_free(key);
}

static void load_ca(SSL_CTX *ctx, const char *path, char *fault)
{
    X509 *cert = read_certificate(path, fault);

    if (cert && X509_check_ca(cert) == 0) {
        set_fault(fault, "is not the certificate of an authority", "");
    } else if (cert && SSL_CTX_load_verify_file(ctx, path) != 1) {
        set_fault(fault, "cannot be used: ", ERR_reason_error_string(ERR_peek_last_error()));
    } else if (cert) {
        SSL_CTX_set_client_CA_list(ctx, SSL_load_client_CA_file(path));
    }
    X509_free(cert);
}

/* Both sides show a certificate, nothing is resumed, nothing renegotiated. */
static SSL_CTX *new_context(void)
{
    SSL_CTX *ctx = SSL_CTX_new(TLS_server_method());

    if (!ctx) {
        abort(); /* No memory. */
    }
    SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
    SSL_CTX_set_options(ctx, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_OFF);
    SSL_CTX_set_num_tickets(ctx, 0);
    SSL_CTX_set_mode(ctx, SSL_MODE_RELEASE_BUFFERS);
    SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, NULL);
    return ctx;
}

struct live_tls *live_tls_load(const struct live_tls_files *files, struct live_tls_faults *faults)
{
    struct live_tls *tls = xcalloc(1, sizeof *tls);

    *faults = (struct live_tls_faults){0};
    tls->ctx = new_context();
    tls->bind_dpid = files->bind_dpid;
    load_certificate(tls->ctx, files->certificate, faults->certificate);
    load_key(tls->ctx, files->key, faults->key);
    load_ca(tls->ctx, files->ca, faults->ca);
    ERR_clear_error();
    if (faults->certificate[0] || faults->key[0] || faults->ca[0]) {
        live_tls_free(tls);
        return NULL;
    }
    return tls;
}

void live_tls_free(struct live_tls *tls)
{
    if (tls) {
        SSL_CTX_free(tls->ctx);
        free(tls);
    }
}

/* --- Datapath ids ----------------------------------------------------------------------------- */

#define DPID_PREFIX "dpid:"
#define DPID_TEXT_LEN (sizeof DPID_PREFIX - 1 + 16)

static int hex_digit(unsigned char c)
{
    const char *digits = "0123456789abcdef";
    const char *at = c ? strchr(digits, c | (c >= 'A' && c <= 'F' ? 0x20 : 0)) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* "dpid:00000000000000a1" and nothing else. */
static bool parse_dpid(const ASN1_STRING *text, dpid_t *out)
{
    const unsigned char *at = ASN1_STRING_get0_data(text);
    dpid_t dpid = 0;

    if (ASN1_STRING_length(text) != DPID_TEXT_LEN ||
        memcmp(at, DPID_PREFIX, sizeof DPID_PREFIX - 1) != 0) {
        return false;
    }
    for (size_t i = sizeof DPID_PREFIX - 1; i < DPID_TEXT_LEN; i++) {
        int digit = hex_digit(at[i]);

        if (digit < 0) {
            return false;
        }
        dpid = dpid << 4 | (dpid_t)digit;
    }
    *out = dpid;
    return true;
}

static bool alternative_dpid(const X509 *cert, dpid_t *out)
{
    GENERAL_NAMES *names = X509_get_ext_d2i(cert, NID_subject_alt_name, NULL, NULL);
    bool found = false;

    for (int i = 0; !found && i < sk_GENERAL_NAME_num(names); i++) {
        const GENERAL_NAME *name = sk_GENERAL_NAME_value(names, i);

        found = name->type == GEN_URI && parse_dpid(name->d.uniformResourceIdentifier, out);
    }
    GENERAL_NAMES_free(names);
    return found;
}

static bool common_name_dpid(const X509 *cert, dpid_t *out)
{
    const X509_NAME *subject = X509_get_subject_name(cert);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    return at >= 0 && parse_dpid(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)), out);
}

bool cred_dpid(const X509 *cert, dpid_t *out)
{
    return alternative_dpid(cert, out) || common_name_dpid(cert, out);
}
