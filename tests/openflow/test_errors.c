/* Every error of 1.0, 1.3, 1.4 and 1.5: whether the decoder finds it, with a vector that provokes it, or who
 * else does. An error without a line here, a line without its vector or a vector without its line
 * fails. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "controller/openflow/of_err.h"
#include "controller/openflow/of_types.h"
#include "tests/openflow/of_hex.h"

#define FOLDER TAMBO_SOURCE_DIR "/tests/vectors"

enum who {
    NOBODY,  /* The version neither has the error nor anything like it. */
    DECODER, /* Seen in the message alone. In 1.0 it may go out as the nearest that 1.0 has. */
    ABILITY, /* Only a switch knows what it can do or allows. */
    STATE,   /* Only a switch knows what it has: entries, groups, ports, buffers, roles. */
    SESSION, /* The handshake: either side. */
};

struct line {
    enum of_err err;
    enum who in_13, in_10;
};

static const struct line lines[] = {
    {OF_ERR_HELLO_INCOMPATIBLE, SESSION, SESSION},
    {OF_ERR_HELLO_EPERM, SESSION, SESSION},
    {OF_ERR_BAD_VERSION, DECODER, SESSION}, /* 1.0 cannot be the wrong version of a frame. */
    {OF_ERR_BAD_TYPE, DECODER, DECODER},
    {OF_ERR_BAD_MULTIPART, DECODER, DECODER},
    {OF_ERR_BAD_EXPERIMENTER, ABILITY, ABILITY},
    {OF_ERR_BAD_EXP_TYPE, ABILITY, ABILITY},
    {OF_ERR_REQ_EPERM, ABILITY, ABILITY},
    {OF_ERR_BAD_LEN, DECODER, DECODER},
    {OF_ERR_BUFFER_EMPTY, STATE, STATE},
    {OF_ERR_BUFFER_UNKNOWN, STATE, STATE},
    {OF_ERR_REQ_BAD_TABLE_ID, STATE, NOBODY},
    {OF_ERR_IS_SLAVE, STATE, NOBODY},
    {OF_ERR_REQ_BAD_PORT, DECODER, DECODER},
    {OF_ERR_BAD_PACKET, DECODER, DECODER},
    {OF_ERR_MULTIPART_OVERFLOW, ABILITY, NOBODY},
    {OF_ERR_ACT_BAD_TYPE, DECODER, DECODER},
    {OF_ERR_ACT_BAD_LEN, DECODER, DECODER},
    {OF_ERR_ACT_BAD_EXPERIMENTER, ABILITY, ABILITY},
    {OF_ERR_ACT_BAD_EXP_TYPE, ABILITY, ABILITY},
    {OF_ERR_ACT_BAD_OUT_PORT, DECODER, DECODER},
    {OF_ERR_ACT_BAD_ARGUMENT, DECODER, DECODER},
    {OF_ERR_ACT_EPERM, ABILITY, ABILITY},
    {OF_ERR_ACT_TOO_MANY, ABILITY, ABILITY},
    {OF_ERR_ACT_BAD_QUEUE, DECODER, DECODER}, /* "All"; of one that is not there: STATE. */
    {OF_ERR_ACT_BAD_OUT_GROUP, DECODER, NOBODY},
    {OF_ERR_ACT_MATCH_INCONSISTENT, DECODER, NOBODY},
    {OF_ERR_ACT_UNSUPPORTED_ORDER, ABILITY, NOBODY},
    {OF_ERR_ACT_BAD_TAG, ABILITY, NOBODY},
    {OF_ERR_ACT_BAD_SET_TYPE, DECODER, NOBODY},
    {OF_ERR_ACT_BAD_SET_LEN, DECODER, NOBODY},
    {OF_ERR_ACT_BAD_SET_ARGUMENT, DECODER, NOBODY},
    {OF_ERR_INST_UNKNOWN, DECODER, NOBODY},
    {OF_ERR_INST_UNSUPPORTED, DECODER, NOBODY},
    {OF_ERR_INST_BAD_TABLE_ID, DECODER, NOBODY},
    {OF_ERR_INST_UNSUP_METADATA, ABILITY, NOBODY},
    {OF_ERR_INST_UNSUP_METADATA_MASK, ABILITY, NOBODY},
    {OF_ERR_INST_BAD_EXPERIMENTER, DECODER, NOBODY},
    {OF_ERR_INST_BAD_EXP_TYPE, ABILITY, NOBODY},
    {OF_ERR_INST_BAD_LEN, DECODER, NOBODY},
    {OF_ERR_INST_EPERM, ABILITY, NOBODY},
    {OF_ERR_MATCH_BAD_TYPE, DECODER, NOBODY},
    {OF_ERR_MATCH_BAD_LEN, DECODER, NOBODY},
    {OF_ERR_MATCH_BAD_TAG, ABILITY, NOBODY},
    {OF_ERR_MATCH_BAD_DL_ADDR_MASK, ABILITY, NOBODY},
    {OF_ERR_MATCH_BAD_NW_ADDR_MASK, ABILITY, NOBODY},
    {OF_ERR_MATCH_BAD_WILDCARDS, DECODER, NOBODY},
    {OF_ERR_MATCH_BAD_FIELD, DECODER, NOBODY},
    {OF_ERR_MATCH_BAD_VALUE, DECODER, DECODER},
    {OF_ERR_MATCH_BAD_MASK, DECODER, NOBODY},
    {OF_ERR_MATCH_BAD_PREREQ, DECODER, NOBODY},
    {OF_ERR_MATCH_DUP_FIELD, DECODER, NOBODY},
    {OF_ERR_MATCH_EPERM, ABILITY, NOBODY},
    {OF_ERR_FLOW_UNKNOWN, STATE, NOBODY},
    {OF_ERR_FLOW_TABLE_FULL, STATE, STATE},
    {OF_ERR_FLOW_BAD_TABLE_ID, DECODER, NOBODY},
    {OF_ERR_FLOW_OVERLAP, STATE, STATE},
    {OF_ERR_FLOW_EPERM, ABILITY, ABILITY},
    {OF_ERR_FLOW_BAD_TIMEOUT, ABILITY, DECODER},
    {OF_ERR_FLOW_BAD_COMMAND, DECODER, DECODER},
    {OF_ERR_FLOW_BAD_FLAGS, DECODER, DECODER},
    {OF_ERR_FLOW_UNSUPPORTED, NOBODY, ABILITY},
    {OF_ERR_GROUP_EXISTS, STATE, NOBODY},
    {OF_ERR_GROUP_INVALID, DECODER, NOBODY},
    {OF_ERR_GROUP_WEIGHT_UNSUPPORTED, ABILITY, NOBODY},
    {OF_ERR_GROUP_OUT_OF_GROUPS, STATE, NOBODY},
    {OF_ERR_GROUP_OUT_OF_BUCKETS, STATE, NOBODY},
    {OF_ERR_GROUP_CHAINING_UNSUPPORTED, ABILITY, NOBODY},
    {OF_ERR_GROUP_WATCH_UNSUPPORTED, ABILITY, NOBODY},
    {OF_ERR_GROUP_LOOP, DECODER, NOBODY}, /* Of one group; longer ways around: STATE. */
    {OF_ERR_GROUP_UNKNOWN_GROUP, DECODER, NOBODY},
    {OF_ERR_GROUP_CHAINED, STATE, NOBODY},
    {OF_ERR_GROUP_BAD_TYPE, DECODER, NOBODY},
    {OF_ERR_GROUP_BAD_COMMAND, DECODER, NOBODY},
    {OF_ERR_GROUP_BAD_BUCKET, DECODER, NOBODY},
    {OF_ERR_GROUP_BAD_WATCH, DECODER, NOBODY},
    {OF_ERR_GROUP_EPERM, ABILITY, NOBODY},
    {OF_ERR_PORT_BAD_PORT, DECODER, DECODER},
    {OF_ERR_PORT_BAD_HW_ADDR, STATE, STATE},
    {OF_ERR_PORT_BAD_CONFIG, DECODER, DECODER},
    {OF_ERR_PORT_BAD_ADVERTISE, DECODER, DECODER},
    {OF_ERR_PORT_EPERM, ABILITY, NOBODY},
    {OF_ERR_TABLE_BAD_TABLE, STATE, NOBODY},
    {OF_ERR_TABLE_BAD_CONFIG, DECODER, NOBODY},
    {OF_ERR_TABLE_EPERM, ABILITY, NOBODY},
    {OF_ERR_QUEUE_BAD_PORT, DECODER, DECODER},
    {OF_ERR_QUEUE_BAD_QUEUE, STATE, STATE},
    {OF_ERR_QUEUE_EPERM, ABILITY, ABILITY},
    {OF_ERR_CONFIG_BAD_FLAGS, DECODER, DECODER},
    {OF_ERR_CONFIG_BAD_LEN, DECODER, NOBODY},
    {OF_ERR_CONFIG_EPERM, ABILITY, NOBODY},
    {OF_ERR_ROLE_STALE, STATE, NOBODY},
    {OF_ERR_ROLE_UNSUP, ABILITY, NOBODY},
    {OF_ERR_ROLE_BAD_ROLE, DECODER, NOBODY},
    {OF_ERR_METER_UNKNOWN, STATE, NOBODY},
    {OF_ERR_METER_EXISTS, STATE, NOBODY},
    {OF_ERR_METER_INVALID, DECODER, NOBODY},
    {OF_ERR_METER_UNKNOWN_METER, DECODER, NOBODY},
    {OF_ERR_METER_BAD_COMMAND, DECODER, NOBODY},
    {OF_ERR_METER_BAD_FLAGS, DECODER, NOBODY},
    {OF_ERR_METER_BAD_RATE, ABILITY, NOBODY},
    {OF_ERR_METER_BAD_BURST, ABILITY, NOBODY},
    {OF_ERR_METER_BAD_BAND, DECODER, NOBODY},
    {OF_ERR_METER_BAD_BAND_VALUE, ABILITY, NOBODY},
    {OF_ERR_METER_OUT_OF_METERS, STATE, NOBODY},
    {OF_ERR_METER_OUT_OF_BANDS, ABILITY, NOBODY},
    {OF_ERR_TFF_BAD_TABLE, DECODER, NOBODY},
    {OF_ERR_TFF_BAD_METADATA, ABILITY, NOBODY},
    {OF_ERR_TFF_BAD_TYPE, DECODER, NOBODY},
    {OF_ERR_TFF_BAD_LEN, DECODER, NOBODY},
    {OF_ERR_TFF_BAD_ARGUMENT, DECODER, NOBODY},
    {OF_ERR_TFF_EPERM, ABILITY, NOBODY},
};

