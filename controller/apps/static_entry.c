/* Entries of static_flows: kept, checked, remembered. */
#include "controller/apps/static_entry.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/base/hash.h"
#include "controller/base/hmap.h"
#include "controller/core/ctl_api.h"
#include "controller/core/datapath.h"
#include "controller/core/txn.h"
#include "controller/openflow/of_codec.h"

LOG_MODULE(static_flows);

#define STORE_TABLE "static_flows"
#define KEY_LEN (16 + 1 + STATIC_FLOW_NAME_LEN + 1)

/* --- Entries ---------------------------------------------------------------------------------- */

static uint64_t name_hash(dpid_t dpid, const char *name)
{
    return hash_combine(hash_fnv(HASH_FNV_INIT, name, strlen(name)), dpid);
}

struct static_entry *static_entry_find(const struct static_flows *s, dpid_t dpid, const char *name)
{
    struct hmap_node *it = hmap_first_with(&s->by_name, name_hash(dpid, name));

    for (; it; it = hmap_next_with(it)) {
        struct static_entry *e = HMAP_ENTRY(it, struct static_entry, node);

        if (e->dpid == dpid && strcmp(e->name, name) == 0) {
            return e;
        }
    }
    return NULL;
}

/* The entry as it was given; lists are in 'arena'. */
void static_entry_unpack(const struct static_flows *s, const struct static_entry *e, struct arena *arena,
                   struct flow_spec *out)
{
    struct of_msg msg;

    (void)of_decode(e->bytes, e->len, arena, &msg); /* It did when it was made. */
    *out = (struct flow_spec){.table_id = msg.flow_mod.table_id,
                              .priority = msg.flow_mod.priority,
                              .match = msg.flow_mod.match,
                              .cookie = flow_cookie(s->id, e->number),
                              .idle_timeout_s = msg.flow_mod.idle_timeout_s,
                              .hard_timeout_s = msg.flow_mod.hard_timeout_s,
                              .importance = FLOW_IMPORTANCE_SERVICE,
                              .ins = msg.flow_mod.ins};
}

void static_entry_want(struct static_flows *s, struct static_entry *e)
{
    struct arena arena = {0};
    struct flow_spec spec;
    struct txn *txn;

    e->error = OF_OK;
    e->is_expired = false;
    if (e->is_enabled) {
        static_entry_unpack(s, e, &arena, &spec);
        txn = txn_begin(s->ctl);
        txn_add(txn, 0, e->dpid, &spec);
        txn_commit(txn, NULL, NULL);
        arena_fini(&arena);
    }
}

void static_entry_unwant(struct static_flows *s, const struct static_entry *e)
{
    struct arena arena = {0};
    struct flow_spec spec;
    struct txn *txn = txn_begin(s->ctl);

    static_entry_unpack(s, e, &arena, &spec);
    txn_remove(txn, 0, e->dpid, spec.table_id, spec.priority, &spec.match);
    txn_commit(txn, NULL, NULL);
    arena_fini(&arena);
}

void static_entry_free(struct static_flows *s, struct static_entry *e)
{
    hmap_remove(&s->by_name, &e->node);
    free(e->bytes);
    free(e);
}

struct static_entry *static_entry_new(struct static_flows *s, dpid_t dpid, const char *name)
{
    struct static_entry *e = xcalloc(1, sizeof(*e));

    e->dpid = dpid;
    snprintf(e->name, sizeof e->name, "%s", name);
    e->number = ++s->last_number;
    hmap_insert(&s->by_name, &e->node, name_hash(dpid, name));
    return e;
}

/* --- Checking --------------------------------------------------------------------------------- */

static enum err complain(struct static_flow_fault *fault, enum err err, const char *field,
                         const char *text, const char *more)
{
    if (fault) {
        fault->field = field;
        snprintf(fault->text, sizeof fault->text, "%s%s", text, more);
    }
    return err;
}

static bool name_ok(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++) {
        if (name[i] < ' ' || name[i] > '~') {
            return false;
        }
    }
    return len >= 1 && len <= STATIC_FLOW_NAME_LEN;
}

static enum err check_plain(const struct static_flow *f, struct static_flow_fault *fault)
{
    bool is_first = f->spec.table_id == 0;

