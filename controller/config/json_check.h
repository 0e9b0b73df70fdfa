/* JSON input with positions: a file is read once, and every complaint about it names file, line,
 * column, the value's path and what was expected. Used for tambod's configuration and for scenarios.
 *
 * jansson parses; a scanner over the same text then notes where each value stands, which jansson
 * does not tell. The reader walks the nodes with typed getters. A getter never stops at an error: it
 * adds a complaint and leaves the caller's default alone, so that one run shows everything that is
 * wrong. At the end of each object conf_done() complains of keys that no getter asked for and lists
 * those that were.
 *
 *      struct conf_doc *doc = conf_doc_read("tambod.json");
 *      struct conf_node *log = conf_object(conf_doc_root(doc), "log");
 *
 *      conf_bool(log, "colour", &colour);
 *      conf_done(log);
 *      conf_done(conf_doc_root(doc));
 *      if (conf_doc_n_complaints(doc)) {
 *          conf_doc_print(doc, stderr);
 *      }
 *      conf_doc_free(doc);
 *
 * Every getter accepts NULL for its object (a section that is absent or wrong) and does nothing. */
#ifndef TAMBO_CONFIG_JSON_CHECK_H
#define TAMBO_CONFIG_JSON_CHECK_H

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

struct conf_doc;
struct conf_node; /* A value in the document, with its position. Valid as long as the document. */

/* --- Documents -------------------------------------------------------------------------------- */

/* Reads and parses the file 'path'. Never NULL: what is wrong is a complaint. */
struct conf_doc *conf_doc_read(const char *path);

/* Parses 'len' bytes at 'text'; 'name' stands for the file in complaints. */
struct conf_doc *conf_doc_parse(const char *name, const char *text, size_t len);

/* NULL is fine. */
void conf_doc_free(struct conf_doc *doc);

/* The outermost value, an object; NULL when the document could not be read or is no object. */
struct conf_node *conf_doc_root(struct conf_doc *doc);

/* The parsed tree, borrowed; NULL when there is none. */
const json_t *conf_doc_json(const struct conf_doc *doc);

size_t conf_doc_n_complaints(const struct conf_doc *doc);

/* Complaint 'i' (from 0, in the order of the text), "FILE:LINE:COLUMN: PATH: ..."; borrowed. */
const char *conf_doc_complaint(const struct conf_doc *doc, size_t i);

/* Writes all complaints to 'out', one on each line. */
void conf_doc_print(const struct conf_doc *doc, FILE *out);

/* --- Walking ---------------------------------------------------------------------------------- */

/* The value of 'key' (borrowed for the document's life), or NULL when it is absent. */
struct conf_node *conf_get(struct conf_node *object, const char *key);

/* The same; an absent key is a complaint that says that 'what' is expected. */
struct conf_node *conf_need(struct conf_node *object, const char *key, const char *what);

/* The value of 'key' when it is an object or an array; NULL when it is absent or, with a complaint,
 * something else. */
struct conf_node *conf_object(struct conf_node *object, const char *key);
struct conf_node *conf_array(struct conf_node *object, const char *key);

/* The members of an object or array in the order of the text; NULL after the last one. */
struct conf_node *conf_first(struct conf_node *parent);
struct conf_node *conf_next(struct conf_node *node);
size_t conf_size(const struct conf_node *parent);

/* The key of a member of an object and marks it as asked for: for objects whose keys are names. */
const char *conf_key(struct conf_node *node);

/* Complains of each key of 'object' that nobody has asked for. */
void conf_done(struct conf_node *object);

/* Adds a complaint about 'node'. */
void conf_complain(struct conf_node *node, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The same about the byte "at" of a text: the column is that of the character in the file. */
void conf_complain_inside(struct conf_node *node, size_t at, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* --- Typed values ----------------------------------------------------------------------------- */

/* Of a node. False with a complaint and '*out' unchanged when 'node' is of another type or outside
 * the range; false when 'node' is NULL. Texts are borrowed from the document. */
bool conf_as_bool(struct conf_node *node, bool *out);
bool conf_as_int(struct conf_node *node, int64_t min, int64_t max, int64_t *out);
bool conf_as_real(struct conf_node *node, double min, double max, double *out);
bool conf_as_text(struct conf_node *node, const char **out);
bool conf_as_object(struct conf_node *node);

/* For a value that may be of several types. No complaint. */
bool conf_is_object(const struct conf_node *node);
bool conf_is_text(const struct conf_node *node);
bool conf_is_bool(const struct conf_node *node);
bool conf_is_number(const struct conf_node *node);

/* One of 'n' names; '*out' is its index. */
bool conf_as_choice(struct conf_node *node, const char *const names[], size_t n, unsigned *out);

/* Of a member of an object: as above, false when 'key' is absent. */
bool conf_bool(struct conf_node *object, const char *key, bool *out);
bool conf_int(struct conf_node *object, const char *key, int64_t min, int64_t max, int64_t *out);
bool conf_u32(struct conf_node *object, const char *key, uint32_t min, uint32_t max, uint32_t *out);
bool conf_real(struct conf_node *object, const char *key, double min, double max, double *out);
bool conf_text(struct conf_node *object, const char *key, const char **out);
bool conf_choice(struct conf_node *object, const char *key, const char *const names[], size_t n,
                 unsigned *out);

/* A duration in seconds, with a fraction when it is needed, into nanoseconds. */
bool conf_seconds(struct conf_node *object, const char *key, double min_s, double max_s,
                  int64_t *out_ns);

#endif