#define N_LINES (sizeof lines / sizeof lines[0])

/* What 1.4 brought. */
struct new_line {
    enum of_err err;
    enum who who;
};

static const struct new_line lines_14[] = {
    {OF_ERR_MULTIPART_REQUEST_TIMEOUT, STATE},
    {OF_ERR_MULTIPART_REPLY_TIMEOUT, STATE},
    {OF_ERR_INST_DUP, DECODER},
    {OF_ERR_FLOW_CANT_SYNC, STATE},
    {OF_ERR_FLOW_BAD_PRIORITY, ABILITY},
    {OF_ERR_PROP_BAD_TYPE, DECODER},
    {OF_ERR_PROP_BAD_LEN, DECODER},
    {OF_ERR_PROP_BAD_VALUE, DECODER},
    {OF_ERR_PROP_TOO_MANY, ABILITY},
    {OF_ERR_PROP_DUP_TYPE, DECODER},
    {OF_ERR_PROP_BAD_EXPERIMENTER, DECODER},
    {OF_ERR_PROP_BAD_EXP_TYPE, ABILITY}, /* We know no experimenter of properties. */
    {OF_ERR_PROP_BAD_EXP_VALUE, ABILITY},
    {OF_ERR_PROP_EPERM, ABILITY},
    {OF_ERR_ASYNC_INVALID, DECODER},
    {OF_ERR_ASYNC_UNSUPPORTED, ABILITY},
    {OF_ERR_ASYNC_EPERM, ABILITY},
    {OF_ERR_MONITOR_UNKNOWN, STATE},
    {OF_ERR_MONITOR_EXISTS, STATE},
    {OF_ERR_MONITOR_INVALID, ABILITY},
    {OF_ERR_MONITOR_UNKNOWN_MONITOR, STATE},
    {OF_ERR_MONITOR_BAD_COMMAND, DECODER},
    {OF_ERR_MONITOR_BAD_FLAGS, DECODER},
    {OF_ERR_MONITOR_BAD_TABLE_ID, STATE},
    {OF_ERR_MONITOR_BAD_OUT, DECODER},
    {OF_ERR_BUNDLE_UNKNOWN, STATE},
    {OF_ERR_BUNDLE_EPERM, ABILITY},
    {OF_ERR_BUNDLE_BAD_ID, STATE},
    {OF_ERR_BUNDLE_EXISTS, STATE},
    {OF_ERR_BUNDLE_CLOSED, STATE},
    {OF_ERR_BUNDLE_OUT_OF_BUNDLES, STATE},
    {OF_ERR_BUNDLE_BAD_TYPE, DECODER},
    {OF_ERR_BUNDLE_BAD_FLAGS, DECODER},
    {OF_ERR_BUNDLE_MSG_BAD_LEN, DECODER},
    {OF_ERR_BUNDLE_MSG_BAD_XID, DECODER},
    {OF_ERR_BUNDLE_MSG_UNSUP, DECODER},
    {OF_ERR_BUNDLE_MSG_CONFLICT, STATE},
    {OF_ERR_BUNDLE_MSG_TOO_MANY, ABILITY},
    {OF_ERR_BUNDLE_MSG_FAILED, STATE},
    {OF_ERR_BUNDLE_TIMEOUT, STATE},
    {OF_ERR_BUNDLE_IN_PROGRESS, STATE},
};

