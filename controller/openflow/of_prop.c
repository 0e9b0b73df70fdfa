/* Properties: the lists of type, length and value that messages end with since 1.4 (1.4 §7.2). */
#include "controller/openflow/of_wire.h"

#define HEADER_LEN 4
#define EXPERIMENTER_LEN 8 /* Id and exp_type, which every experimenter's property begins with. */

/* The next one of 'r'. A length below 4 asks for more than there can be. */
static bool get_prop(struct rd *r, struct of_prop *p)
{
    size_t len;

    p->type = rd_u16(r);
    len = rd_u16(r);
    p->body = rd_sub(r, len - HEADER_LEN);
    rd_skip(r, of_padding(len));
    return !r->failed;
}

enum of_err of_get_props(struct rd *r, of_get_prop_fn *get, void *aux)
{
    uint32_t seen = 0;

    while (r->left) {
        struct of_prop p;
        enum of_err err;

        if (!get_prop(r, &p)) {
            return OF_ERR_PROP_BAD_LEN;
        }
        if (p.type < 32 && seen >> p.type & 1) {
            return OF_ERR_PROP_DUP_TYPE;
        }
        seen |= p.type < 32 ? UINT32_C(1) << p.type : 0;
        err = get(&p, aux);
        if (err) {
            return err;
        }
        if (p.body.failed || p.body.left) {
            return OF_ERR_PROP_BAD_LEN;
        }
    }
    return OF_OK;
}

size_t of_count_props(struct rd r)
{
    struct of_prop p;
    size_t n = 0;

    while (r.left && get_prop(&r, &p)) {
        n++;
    }
    return n + r.failed;
}

enum of_err of_unknown_prop(enum of_origin origin, struct of_prop *p)
{
    bool is_experimenter = p->type == OF_PROP_EXPERIMENTER;

    if (is_experimenter && p->body.left < EXPERIMENTER_LEN) {
        return OF_ERR_PROP_BAD_LEN;
    }
    (void)of_get_rest(&p->body);
    if (origin == OF_FROM_SWITCH) {
        return OF_OK;
    }
    return is_experimenter ? OF_ERR_PROP_BAD_EXPERIMENTER : OF_ERR_PROP_BAD_TYPE;
}

static enum of_err get_unknown(struct of_prop *p, void *aux)
{
    const enum of_origin *origin = aux;

    return of_unknown_prop(*origin, p);
}

enum of_err of_get_no_props(struct rd *r, enum of_origin origin)
{
    return of_get_props(r, get_unknown, &origin);
}

size_t of_begin_prop(struct buf *b, unsigned type)
{
    size_t start = b->len;

    buf_put_u16(b, type);
    buf_put_u16(b, 0);
    return start;
}

void of_end_prop(struct buf *b, size_t start)
{
    buf_set_u16(b, start + 2, b->len - start);
    buf_pad(b, start, 8);
}
