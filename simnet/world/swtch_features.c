/* Table features: what the tables can do, and what a controller may make of them (OF 1.3.5 §7.3.5.5; 1.5
 * §7.3.5.18).
 *
 * A table does all that it can: a request for less is met by more, which the specification allows. What a
 * request changes is which tables there are, their names and how many entries they take. When the tables that
 * an entry may go on to change, the entries of its table go without a word (§7.3.5.5.1). A request in several
 * parts is kept until the last one has come, and done as a whole or not at all.
 *
 * Since 1.5 a controller may also say which table is the first one for frames that leave (§5.1): that and those after it
 * are then egress tables, those before it are for frames that come in, and no entry leads from the ones to the others.
 * When that changes, all entries go. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/openflow/of_codec.h"
#include "simnet/world/swtch_impl.h"

enum { FEATURES_PER_MSG = 8, MAX_PROPS = 11, MAX_REQUEST = 1 << 20 };

/* OFPTFF_*: what a table can be, and that it is the first of the egress tables. */
enum { INGRESS = 1, EGRESS = 1 << 1, FIRST_EGRESS = 1 << 4 };

/* --- What tables can do ------------------------------------------------------------------------ */

/* As 1 << OFPIT_*: write-metadata, write, apply and clear, the meter until 1.5 made it an action, stat-trigger
 * since then, and goto where a table follows. */
static uint32_t known_instructions(const struct swtch *sw, size_t n_next)
{
    enum { GOTO = 1 << 1, COMMON = 0x3c, METER = 1 << 6, STAT_TRIGGER = 1 << 7 };

    return COMMON | (sw->cur->version < OF_VERSION_1_5 ? METER : STAT_TRIGGER) |
           (n_next ? GOTO : 0);
}

/* What every table can do: all that the version can say. */
static size_t fill_props(struct swtch *sw, uint8_t t, struct of_table_prop *p)
{
    uint64_t fields = swtch_check_known_fields(sw->cur->version);
    uint64_t copied_into = swtch_check_settable_fields(sw->cur->version) | OF_BIT(METADATA);
    static const uint32_t ethernet = 0; /* Namespace and type (1.5 §7.2.3.11). */
    uint64_t maskable = 0;
    uint8_t *next = arena_alloc(&sw->arena, sw->params.n_tables);
    uint32_t leading = 1U << OF_ACT_OUTPUT | 1U << OF_ACT_GROUP;
    uint32_t actions = swtch_check_known_actions(sw->cur->version);
    size_t n_next = 0, n = 0;

    for (unsigned f = 0; f < OF_N_FIELDS; f++) {
        maskable |= of_field_info((enum of_field)f)->maskable ? UINT64_C(1) << f : 0;
    }
    for (uint8_t later = (uint8_t)(t + 1); later < sw->params.n_tables; later++) {
        if (!sw->vacancies[later].removed &&
            swtch_table_is_egress(sw, later) == swtch_table_is_egress(sw, t)) {
            next[n_next++] = later;
        }
    }
    p[n++] = (struct of_table_prop){
        .type = OF_TFP_INSTRUCTIONS,
        .instructions = known_instructions(sw, n_next),
    };
    p[n++] = (struct of_table_prop){
        .type = OF_TFP_NEXT_TABLES, .next_tables = next, .n_next_tables = n_next};
    p[n++] = (struct of_table_prop){.type = OF_TFP_WRITE_ACTIONS,
                                    .actions = swtch_table_is_egress(sw, t) ? actions & ~leading
                                                                            : actions};
    p[n++] = (struct of_table_prop){.type = OF_TFP_APPLY_ACTIONS, .actions = actions};
    p[n++] = (struct of_table_prop){
        .type = OF_TFP_MATCH, .fields = fields, .fields_masked = fields & maskable};
    p[n++] = (struct of_table_prop){.type = OF_TFP_WILDCARDS, .fields = fields};
    p[n++] = (struct of_table_prop){.type = OF_TFP_WRITE_SETFIELD,
                                    .fields = swtch_check_settable_fields(sw->cur->version)};
    p[n++] = (struct of_table_prop){.type = OF_TFP_APPLY_SETFIELD,
                                    .fields = swtch_check_settable_fields(sw->cur->version)};
    if (sw->cur->version >= OF_VERSION_1_5) {
        p[n++] = (struct of_table_prop){.type = OF_TFP_WRITE_COPYFIELD, .fields = copied_into};
        p[n++] = (struct of_table_prop){.type = OF_TFP_APPLY_COPYFIELD, .fields = copied_into};
        p[n++] = (struct of_table_prop){
            .type = OF_TFP_PACKET_TYPES, .packet_types = &ethernet, .n_packet_types = 1};
    }
    return n;
}