static const struct new_line lines_15[] = {
    {OF_ERR_MULTIPART_BAD_SCHED, DECODER},
    {OF_ERR_PIPELINE_FIELDS_ONLY, DECODER},
    {OF_ERR_REQ_UNKNOWN, STATE},
    {OF_ERR_ACT_BAD_SET_MASK, DECODER},
    {OF_ERR_ACT_BAD_METER, DECODER},
    {OF_ERR_FLOW_IS_SYNC, STATE},
    {OF_ERR_GROUP_UNKNOWN_BUCKET, DECODER}, /* Of a reserved id; of one that is not there: STATE. */
    {OF_ERR_GROUP_BUCKET_EXISTS, DECODER},  /* Twice in one message; else STATE. */
    {OF_ERR_ROLE_ID_UNSUP, ABILITY},
    {OF_ERR_ROLE_ID_IN_USE, STATE},
    {OF_ERR_TFF_BAD_CAPA, ABILITY},
    {OF_ERR_TFF_BAD_MAX_ENT, ABILITY},
    {OF_ERR_TFF_BAD_FEATURES, DECODER},
    {OF_ERR_TFF_BAD_COMMAND, DECODER},
    {OF_ERR_TFF_TOO_MANY, ABILITY},
    {OF_ERR_BUNDLE_SCHED_NOT_SUPPORTED, ABILITY},
    {OF_ERR_BUNDLE_SCHED_FUTURE, STATE},
    {OF_ERR_BUNDLE_SCHED_PAST, STATE},
};

