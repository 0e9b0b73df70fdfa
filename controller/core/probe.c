#include "controller/core/probe.h"

#include "controller/base/sha256.h"

/* The identifier of the Open Networking Foundation, and a subtype of our own. */
#define ORG_OUI 0x0026e1
#define ORG_SUBTYPE 0x54

#define CLAIM_LEN 28 /* What the authenticator is about. */
#define AUTH_LEN 16

_Static_assert(CLAIM_LEN + AUTH_LEN == PROBE_TAG_LEN, "the parts of the TLV");

static void authenticate(const uint8_t claim[CLAIM_LEN], const uint8_t key[32],
                         uint8_t out[SHA256_LEN])
{
    hmac_sha256(key, 32, claim, CLAIM_LEN, out);
}

void probe_put(struct buf *out, const struct probe *probe, const uint8_t key[32])
{
    uint8_t auth[SHA256_LEN];
    size_t start = out->len;

    buf_put_u64(out, probe->dpid);
    buf_put_u32(out, probe->port_no);
    buf_put_u64(out, probe->core);
    buf_put_u64(out, probe->nonce);
    authenticate(&out->data[start], key, auth);
    buf_put(out, auth, AUTH_LEN);
}

struct pkt_lldp_org probe_org(const uint8_t *value)
{
    return (struct pkt_lldp_org){ORG_OUI, ORG_SUBTYPE, PROBE_TAG_LEN, value};
}

enum probe_verdict probe_read(const struct pkt_lldp *lldp, const uint8_t key[32], struct probe *out)
{
    const struct pkt_lldp_org *org = pkt_lldp_find_org(lldp, ORG_OUI, ORG_SUBTYPE);
    uint8_t auth[SHA256_LEN];
    struct rd r;

    if (!org) {
        return PROBE_NONE;
    }
    if (org->len != PROBE_TAG_LEN) {
        return PROBE_MALFORMED;
    }
    authenticate(org->data, key, auth);
    if (!bytes_eq_ct(auth, &org->data[CLAIM_LEN], AUTH_LEN)) {
        return PROBE_FORGED;
    }
    r = rd_init(org->data, org->len);
    out->dpid = rd_u64(&r);
    out->port_no = rd_u32(&r);
    out->core = rd_u64(&r);
    out->nonce = rd_u64(&r);
    return PROBE_GOOD;
}

/* --- Nonces under way -------------------------------------------------------------------------- */

void probe_window_add(struct probe_window *w, uint64_t nonce, mono_t now)
{
    w->sent[w->next].nonce = nonce;
    w->sent[w->next].at = now;
    w->next = (uint8_t)((w->next + 1) % PROBE_WINDOW);
}

/* A place that holds none has the nonce 0, which is never sent. */
bool probe_window_take(struct probe_window *w, uint64_t nonce, mono_t since)
{
    for (size_t i = 0; nonce && i < PROBE_WINDOW; i++) {
        if (w->sent[i].nonce == nonce) {
            w->sent[i].nonce = 0;
            return !mono_before(w->sent[i].at, since);
        }
    }
    return false;
}