/* The first table is where frames come in. */
static uint32_t features_of(const struct swtch *sw, uint8_t t)
{
    if (sw->cur->version < OF_VERSION_1_5) {
        return 0;
    }
    return t == 0 ? INGRESS : INGRESS | EGRESS | (t == sw->first_egress ? FIRST_EGRESS : 0);
}

static void fill_features(struct swtch *sw, uint8_t t, struct of_table_features *out)
{
    struct of_table_prop *props = arena_calloc(&sw->arena, MAX_PROPS, sizeof *props);

    *out = (struct of_table_features){
        .table_id = t,
        .metadata_match = UINT64_MAX,
        .metadata_write = UINT64_MAX,
        .max_entries = table_max_entries(sw->tables[t]),
        .features = features_of(sw, t),
        .config = sw->cur->version < OF_VERSION_1_4 ? 0 : OF_TC_EVICTION | OF_TC_VACANCY_EVENTS,
        .props = props,
        .n_props = fill_props(sw, t, props),
    };
    snprintf(out->name, sizeof out->name, "%s", sw->shapes[t].name);
}

static void reply(struct answer *a)
{
    struct swtch *sw = a->sw;
    struct of_table_features *list = arena_calloc(&sw->arena, FEATURES_PER_MSG, sizeof *list);
    size_t n = 0;

    a->msg.mp_reply.table_features = list;
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        if (sw->vacancies[t].removed) {
            continue;
        }
        if (n == FEATURES_PER_MSG) {
            swtch_stats_part(a, n, true);
            n = 0;
        }
        fill_features(sw, t, &list[n++]);
    }
    swtch_stats_part(a, n, false);
}

/* --- What is asked for ------------------------------------------------------------------------- */

struct wish {
    const struct of_table_features *list;
    size_t n;
    enum of_table_features_command command;
    bool removed[OF_TABLE_MAX + 1]; /* The tables that there will not be. */
    uint8_t first_egress;           /* As there will be. */
};

static enum of_err for_version(const struct swtch *sw, enum of_err since_1_5)
{
    return sw->cur->version < OF_VERSION_1_5 ? OF_ERR_TFF_BAD_ARGUMENT : since_1_5;
}

/* The property that says the same of all frames, for one that says it of a miss. */
static enum of_table_prop_type without_miss(enum of_table_prop_type type)
{
    bool is_miss = type == OF_TFP_INSTRUCTIONS_MISS || type == OF_TFP_NEXT_TABLES_MISS ||
                   type == OF_TFP_WRITE_ACTIONS_MISS || type == OF_TFP_APPLY_ACTIONS_MISS ||
                   type == OF_TFP_WRITE_SETFIELD_MISS || type == OF_TFP_APPLY_SETFIELD_MISS ||
                   type == OF_TFP_WRITE_COPYFIELD_MISS || type == OF_TFP_APPLY_COPYFIELD_MISS;

    return is_miss ? (enum of_table_prop_type)(type - 1) : type;
}

static bool next_tables_stay(const struct wish *w, const struct of_table_prop *p)
{
    for (size_t i = 0; i < p->n_next_tables; i++) {
        if (w->removed[p->next_tables[i]]) {
            return false;
        }
    }
    return true;
}

/* Ethernet is what frames are (1.5 §7.2.3.11). */
static bool only_ethernet(const struct of_table_prop *p)
{
    for (size_t i = 0; i < p->n_packet_types; i++) {
        if (p->packet_types[i] != 0) {
            return false;
        }
    }
    return true;
}

/* True when 'can', of the same type, is no less than 'want'. */
static bool covers(const struct of_table_prop *can, const struct of_table_prop *want)
{
    return !(want->instructions & ~can->instructions) && !(want->actions & ~can->actions) &&
           !(want->fields & ~can->fields) &&
           (can->type != OF_TFP_MATCH || !(want->fields_masked & ~can->fields_masked));
}