#define N_LINES_14 (sizeof lines_14 / sizeof lines_14[0])
#define N_LINES_15 (sizeof lines_15 / sizeof lines_15[0])

/* True when the version has a number for 'err' that means nothing else. */
static bool has_number(uint8_t version, enum of_err err)
{
    uint16_t type, code;

    of_err_to_wire(err, version, &type, &code);
    return of_err_from_wire(version, type, code) == err;
}

static void test_every_error_has_a_line(void **state)
{
    int n_missing = 0;

    (void)state;
    for (unsigned err = OF_OK + 1; err < OF_N_ERRS; err++) {
        const struct line *line = NULL;
        bool in_13 = has_number(OF_VERSION_1_3, (enum of_err)err);
        bool in_10 = has_number(OF_VERSION_1_0, (enum of_err)err);

        for (size_t i = 0; i < N_LINES; i++) {
            if (lines[i].err == (enum of_err)err) {
                assert_null(line);
                line = &lines[i];
            }
        }
        if ((in_13 && (!line || line->in_13 == NOBODY)) ||
            (in_10 && (!line || line->in_10 == NOBODY))) {
            print_error("%s: nobody is said to find it\n", of_err_name((enum of_err)err));
            n_missing++;
        }
    }
    assert_int_equal(n_missing, 0);
}