    if (!name_ok(f->name)) {
        return complain(fault, ERR_RANGE, "name", "expected 1 to 64 printable characters", "");
    }
    if (f->spec.table_id > OF_TABLE_MAX) {
        return complain(fault, ERR_RANGE, "table_id", "expected a table from 0 to 254", "");
    }
    if (is_first &&
        (f->spec.priority < PRIORITY_STATIC_MIN || f->spec.priority > PRIORITY_STATIC_MAX)) {
        return complain(fault, ERR_RANGE, "priority",
                        "expected a priority from 1001 to 39999 in table 0", "");
    }
    return ERR_OK;
}

/* Encodes the flow-mod for 'version' and lets the decoder judge it, which knows the rules. */
static enum err encode_for(uint8_t version, const struct flow_spec *spec, struct buf *out,
                           enum of_err *error)
{
    struct of_msg msg = {.version = version, .type = OF_FLOW_MOD}, back;
    struct arena arena = {0};
    enum err err;

    msg.flow_mod = (struct of_flow_mod){.command = OF_FLOW_ADD,
                                        .table_id = spec->table_id,
                                        .priority = spec->priority,
                                        .idle_timeout_s = spec->idle_timeout_s,
                                        .hard_timeout_s = spec->hard_timeout_s,
                                        .buffer_id = OF_NO_BUFFER,
                                        .out_port = OF_PORT_ANY,
                                        .out_group = OF_GROUP_ANY,
                                        .match = spec->match,
                                        .ins = spec->ins};
    *error = OF_OK;
    if (version == OF_VERSION_1_0 && spec->table_id != 0) {
        return ERR_UNSUPPORTED;
    }
    buf_clear(out);
    err = of_encode(&msg, out);
    if (!err) {
        *error = of_decode(out->data, out->len, &arena, &back);
        err = *error != OF_OK ? ERR_SYNTAX : ERR_OK;
        arena_fini(&arena);
    }
    return err;
}

/* The part of an entry that an error is about, by the group of the error (§7.4.4). */
static const char *part_of(enum of_err error)
{
    const char *name = of_err_name(error);

    return strncmp(name, "MATCH_", 6) == 0 ? "match"
           : strncmp(name, "ACT_", 4) == 0 || strncmp(name, "INST_", 5) == 0 ? "instructions"
                                                                             : "entry";
}

static enum err encode_any(const struct static_flows *s, const struct static_flow *f,
                           struct buf *out, struct static_flow_fault *fault)
{
    static const uint8_t versions[] = {OF_VERSION_1_5, OF_VERSION_1_3, OF_VERSION_1_0};
    const struct datapath *dp = datapath_find(s->ctl, f->dpid);
    uint8_t speaks = dp ? datapath_version(dp) : OF_VERSION_NONE;
    enum of_err error = OF_OK, first = OF_OK;
    enum err err = ERR_UNSUPPORTED;

    if (speaks != OF_VERSION_NONE) {
        err = encode_for(speaks, &f->spec, out, &first);
    } else {
        for (size_t i = 0; i < sizeof versions && err; i++) {
            err = encode_for(versions[i], &f->spec, out, &error);
            first = first != OF_OK ? first : error;
        }
    }
    if (!err) {
        return ERR_OK;
    }
    return first != OF_OK
               ? complain(fault, ERR_RANGE, part_of(first), "not allowed by OpenFlow: ",
                          of_err_name(first))
               : complain(fault, ERR_RANGE, "entry",
                          "cannot be said in the OpenFlow of the switch: ", err_text(err));
}

bool static_entry_same_place(const struct flow_spec *a, const struct flow_spec *b)
{
    return a->table_id == b->table_id && a->priority == b->priority &&
           of_match_eq(&a->match, &b->match);
}

static const struct static_entry *find_rival(const struct static_flows *s, const struct static_flow *f)
{
    struct hmap_node *it, *tmp;

    HMAP_FOR_EACH (it, tmp, &s->by_name) {
        const struct static_entry *e = HMAP_ENTRY(it, struct static_entry, node);
        struct arena arena = {0};
        struct flow_spec spec;

        if (e->dpid == f->dpid && strcmp(e->name, f->name) != 0) {
            static_entry_unpack(s, e, &arena, &spec);
            arena_fini(&arena);
            if (static_entry_same_place(&spec, &f->spec)) {
                return e;
            }
        }
    }
    return NULL;
}

