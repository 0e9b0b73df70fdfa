#include "controller/core/probe.h"

#include <inttypes.h>
#include <stdio.h>

#include "controller/base/sha256.h"
#include "controller/core/ctl_int.h"
#include "controller/packet/pkt.h"

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

/* The source address of probes: the port's, or one made of the datapath id and the port. */
static struct eth_addr probe_source(const struct datapath *dp, const struct of_port *port)
{
    if (!eth_addr_is_zero(port->hw_addr) && !eth_addr_is_multicast(port->hw_addr)) {
        return port->hw_addr;
    }
    return eth_addr_from_u64(UINT64_C(0x020000000000) | (dp->dpid & 0xffffff) << 16 |
                             (port->port_no & 0xffff));
}

static struct pkt_lldp_id local_id(const char *text, int len, uint8_t subtype)
{
    return (struct pkt_lldp_id){subtype, (uint16_t)len, (const uint8_t *)text};
}

static uint16_t probe_ttl_s(const struct ctl *ctl)
{
    int64_t ttl_s = (ctl->settings.link_timeout_ns + NS_PER_S - 1) / NS_PER_S;

    return (uint16_t)(ttl_s < UINT16_MAX ? ttl_s : UINT16_MAX);
}

/* --- Nonces: nanoseconds, times two, and the kind ---------------------------------------------- */

static uint64_t kind_bit(uint16_t type)
{
    return type == PKT_TYPE_LLDP ? 0 : 1;
}

/* Of probes that are made at the same time each is a nanosecond younger than the one before. */
static uint64_t next_nonce(struct ctl *ctl, uint16_t type)
{
    uint64_t now_ns = (uint64_t)ctl->clock->now.ns, least_ns = ctl->last_nonce / 2 + 1;

    ctl->last_nonce = (now_ns > least_ns ? now_ns : least_ns) * 2 + kind_bit(type);
    return ctl->last_nonce;
}

bool probe_is_fresh(const struct ctl *ctl, uint16_t type, uint64_t nonce)
{
    mono_t made_at = {(int64_t)(nonce / 2)};
    mono_t since = {ctl->clock->now.ns - ctl->settings.probe_life_ns};

    return nonce % 2 == kind_bit(type) && nonce <= ctl->last_nonce && !mono_before(made_at, since);
}

/* --- Frames ----------------------------------------------------------------------------------- */

void probe_build(const struct datapath *dp, const struct of_port *port, uint16_t type,
                 struct buf *out)
{
    struct ctl *ctl = dp->ctl;
    struct probe said = {dp->dpid, port->port_no, ctl->core_id, next_nonce(ctl, type)};
    struct eth_addr dst = type == PKT_TYPE_LLDP ? PKT_LLDP_MULTICAST : ETH_ADDR_BROADCAST;
    char chassis[32], port_text[16];
    struct pkt_lldp lldp = {.ttl_s = probe_ttl_s(ctl), .n_orgs = 1};
    struct buf tag = BUF_INIT;
    int n;

    n = snprintf(chassis, sizeof chassis, "dpid:" DPID_FMT, DPID_ARGS(dp->dpid));
    lldp.chassis = local_id(chassis, n, PKT_LLDP_CHASSIS_LOCAL);
    n = snprintf(port_text, sizeof port_text, "%" PRIu32, port->port_no);
    lldp.port = local_id(port_text, n, PKT_LLDP_PORT_LOCAL);
    probe_put(&tag, &said, ctl->lldp_key);
    lldp.orgs[0] = probe_org(tag.data);
    pkt_build_lldp(out, dst, probe_source(dp, port), type, &lldp);
    buf_fini(&tag);
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