struct tally {
    int in_13[N_LINES], in_10[N_LINES];
    int n_unknown;
};

static void count_vector(const struct of_vector *v, void *aux)
{
    struct tally *t = aux;
    int *in = strncmp(v->file, "of_13", 5) == 0   ? t->in_13
              : strncmp(v->file, "of_10", 5) == 0 ? t->in_10
                                                  : NULL;
    size_t i = 0;

    if (!in || v->kind != '!') {
        return;
    }
    while (i < N_LINES && strcmp(of_err_name(lines[i].err), v->text) != 0) {
        i++;
    }
    if (i < N_LINES) {
        in[i]++;
    } else {
        print_error("%s:%d: %s has no line\n", v->file, v->line, v->text);
        t->n_unknown++;
    }
}

static int compare(const char *version, enum of_err err, enum who who, int n_vectors)
{
    if ((who == DECODER) == (n_vectors > 0)) {
        return 0;
    }
    print_error("%s in %s: %d vectors\n", of_err_name(err), version, n_vectors);
    return 1;
}

static void test_decoder_errors_have_vectors(void **state)
{
    struct tally t = {{0}, {0}, 0};
    int n_wrong = 0;

    (void)state;
    assert_true(of_vectors_for_each(FOLDER, count_vector, &t) > 0);
    for (size_t i = 0; i < N_LINES; i++) {
        n_wrong += compare("1.3", lines[i].err, lines[i].in_13, t.in_13[i]);
        n_wrong += compare("1.0", lines[i].err, lines[i].in_10, t.in_10[i]);
    }
    assert_int_equal(n_wrong + t.n_unknown, 0);
}

/* What one version has and the one before it has not. */
struct news {
    const char *name, *prefix; /* Of the version, of its vectors. */
    uint8_t version;
    const struct new_line *lines;
    size_t n;
};

static const struct news news[] = {
    {"1.4", "of_14", OF_VERSION_1_4, lines_14, N_LINES_14},
    {"1.5", "of_15", OF_VERSION_1_5, lines_15, N_LINES_15},
};

#define N_NEWS (sizeof news / sizeof news[0])

/* Every new error is in the list of them, once. */
static void test_every_new_error_has_a_line(void **state)
{
    (void)state;
    for (unsigned i = 0; i < N_NEWS * OF_N_ERRS; i++) {
        const struct news *v = &news[i / OF_N_ERRS];
        enum of_err err = (enum of_err)(i % OF_N_ERRS);
        bool is_new =
            err && has_number(v->version, err) && !has_number((uint8_t)(v->version - 1), err);
        int n = 0;

        for (size_t j = 0; j < v->n; j++) {
            n += v->lines[j].err == err;
        }
        assert_int_equal(n, is_new);
    }
}

struct new_tally {
    const struct news *news;
    int n[N_LINES_14];
};

static void count_new_vector(const struct of_vector *v, void *aux)
{
    struct new_tally *t = aux;
    const struct news *news_of = t->news;

    for (size_t i = 0; i < news_of->n; i++) {
        t->n[i] += v->kind == '!' && strncmp(v->file, news_of->prefix, 5) == 0 &&
                   strcmp(of_err_name(news_of->lines[i].err), v->text) == 0;
    }
}

static void test_new_decoder_errors_have_vectors(void **state)
{
    int n_wrong = 0;

    (void)state;
    for (size_t i = 0; i < N_NEWS; i++) {
        struct new_tally t = {&news[i], {0}};

        assert_true(news[i].n <= N_LINES_14);
        assert_true(of_vectors_for_each(FOLDER, count_new_vector, &t) > 0);
        for (size_t j = 0; j < news[i].n; j++) {
            n_wrong += compare(news[i].name, news[i].lines[j].err, news[i].lines[j].who, t.n[j]);
        }
    }
    assert_int_equal(n_wrong, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_error_has_a_line),
        cmocka_unit_test(test_decoder_errors_have_vectors),
        cmocka_unit_test(test_every_new_error_has_a_line),
        cmocka_unit_test(test_new_decoder_errors_have_vectors),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
