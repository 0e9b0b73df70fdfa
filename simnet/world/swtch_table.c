/* What a controller may want of a table that gets full: eviction, and to be told in time (1.4 §6.5,
 * §7.3.4.1, §7.3.5.6, §7.4.5). Before 1.4 a table-mod has no meaning that is not deprecated. */
#include "simnet/world/swtch_impl.h"

static uint8_t vacancy_percent(const struct swtch *sw, uint8_t t)
{
    uint64_t max = table_max_entries(sw->tables[t]), n = table_size(sw->tables[t]);

    if (n >= max) {
        return 0;
    }
    return (uint8_t)((max - n) * 100 / max);
}

static struct of_table_mod describe(const struct swtch *sw, uint8_t t)
{
    const struct vacancy *v = &sw->vacancies[t];

    return (struct of_table_mod){
        .table_id = t,
        .config = v->config,
        .has_eviction = true,
        .has_vacancy = true,
        .eviction = OF_EV_IMPORTANCE | OF_EV_LIFETIME,
        .vacancy_down_percent = v->down_percent,
        .vacancy_up_percent = v->up_percent,
        .vacancy_percent = vacancy_percent(sw, t),
    };
}

/* --- Table-mods ------------------------------------------------------------------------------ */

/* Which event is next follows from the space that there is (1.4 §7.3.4.1). */
static void configure(struct swtch *sw, uint8_t t, const struct of_table_mod *tm)
{
    struct vacancy *v = &sw->vacancies[t];

    v->config = tm->config & (OF_TC_EVICTION | OF_TC_VACANCY_EVENTS);
    if (tm->has_vacancy) {
        v->down_percent = tm->vacancy_down_percent;
        v->up_percent = tm->vacancy_up_percent;
    }
    v->waits_for_room = vacancy_percent(sw, t) < v->up_percent;
    table_set_eviction(sw->tables[t], v->config & OF_TC_EVICTION);
}

/* How a table evicts is fixed: another wish is refused. */
enum of_err swtch_table_mod(struct swtch *sw, const struct of_table_mod *tm)
{
    const uint32_t ours = OF_EV_IMPORTANCE | OF_EV_LIFETIME;

    if (!swtch_table_in_use(sw, tm->table_id) && tm->table_id != OF_TABLE_ALL) {
        return OF_ERR_TABLE_BAD_TABLE;
    }
    if (sw->cur->version < OF_VERSION_1_4) {
        return OF_OK;
    }
    if (tm->has_eviction && (tm->eviction & ~ours)) {
        return OF_ERR_TABLE_BAD_CONFIG;
    }
    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        if (tm->table_id == OF_TABLE_ALL || tm->table_id == t) {
            configure(sw, t, tm);
        }
    }
    return OF_OK;
}

/* --- Events ---------------------------------------------------------------------------------- */

static void tell(struct swtch *sw, uint8_t t, enum of_table_reason reason)
{
    struct of_msg msg = {.type = OF_TABLE_STATUS,
                         .table_status = {.reason = reason, .table = describe(sw, t)}};

    for (struct swtch_conn *conn = sw->conns; conn; conn = conn->next) {
        if (conn->version >= OF_VERSION_1_4 &&
            swtch_conn_wants(conn, conn->async.table_status, reason)) {
            swtch_send_to(conn, &msg);
        }
    }
}

void swtch_table_changed(struct swtch *sw, uint8_t t)
{
    struct vacancy *v = &sw->vacancies[t];

    if (!(v->config & OF_TC_VACANCY_EVENTS)) {
        return;
    }
    if (!v->waits_for_room && vacancy_percent(sw, t) < v->down_percent) {
        v->waits_for_room = true;
        tell(sw, t, OF_TR_VACANCY_DOWN);
    } else if (v->waits_for_room && vacancy_percent(sw, t) > v->up_percent) {
        v->waits_for_room = false;
        tell(sw, t, OF_TR_VACANCY_UP);
    }
}

/* --- Multipart ------------------------------------------------------------------------------- */

void swtch_stats_table_descs(struct answer *a)
{
    struct swtch *sw = a->sw;
    struct of_table_mod *list = arena_calloc(&sw->arena, sw->params.n_tables, sizeof *list);
    size_t n = 0;

    for (uint8_t t = 0; t < sw->params.n_tables; t++) {
        if (!sw->vacancies[t].removed) {
            list[n++] = describe(sw, t);
        }
    }
    a->msg.mp_reply.table_descs = list;
    swtch_stats_part(a, n, false);
}
