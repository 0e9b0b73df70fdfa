#include "analysis/records.h"

#include <stdio.h>
#include <stdlib.h>

#include <sqlite3.h>

#define BUSY_MS 10000 /* How long to wait while another process writes. */

struct records {
    sqlite3 *db;
};

static const char schema[] =
    "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
    "CREATE TABLE IF NOT EXISTS trials ("
    " experiment TEXT NOT NULL, point TEXT NOT NULL, scenario_hash TEXT NOT NULL,"
    " seed INTEGER NOT NULL, build_id TEXT NOT NULL, trace_hash TEXT NOT NULL,"
    " wall_s REAL NOT NULL, params TEXT NOT NULL, metrics TEXT NOT NULL,"
    " PRIMARY KEY (experiment, scenario_hash, seed)) WITHOUT ROWID;";

struct records *records_open(const char *path, char *error, size_t size)
{
    struct records *r = calloc(1, sizeof *r);

    if (!r) {
        snprintf(error, size, "%s: out of memory", path);
        return NULL;
    }
    if (sqlite3_open(path, &r->db) != SQLITE_OK ||
        sqlite3_busy_timeout(r->db, BUSY_MS) != SQLITE_OK ||
        sqlite3_exec(r->db, schema, NULL, NULL, NULL) != SQLITE_OK) {
        snprintf(error, size, "%s: %s", path, sqlite3_errmsg(r->db));
        records_close(r);
        return NULL;
    }
    return r;
}

void records_close(struct records *r)
{
    if (r) {
        sqlite3_close(r->db);
        free(r);
    }
}

const char *records_error(struct records *r)
{
    return sqlite3_errmsg(r->db);
}

bool records_has(struct records *r, const char *experiment, const char *scenario_hash,
                 uint64_t seed, const char *build_id)
{
    sqlite3_stmt *stmt;
    bool found;

    if (sqlite3_prepare_v2(r->db,
                           "SELECT 1 FROM trials WHERE experiment=? AND scenario_hash=? AND seed=?"
                           " AND build_id=?",
                           -1, &stmt, NULL) != SQLITE_OK) {
        return false;
    }
    sqlite3_bind_text(stmt, 1, experiment, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, scenario_hash, -1, SQLITE_STATIC);
    sqlite3_bind_int64(stmt, 3, (sqlite3_int64)seed);
    sqlite3_bind_text(stmt, 4, build_id, -1, SQLITE_STATIC);
    found = sqlite3_step(stmt) == SQLITE_ROW;
    sqlite3_finalize(stmt);
    return found;
}

bool records_add(struct records *r, const struct record *rec)
{
    sqlite3_stmt *stmt;
    const char *const texts[] = {rec->experiment, rec->point,  rec->scenario_hash, rec->build_id,
                                 rec->trace_hash, rec->params, rec->metrics};
    bool done;

    if (sqlite3_prepare_v2(r->db,
                           "INSERT OR REPLACE INTO trials (experiment, point, scenario_hash,"
                           " build_id, trace_hash, params, metrics, seed, wall_s)"
                           " VALUES (?,?,?,?,?,?,?,?,?)",
                           -1, &stmt, NULL) != SQLITE_OK) {
        return false;
    }
    for (int i = 0; i < 7; i++) {
        sqlite3_bind_text(stmt, i + 1, texts[i], -1, SQLITE_STATIC);
    }
    sqlite3_bind_int64(stmt, 8, (sqlite3_int64)rec->seed);
    sqlite3_bind_double(stmt, 9, rec->wall_s);
    done = sqlite3_step(stmt) == SQLITE_DONE;
    sqlite3_finalize(stmt);
    return done;
}

static struct record row_of(sqlite3_stmt *stmt)
{
    return (struct record){
        .experiment = (const char *)sqlite3_column_text(stmt, 0),
        .point = (const char *)sqlite3_column_text(stmt, 1),
        .scenario_hash = (const char *)sqlite3_column_text(stmt, 2),
        .build_id = (const char *)sqlite3_column_text(stmt, 3),
        .trace_hash = (const char *)sqlite3_column_text(stmt, 4),
        .params = (const char *)sqlite3_column_text(stmt, 5),
        .metrics = (const char *)sqlite3_column_text(stmt, 6),
        .seed = (uint64_t)sqlite3_column_int64(stmt, 7),
        .wall_s = sqlite3_column_double(stmt, 8),
    };
}

bool records_each(struct records *r, const char *experiment, const char *scenario_hash,
                  records_each_fn *fn, void *aux)
{
    sqlite3_stmt *stmt;
    int status;

    if (sqlite3_prepare_v2(r->db,
                           "SELECT experiment, point, scenario_hash, build_id, trace_hash, params,"
                           " metrics, seed, wall_s FROM trials WHERE experiment=?1"
                           " AND (?2 IS NULL OR scenario_hash=?2) ORDER BY point, seed",
                           -1, &stmt, NULL) != SQLITE_OK) {
        return false;
    }
    sqlite3_bind_text(stmt, 1, experiment, -1, SQLITE_STATIC);
    sqlite3_bind_text(stmt, 2, scenario_hash, -1, SQLITE_STATIC);
    while ((status = sqlite3_step(stmt)) == SQLITE_ROW) {
        struct record rec = row_of(stmt);

        if (!fn(aux, &rec)) {
            break;
        }
    }
    sqlite3_finalize(stmt);
    return status == SQLITE_DONE;
}
