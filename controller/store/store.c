/* The key-value store of the live controller on SQLite. See store.h for what it promises. */
#include "controller/store/store.h"

#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "controller/base/alloc.h"

LOG_MODULE(store);

#define APPLICATION_ID 0x54616d62 /* "Tamb": tells our files from others (SQLite's own advice). */
#define SCHEMA_VERSION 1
#define BUSY_TIMEOUT_MS 2000 /* Somebody reads the file with sqlite3(1): wait, then fail. */

struct store {
    struct store_ops ops;
    sqlite3 *db;
    char *path;
    struct log *log;
    struct log_limit limit;
    sqlite3_stmt *put, *del, *each, *tables;
    bool is_open, has_failed; /* Between begin and end, and something there has. */
};

/* Tells the log what SQLite says of 'what' and gives the error for the caller. */
static enum err fail(struct store *s, const char *what)
{
    LOG_LIMITED(s->log, &s->limit, LOG_ERROR, "%s: cannot %s: %s", s->path, what,
                sqlite3_errmsg(s->db));
    return ERR_IO;
}

static bool exec(sqlite3 *db, const char *sql)
{
    return sqlite3_exec(db, sql, NULL, NULL, NULL) == SQLITE_OK;
}

static void bind_text(sqlite3_stmt *stmt, int index, const char *text)
{
    int rc = sqlite3_bind_text(stmt, index, text, -1, SQLITE_STATIC);

    assert(rc == SQLITE_OK && "the statement has this parameter");
    (void)rc;
}

/* Runs a statement that returns no rows and makes it ready for the next use. */
static enum err run(struct store *s, sqlite3_stmt *stmt, const char *what)
{
    enum err err = sqlite3_step(stmt) == SQLITE_DONE ? ERR_OK : fail(s, what);

    s->has_failed = s->has_failed || err;
    sqlite3_reset(stmt);
    sqlite3_clear_bindings(stmt);
    return err;
}

static enum err put(void *aux, const char *table, const char *key, const char *value)
{
    struct store *s = aux;

    bind_text(s->put, 1, table);
    bind_text(s->put, 2, key);
    bind_text(s->put, 3, value);
    return run(s, s->put, "write");
}

static enum err del(void *aux, const char *table, const char *key)
{
    struct store *s = aux;

    bind_text(s->del, 1, table);
    bind_text(s->del, 2, key);
    return run(s, s->del, "delete");
}

static enum err begin(void *aux)
{
    struct store *s = aux;

    assert(!s->is_open && "changes as a whole do not nest");
    if (!exec(s->db, "BEGIN IMMEDIATE")) {
        return fail(s, "begin a change");
    }
    s->is_open = true;
    s->has_failed = false;
    return ERR_OK;
}

static enum err end(void *aux)
{
    struct store *s = aux;
    enum err err = ERR_OK;

    assert(s->is_open && "nothing was begun");
    s->is_open = false;
    if (s->has_failed) {
        err = ERR_IO; /* Which was told of. */
    } else if (!exec(s->db, "COMMIT")) {
        err = fail(s, "write a change");
    }
    if (err && !sqlite3_get_autocommit(s->db)) {
        exec(s->db, "ROLLBACK");
    }
    return err;
}

static enum err each(void *aux, const char *table, store_each_fn *fn, void *fn_aux)
{
    struct store *s = aux;
    int rc;

    bind_text(s->each, 1, table);
    while ((rc = sqlite3_step(s->each)) == SQLITE_ROW) {
        fn(fn_aux, (const char *)sqlite3_column_text(s->each, 0),
           (const char *)sqlite3_column_text(s->each, 1));
    }
    if (rc != SQLITE_DONE) {
        fail(s, "read");
    }
    sqlite3_reset(s->each);
    sqlite3_clear_bindings(s->each);
    return rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

static enum err tables(void *aux, store_table_fn *fn, void *fn_aux)
{
    struct store *s = aux;
    int rc;

    while ((rc = sqlite3_step(s->tables)) == SQLITE_ROW) {
        fn(fn_aux, (const char *)sqlite3_column_text(s->tables, 0));
    }
    if (rc != SQLITE_DONE) {
        fail(s, "read");
    }
    sqlite3_reset(s->tables);
    return rc == SQLITE_DONE ? ERR_OK : ERR_IO;
}

/* The value of an integer pragma; false when the file cannot be read as a database. */
static bool read_pragma(sqlite3 *db, const char *sql, int *out)
{
    sqlite3_stmt *stmt = NULL;
    bool ok = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL) == SQLITE_OK &&
              sqlite3_step(stmt) == SQLITE_ROW;

    if (ok) {
        *out = sqlite3_column_int(stmt, 0);
    }
    sqlite3_finalize(stmt);
    return ok;
}

