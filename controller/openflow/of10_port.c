/* Ports of 1.0: 16-bit numbers and descriptions (OF 1.0 §5.2.1). */
#include "controller/openflow/of_wire.h"

bool of10_port_is_ordinary(port_no_t port)
{
    return port >= 1 && port <= OF10_MAX_PORT;
}

enum of_err of10_check_filter(port_no_t out_port)
{
    return of10_port_is_ordinary(out_port) || out_port >= OF_PORT_IN_PORT ? OF_OK
                                                                          : OF_ERR_ACT_BAD_OUT_PORT;
}

port_no_t of10_get_port_no(struct rd *r)
{
    return of10_port_no(rd_u16(r));
}

void of10_put_port_no(struct buf *b, port_no_t port)
{
    buf_put_u16(b, of10_wire_port(b, port));
}

/* --- Bits ------------------------------------------------------------------------------------- */

/* Pairs of bits that mean the same; bits without a partner are dropped, in both directions: they
 * inform, nothing depends on them. Only in a port-mod they are refused. */
struct bit_pair {
    uint32_t v10, neutral;
};

static const struct bit_pair config_bits[] = {
    {1 << 0, OF_PC_PORT_DOWN},    {1 << 1, OF_PC_NO_STP},   {1 << 2, OF_PC_NO_RECV},
    {1 << 3, OF_PC_NO_RECV_STP},  {1 << 4, OF_PC_NO_FLOOD}, {1 << 5, OF_PC_NO_FWD},
    {1 << 6, OF_PC_NO_PACKET_IN},
};

#define N_CONFIG_BITS (sizeof config_bits / sizeof config_bits[0])

static uint32_t config_from_10(uint32_t v10)
{
    uint32_t config = 0;

    for (size_t i = 0; i < N_CONFIG_BITS; i++) {
        config |= v10 & config_bits[i].v10 ? config_bits[i].neutral : 0;
    }
    return config;
}

static uint32_t config_to_10(uint32_t config)
{
    uint32_t v10 = 0;

    for (size_t i = 0; i < N_CONFIG_BITS; i++) {
        v10 |= config & config_bits[i].neutral ? config_bits[i].v10 : 0;
    }
    return v10;
}

/* Rates up to 10 Gb/s are bits 0 to 6 in both; the five bits from COPPER on start at 7 in 1.0 and,
 * behind the rates that it did not know, at 11 in 1.3. */
static uint32_t features_from_10(uint32_t v10)
{
    return (v10 & 0x7f) | (v10 >> 7 & 0x1f) << 11;
}
static uint32_t features_to_10(uint32_t f)
{
    return (f & 0x7f) | (f >> 11 & 0x1f) << 7;
}

#define STATE_BITS (OF_PS_LINK_DOWN | OF_PS_STP_MASK)

/* --- Descriptions ------------------------------------------------------------------------------- */

void of10_get_port(struct rd *r, struct of_port *port)
{
    *port = (struct of_port){.port_no = of10_get_port_no(r)};
    port->hw_addr = rd_eth(r);
    of_get_text(r, port->name, OF_PORT_NAME_LEN);
    port->config = config_from_10(rd_u32(r));
    port->state = rd_u32(r) & STATE_BITS;
    port->curr = features_from_10(rd_u32(r));
    port->advertised = features_from_10(rd_u32(r));
    port->supported = features_from_10(rd_u32(r));
    port->peer = features_from_10(rd_u32(r));
    port->curr_speed_kbps = of_port_speed_kbps(port->curr);
    port->max_speed_kbps = of_port_speed_kbps(port->supported);
}

void of10_put_port(struct buf *b, const struct of_port *port)
{
    of10_put_port_no(b, port->port_no);
    buf_put_eth(b, port->hw_addr);
    buf_put_text(b, port->name, OF_PORT_NAME_LEN);
    buf_put_u32(b, config_to_10(port->config));
    buf_put_u32(b, port->state & STATE_BITS);
    buf_put_u32(b, features_to_10(port->curr));
    buf_put_u32(b, features_to_10(port->advertised));
    buf_put_u32(b, features_to_10(port->supported));
    buf_put_u32(b, features_to_10(port->peer));
}

/* --- Port-mod (§5.3.3) ------------------------------------------------------------------------ */

#define CONFIG_BITS_10 0x7fu
#define FEATURE_BITS_10 0xfffu

static enum of_err check_port(port_no_t port)
{
    return of10_port_is_ordinary(port) || port == OF_PORT_LOCAL ? OF_OK : OF_ERR_PORT_BAD_PORT;
}

enum of_err of10_get_port_mod(struct rd *r, struct arena *arena, struct of_msg *msg)
{
    struct of_port_mod *p = &msg->port_mod;
    uint32_t mask, advertise;

    (void)arena;
    *p = (struct of_port_mod){.port_no = of10_get_port_no(r)};
    p->hw_addr = rd_eth(r);
    p->config = config_from_10(rd_u32(r));
    p->mask = config_from_10(mask = rd_u32(r));
    p->advertise = features_from_10(advertise = rd_u32(r));
    rd_skip(r, 4);
    if (mask & ~CONFIG_BITS_10) {
        return OF_ERR_PORT_BAD_CONFIG;
    }
    if (advertise & ~FEATURE_BITS_10) {
        return OF_ERR_PORT_BAD_ADVERTISE;
    }
    return check_port(p->port_no);
}

enum err of10_put_port_mod(struct buf *b, const struct of_msg *msg)
{
    const struct of_port_mod *p = &msg->port_mod;

    if (config_from_10(config_to_10(p->mask)) != p->mask ||
        features_from_10(features_to_10(p->advertise)) != p->advertise || p->optical) {
        return ERR_UNSUPPORTED;
    }
    of10_put_port_no(b, p->port_no);
    buf_put_eth(b, p->hw_addr);
    buf_put_u32(b, config_to_10(p->config));
    buf_put_u32(b, config_to_10(p->mask));
    buf_put_u32(b, features_to_10(p->advertise));
    buf_put_zeros(b, 4);
    return check_port(p->port_no) ? ERR_RANGE : ERR_OK;
}