static enum of_err check_prop(const struct wish *w, const struct of_table_prop *can, size_t n_can,
                              const struct of_table_prop *want)
{
    enum of_table_prop_type type = without_miss(want->type);

    if (type == OF_TFP_EXPERIMENTER || type == OF_TFP_EXPERIMENTER_MISS) {
        return OF_ERR_TFF_BAD_TYPE;
    }
    if (type == OF_TFP_NEXT_TABLES) {
        return next_tables_stay(w, want) ? OF_OK : OF_ERR_TFF_BAD_ARGUMENT;
    }
    if (type == OF_TFP_PACKET_TYPES) {
        return only_ethernet(want) ? OF_OK : OF_ERR_TFF_BAD_ARGUMENT;
    }
    for (size_t i = 0; i < n_can; i++) {
        if (can[i].type == type) {
            return covers(&can[i], want) ? OF_OK : OF_ERR_TFF_BAD_ARGUMENT;
        }
    }
    /* A copy of another table, and copies between fields: nothing of them is all that there is. */
    return want->n_next_tables || want->fields ? OF_ERR_TFF_BAD_ARGUMENT : OF_OK;
}

static enum of_err check_head(const struct swtch *sw, const struct of_table_features *f)
{
    uint32_t known = sw->cur->version < OF_VERSION_1_4 ? 3 : OF_TC_EVICTION | OF_TC_VACANCY_EVENTS;

    if (f->config & ~known) {
        return for_version(sw, OF_ERR_TFF_BAD_CAPA);
    }
    if (f->max_entries > sw->shapes[f->table_id].most_entries) {
        return for_version(sw, OF_ERR_TFF_BAD_MAX_ENT);
    }
    return OF_OK;
}

/* An egress table can be one, and is not the table where frames come in; there is one first of them. */
static enum of_err check_egress(const struct wish *w)
{
    unsigned n_first = 0;

    for (size_t i = 0; i < w->n && w->command <= OF_TFC_MODIFY; i++) {
        const struct of_table_features *f = &w->list[i];
        uint32_t can = INGRESS | (f->table_id ? EGRESS | FIRST_EGRESS : 0);

        if (f->features & ~can ||
            (f->features & FIRST_EGRESS && (!(f->features & EGRESS) || n_first++))) {
            return OF_ERR_TFF_BAD_FEATURES;
        }
    }
    return OF_OK;
}

/* Before 1.5 nothing is said of it, and it stays. */
static void note_first_egress(const struct swtch *sw, struct wish *w)
{
    bool says = sw->cur->version >= OF_VERSION_1_5;

    w->first_egress = says && w->command == OF_TFC_REPLACE ? 0 : sw->first_egress;
    for (size_t i = 0; i < w->n && says && w->command <= OF_TFC_MODIFY; i++) {
        const struct of_table_features *f = &w->list[i];

        if (f->features & FIRST_EGRESS) {
            w->first_egress = f->table_id;
            break;
        }
        w->first_egress = f->table_id == w->first_egress ? 0 : w->first_egress;
    }
    if (w->first_egress >= sw->params.n_tables || w->removed[w->first_egress]) {
        w->first_egress = 0;
    }
}

static enum of_err check_table(struct swtch *sw, const struct wish *w,
                               const struct of_table_features *f)
{
    struct of_table_prop *can;
    enum of_err err = OF_OK;
    size_t n_can;

    if (f->table_id >= sw->params.n_tables ||
        (w->command == OF_TFC_MODIFY && sw->vacancies[f->table_id].removed)) {
        return OF_ERR_TFF_BAD_TABLE;
    }
    if (w->command == OF_TFC_ENABLE || w->command == OF_TFC_DISABLE) {
        return OF_OK; /* The rest does not count (1.5 §7.3.5.18.1). */
    }
    err = check_head(sw, f);
    can = arena_calloc(&sw->arena, MAX_PROPS, sizeof *can);
    n_can = fill_props(sw, f->table_id, can);
    for (size_t i = 0; i < f->n_props && err == OF_OK; i++) {
        err = check_prop(w, can, n_can, &f->props[i]);
    }
    return err;
}

/* Which tables there will be. */
static void note_removed(const struct swtch *sw, struct wish *w)
{
    for (uint8_t t = 0; t <= OF_TABLE_MAX; t++) {
        w->removed[t] =
            t >= sw->params.n_tables || w->command == OF_TFC_REPLACE || sw->vacancies[t].removed;
    }
    for (size_t i = 0; i < w->n; i++) {
        if (w->list[i].table_id < sw->params.n_tables) {
            w->removed[w->list[i].table_id] = w->command == OF_TFC_DISABLE;
        }
    }
}

static enum of_err check(struct swtch *sw, struct wish *w)
{
    enum of_err err = OF_OK;