/* Makes the schema in an empty file. One transaction, so a crash leaves the file empty or whole. */
static bool create_schema(sqlite3 *db)
{
    char sql[512];

    snprintf(sql, sizeof sql,
             "BEGIN IMMEDIATE;"
             "CREATE TABLE kv (tbl TEXT NOT NULL, key TEXT NOT NULL, value TEXT NOT NULL,"
             " PRIMARY KEY (tbl, key)) WITHOUT ROWID;"
             "PRAGMA application_id = %d;"
             "PRAGMA user_version = %d;"
             "COMMIT;",
             APPLICATION_ID, SCHEMA_VERSION);
    return exec(db, sql);
}

/* Checks whose file it is and makes the schema when it is empty. False with 'why' filled. */
static bool settle_schema(struct store *s, char *why, size_t why_size)
{
    int app_id, version, n_tables;

    if (!read_pragma(s->db, "PRAGMA application_id", &app_id) ||
        !read_pragma(s->db, "PRAGMA user_version", &version) ||
        !read_pragma(s->db, "SELECT count(*) FROM sqlite_master", &n_tables)) {
        snprintf(why, why_size, "%s: %s", s->path, sqlite3_errmsg(s->db));
        return false;
    }
    if (app_id == 0 && version == 0 && n_tables == 0) {
        if (!create_schema(s->db)) {
            snprintf(why, why_size, "%s: cannot make the table: %s", s->path,
                     sqlite3_errmsg(s->db));
            return false;
        }
        return true;
    }
    if (app_id != APPLICATION_ID) {
        snprintf(why, why_size, "%s: this database is not a store of tambod", s->path);
        return false;
    }
    if (version != SCHEMA_VERSION) {
        snprintf(why, why_size, "%s: schema version %d, this tambod knows %d", s->path, version,
                 SCHEMA_VERSION);
        return false;
    }
    return true;
}

static bool prepare(struct store *s)
{
    static const char put_sql[] = "INSERT INTO kv (tbl, key, value) VALUES (?1, ?2, ?3) "
                                  "ON CONFLICT (tbl, key) DO UPDATE SET value = excluded.value";
    static const char del_sql[] = "DELETE FROM kv WHERE tbl = ?1 AND key = ?2";
    static const char each_sql[] = "SELECT key, value FROM kv WHERE tbl = ?1 ORDER BY key";
    static const char tables_sql[] = "SELECT DISTINCT tbl FROM kv ORDER BY tbl";

    return sqlite3_prepare_v3(s->db, put_sql, -1, SQLITE_PREPARE_PERSISTENT, &s->put, NULL) ==
               SQLITE_OK &&
           sqlite3_prepare_v3(s->db, del_sql, -1, SQLITE_PREPARE_PERSISTENT, &s->del, NULL) ==
               SQLITE_OK &&
           sqlite3_prepare_v3(s->db, each_sql, -1, SQLITE_PREPARE_PERSISTENT, &s->each, NULL) ==
               SQLITE_OK &&
           sqlite3_prepare_v3(s->db, tables_sql, -1, SQLITE_PREPARE_PERSISTENT, &s->tables, NULL) ==
               SQLITE_OK;
}

/* Opens the file and makes it ready. False with 'why' filled; the caller closes. */
static bool open_file(struct store *s, char *why, size_t why_size)
{
    if (sqlite3_open_v2(s->path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) !=
        SQLITE_OK) {
        snprintf(why, why_size, "%s: %s", s->path, s->db ? sqlite3_errmsg(s->db) : "out of memory");
        return false;
    }
    sqlite3_busy_timeout(s->db, BUSY_TIMEOUT_MS);
    if (!settle_schema(s, why, why_size)) {
        return false;
    }
    if (!exec(s->db, "PRAGMA journal_mode = WAL") || !exec(s->db, "PRAGMA synchronous = FULL") ||
        !prepare(s)) {
        snprintf(why, why_size, "%s: %s", s->path, sqlite3_errmsg(s->db));
        return false;
    }
    return true;
}

struct store *store_open(const char *path, struct log *log, char *why, size_t why_size)
{
    struct store *s = xcalloc(1, sizeof *s);

    s->path = xstrdup(path);
    s->log = log;
    s->limit = (struct log_limit)LOG_LIMIT_INIT(1, 5);
    s->ops = (struct store_ops){.aux = s,
                                .put = put,
                                .del = del,
                                .each = each,
                                .tables = tables,
                                .begin = begin,
                                .end = end};
    if (!open_file(s, why, why_size)) {
        store_close(s);
        return NULL;
    }
    return s;
}

void store_close(struct store *s)
{
    if (!s) {
        return;
    }
    sqlite3_finalize(s->put);
    sqlite3_finalize(s->del);
    sqlite3_finalize(s->each);
    sqlite3_finalize(s->tables);
    sqlite3_close(s->db);
    free(s->path);
    free(s);
}

const struct store_ops *store_get_ops(const struct store *s)
{
    return &s->ops;
}