enum err static_entry_check(const struct static_flows *s, const struct static_flow *f,
                            struct buf *out, struct static_flow_fault *fault)
{
    enum err err = check_plain(f, fault);
    const struct static_entry *rival = err ? NULL : find_rival(s, f);

    if (rival) {
        return complain(fault, ERR_EXISTS, "entry",
                        "the same table, priority and match are in use by ", rival->name);
    }
    return err ? err : encode_any(s, f, out, fault);
}

/* --- Remembering ------------------------------------------------------------------------------ */

static void store_key(const struct static_entry *e, char key[KEY_LEN])
{
    snprintf(key, KEY_LEN, "%016" PRIx64 "/%s", e->dpid, e->name);
}

/* "1 42 0604...": enabled, number, flow-mod. */
enum err static_entry_remember(const struct static_flows *s, const struct static_entry *e)
{
    const struct store_ops *store = ctl_store(s->ctl);
    char key[KEY_LEN], *value = xcalloc(32 + 2 * e->len, 1);
    enum err err;
    int n;

    if (!store) {
        free(value);
        return ERR_OK;
    }
    store_key(e, key);
    n = snprintf(value, 32, "%d %" PRIu64 " ", e->is_enabled, e->number);
    for (size_t i = 0; i < e->len; i++) {
        n += snprintf(value + n, 3, "%02x", e->bytes[i]);
    }
    err = store->put(store->aux, STORE_TABLE, key, value);
    free(value);
    return err ? ERR_IO : ERR_OK;
}

enum err static_entry_forget(const struct static_flows *s, const struct static_entry *e)
{
    const struct store_ops *store = ctl_store(s->ctl);
    char key[KEY_LEN];

    store_key(e, key);
    return store && store->del(store->aux, STORE_TABLE, key) ? ERR_IO : ERR_OK;
}

static bool parse_hex(const char *text, struct static_entry *e)
{
    size_t n = strlen(text);

    if (n < 16 || n % 2 || strspn(text, "0123456789abcdef") != n) {
        return false;
    }
    e->len = n / 2;
    e->bytes = xcalloc(e->len, 1);
    for (size_t i = 0; i < e->len; i++) {
        char byte[3] = {text[2 * i], text[2 * i + 1], '\0'};

        e->bytes[i] = (uint8_t)strtoul(byte, NULL, 16);
    }
    return true;
}

static bool is_flow_mod(const struct static_entry *e)
{
    struct arena arena = {0};
    struct of_msg msg;
    bool ok = of_decode(e->bytes, e->len, &arena, &msg) == OF_OK && msg.type == OF_FLOW_MOD;

    arena_fini(&arena);
    return ok;
}

static void restore(void *aux, const char *key, const char *value)
{
    struct static_flows *s = aux;
    struct static_entry *e;
    uint64_t dpid, number;
    int enabled, at_name = 0, at_hex = 0;

    if (sscanf(key, "%16" SCNx64 "/%n", &dpid, &at_name) < 1 || at_name != 17 ||
        !name_ok(key + at_name) || static_entry_find(s, dpid, key + at_name) ||
        sscanf(value, "%d %" SCNu64 " %n", &enabled, &number, &at_hex) < 2 || at_hex == 0 ||
        s->by_name.n >= s->settings.max_flows) {
        LOG_WARN(ctl_log(s->ctl), "a stored entry is not usable and was left out");
        return;
    }
    e = static_entry_new(s, dpid, key + at_name);
    e->number = number;
    e->is_enabled = enabled != 0;
    s->last_number = number > s->last_number ? number : s->last_number;
    if (!parse_hex(value + at_hex, e) || !is_flow_mod(e)) {
        LOG_WARN(ctl_log(s->ctl), "the stored entry %s is not usable and was left out", e->name);
        static_entry_free(s, e);
        return;
    }
    static_entry_want(s, e);
}

enum err static_entries_restore(struct static_flows *s)
{
    const struct store_ops *store = ctl_store(s->ctl);

    return store && store->each(store->aux, STORE_TABLE, restore, s) ? ERR_IO : ERR_OK;
}