    w->command = w->list[0].command;
    for (size_t i = 0; i < w->n; i++) {
        if (w->list[i].command != w->command) {
            return OF_ERR_TFF_BAD_COMMAND;
        }
    }
    note_removed(sw, w);
    note_first_egress(sw, w);
    err = check_egress(w);
    for (size_t i = 0; i < w->n && err == OF_OK; i++) {
        err = check_table(sw, w, &w->list[i]);
    }
    /* Every frame begins in table 0 (§5.1). */
    return err == OF_OK && w->removed[0] ? OF_ERR_TFF_BAD_TABLE : err;
}

/* --- Changes --------------------------------------------------------------------------------- */

static void clear(struct swtch *sw, uint8_t t)
{
    static const struct of_flow_mod all = {
        .command = OF_FLOW_DELETE, .out_port = OF_PORT_ANY, .out_group = OF_GROUP_ANY};

    sw->quiet = true;
    table_flow_mod(sw->tables[t], &all, NULL);
    sw->quiet = false;
}

/* From the last table to the first: the entries of those before one that comes or goes go, too. */
static void set_tables(struct swtch *sw, const struct wish *w)
{
    bool changed = false;

    for (unsigned t = sw->params.n_tables; t-- > 0;) {
        changed = changed || sw->vacancies[t].removed != w->removed[t] ||
                  sw->first_egress != w->first_egress;
        if (changed) {
            clear(sw, (uint8_t)t);
        }
        sw->vacancies[t].removed = w->removed[t];
    }
    sw->first_egress = w->first_egress;
}

static void apply(struct swtch *sw, const struct wish *w)
{
    set_tables(sw, w);
    for (size_t i = 0; i < w->n && w->command <= OF_TFC_MODIFY; i++) {
        const struct of_table_features *f = &w->list[i];
        struct table_shape *shape = &sw->shapes[f->table_id];

        snprintf(shape->name, sizeof shape->name, "%s", f->name);
        table_set_max_entries(sw->tables[f->table_id], f->max_entries);
    }
}

/* --- Requests -------------------------------------------------------------------------------- */

/* Appends the tables of one part to the wish, whose list grows in the arena. */
static void add_part(struct swtch *sw, const struct of_multipart_request *q, struct wish *w)
{
    struct of_table_features *all =
        arena_calloc(&sw->arena, w->n + q->table_features.n, sizeof *all);

    if (w->n) {
        memcpy(all, w->list, w->n * sizeof *all);
    }
    if (q->table_features.n) {
        memcpy(all + w->n, q->table_features.list, q->table_features.n * sizeof *all);
    }
    w->list = all;
    w->n += q->table_features.n;
}

/* What the parts that have been kept ask for. */
static void read_parts(struct swtch *sw, const struct buf *parts, struct wish *w)
{
    struct of_msg part;
    size_t len;

    for (size_t at = 0; of_frame_split(parts->data + at, parts->len - at, &len) == OF_FRAME_WHOLE;
         at += len) {
        if (of_decode(parts->data + at, len, &sw->arena, &part) == OF_OK) {
            add_part(sw, &part.mp_request, w);
        }
    }
}

static bool twice(const struct wish *w)
{
    bool seen[UINT8_MAX + 1] = {false};

    for (size_t i = 0; i < w->n; i++) {
        if (seen[w->list[i].table_id]) {
            return true;
        }
        seen[w->list[i].table_id] = true;
    }
    return false;
}

static enum of_err keep_part(struct swtch_conn *conn, const struct of_msg *request)
{
    if (conn->parts.len > MAX_REQUEST) {
        return OF_ERR_MULTIPART_OVERFLOW;
    }
    return of_encode(request, &conn->parts) == ERR_OK ? OF_OK : OF_ERR_BAD_LEN;
}

enum of_err swtch_table_features(struct answer *a, const struct of_msg *request)
{
    struct swtch *sw = a->sw;
    struct swtch_conn *conn = sw->cur;
    struct wish w = {0};
    enum of_err err;

    if (conn->parts.len && conn->parts_xid != request->xid) {
        buf_clear(&conn->parts); /* That one will not be finished. */
    }
    if (request->mp_request.more) {
        conn->parts_xid = request->xid;
        err = keep_part(conn, request);
        if (err != OF_OK) {
            buf_clear(&conn->parts);
        }
        return err;
    }
    read_parts(sw, &conn->parts, &w);
    buf_clear(&conn->parts);
    add_part(sw, &request->mp_request, &w);
    err = twice(&w) ? OF_ERR_TFF_BAD_TABLE : w.n ? check(sw, &w) : OF_OK;
    if (err == OF_OK) {
        if (w.n) {
            apply(sw, &w);
        }
        reply(a);
    }
    return err;
}
