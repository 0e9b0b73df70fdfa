#include "controller/openflow/of_text.h"

#include <stdarg.h>
#include <stdio.h>

#include "controller/openflow/of_types.h"

void of_text_add(struct of_text *t, const char *fmt, ...)
{
    size_t room = t->len < t->size ? t->size - t->len : 0;
    va_list args;
    int n;

    va_start(args, fmt);
    n = vsnprintf(room ? t->out + t->len : NULL, room, fmt, args);
    va_end(args);
    t->len += n > 0 ? (size_t)n : 0;
}

void of_text_port(struct of_text *t, port_no_t port)
{
    static const char *const names[] = {"in_port", "table",      "normal", "flood",
                                        "all",     "controller", "local",  "any"};

    if (port >= OF_PORT_IN_PORT) {
        of_text_add(t, "%s", names[port - OF_PORT_IN_PORT]);
    } else {
        of_text_add(t, "%u", port);
    }
}

/* --- Field values ----------------------------------------------------------------------------- */

/* Group 'i' of an IPv6 address, 0 to 7. */
static unsigned ipv6_group(struct of_num v, unsigned i)
{
    return (unsigned)((i < 4 ? v.hi : v.lo) >> (48 - 16 * (i % 4)) & 0xffff);
}

/* Number of zero groups from group 'i' on. */
static unsigned zero_run(struct of_num v, unsigned i)
{
    unsigned n = 0;

    while (i + n < 8 && ipv6_group(v, i + n) == 0) {
        n++;
    }
    return n;
}

/* RFC 5952: the longest run of at least two zero groups, the first of several, becomes "::". */
static void add_ipv6(struct of_text *t, struct of_num v)
{
    unsigned best = 8, best_len = 1;

    for (unsigned i = 0; i < 8; i++) {
        if (zero_run(v, i) > best_len) {
            best = i;
            best_len = zero_run(v, i);
        }
    }
    for (unsigned i = 0; i < 8; i++) {
        if (i == best) {
            of_text_add(t, "::");
            i += best_len - 1;
        } else {
            of_text_add(t, i && i != best + best_len ? ":%x" : "%x", ipv6_group(v, i));
        }
    }
}

static bool is_ipv4(enum of_field field)
{
    return field == OF_FIELD_IPV4_SRC || field == OF_FIELD_IPV4_DST || field == OF_FIELD_ARP_SPA ||
           field == OF_FIELD_ARP_TPA;
}

void of_text_value(struct of_text *t, enum of_field field, struct of_num v)
{
    const struct of_field_info *info = of_field_info(field);

    if (info->size == ETH_ADDR_LEN) {
        of_text_add(t, ETH_FMT, ETH_ARGS(eth_addr_from_u64(v.lo)));
    } else if (info->bits == 128) {
        add_ipv6(t, v);
    } else if (is_ipv4(field)) {
        of_text_add(t, IPV4_FMT, IPV4_ARGS(v.lo));
    } else if (field == OF_FIELD_IN_PORT || field == OF_FIELD_IN_PHY_PORT) {
        of_text_port(t, (port_no_t)v.lo);
    } else if (field == OF_FIELD_ETH_TYPE) {
        of_text_add(t, "0x%04llx", (unsigned long long)v.lo);
    } else if (info->bits == 64) {
        of_text_add(t, "0x%llx", (unsigned long long)v.lo);
    } else {
        of_text_add(t, "%llu", (unsigned long long)v.lo);
    }
}

/* A VLAN id is written without its present bit, "none" for untagged frames. */
static void add_vlan_vid(struct of_text *t, struct of_num v)
{
    if (v.lo == OF_VID_NONE) {
        of_text_add(t, "none");
    } else if (v.lo & OF_VID_PRESENT) {
        of_text_add(t, "%u", (unsigned)v.lo & 0xfff);
    } else {
        of_text_add(t, "0x%04x", (unsigned)v.lo);
    }
}

static bool is_plain_number(enum of_field field)
{
    unsigned bits = of_field_info(field)->bits;

    return bits < 32 || field == OF_FIELD_IN_PORT;
}

static void add_masked(struct of_text *t, enum of_field field, struct of_num v, struct of_num m)
{
    if (is_plain_number(field)) {
        of_text_add(t, "0x%llx/0x%llx", (unsigned long long)v.lo, (unsigned long long)m.lo);
        return;
    }
    of_text_value(t, field, v);
    of_text_add(t, "/");
    of_text_value(t, field, m);
}

void of_text_match(struct of_text *t, const struct of_match *match)
{
    const char *separator = "";
    enum of_field field;
    uint64_t left;

    OF_FOR_EACH_FIELD(field, left, match->present)
    {
        struct of_num v = of_match_value(match, field);

        of_text_add(t, "%s%s=", separator, of_field_info(field)->name);
        separator = ",";
        if (match->masked >> field & 1) {
            add_masked(t, field, v, of_match_mask(match, field));
        } else if (field == OF_FIELD_VLAN_VID) {
            add_vlan_vid(t, v);
        } else {
            of_text_value(t, field, v);
        }
    }
    if (!match->present) {
        of_text_add(t, "any");
    }
}

size_t of_match_print(const struct of_match *match, char *out, size_t size)
{
    struct of_text t = of_text_init(out, size);

    of_text_match(&t, match);
    return t.len;
}
