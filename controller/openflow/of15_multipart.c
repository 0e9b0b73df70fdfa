/* The multipart table of 1.5 (1.5 §7.3.5). What looks as it did in an earlier version is that
 * version's, told that this is 1.5. */
#include "controller/openflow/of_wire.h"

#define METER_FEATURES_13_LEN 16

/* --- The same with another version ---------------------------------------------------------------- */

static enum of_err get_filter(struct rd *r, struct arena *arena, struct of_multipart_request *q)
{
    (void)arena;
    return of13_get_filter(r, OF_VERSION_1_5, &q->flow);
}

static enum err put_filter(struct buf *b, const struct of_multipart_request *q)
{
    return of13_put_filter(b, OF_VERSION_1_5, &q->flow);
}

static enum of_err get_group_features(struct rd *r, struct arena *arena,
                                      struct of_multipart_reply *q)
{
    (void)arena;
    return of13_get_group_features(r, OF_VERSION_1_5, q);
}

static enum err put_group_features(struct buf *b, const struct of_multipart_reply *q)
{
    return of13_put_group_features(b, OF_VERSION_1_5, q);
}

static enum of_err get_table_features_request(struct rd *r, struct arena *arena,
                                              struct of_multipart_request *q)
{
    return of13_get_table_features(r, OF_VERSION_1_5, OF_FROM_CONTROLLER, arena,
                                   &q->table_features.list, &q->table_features.n);
}

static enum err put_table_features_request(struct buf *b, const struct of_multipart_request *q)
{
    return of13_put_table_features(b, OF_VERSION_1_5, q->table_features.list, q->table_features.n);
}

static enum of_err get_table_features(struct rd *r, struct arena *arena,
                                      struct of_multipart_reply *q)
{
    return of13_get_table_features(r, OF_VERSION_1_5, OF_FROM_SWITCH, arena, &q->table_features,
                                   &q->n);
}

static enum err put_table_features(struct buf *b, const struct of_multipart_reply *q)
{
    return of13_put_table_features(b, OF_VERSION_1_5, q->table_features, q->n);
}

static enum of_err get_monitor(struct rd *r, struct arena *arena, struct of_multipart_request *q)
{
    (void)arena;
    return of14_get_monitor(r, OF_VERSION_1_5, &q->monitor);
}

static enum err put_monitor(struct buf *b, const struct of_multipart_request *q)
{
    return of14_put_monitor(b, OF_VERSION_1_5, &q->monitor);
}

static enum of_err get_updates(struct rd *r, struct arena *arena, struct of_multipart_reply *q)
{
    return of14_get_updates(r, OF_VERSION_1_5, arena, q);
}

static enum err put_updates(struct buf *b, const struct of_multipart_reply *q)
{
    return of14_put_updates(b, OF_VERSION_1_5, q);
}

/* --- Small changes -------------------------------------------------------------------------------- */

/* Before 1.5 the request had no port and asked for all; port 0 does not exist (§7.2.1), so a caller
 * that left it there asks for all. */
static enum err put_port_desc_request(struct buf *b, const struct of_multipart_request *q)
{
    buf_put_u32(b, q->port_no ? q->port_no : OF_PORT_ANY);
    buf_put_zeros(b, 4);
    return ERR_OK;
}

/* 1.5 says besides where the action of a meter can stand. Open vSwitch leaves that out. */
static enum of_err get_meter_features(struct rd *r, struct arena *arena,
                                      struct of_multipart_reply *q)
{
    struct rd head = rd_sub(r, METER_FEATURES_13_LEN);
    enum of_err err = of13_get_meter_features(&head, arena, q);

    if (!err && r->left) {
        q->meter_features.features = rd_u32(r);
        rd_skip(r, 4);
    }
    return err;
}

static enum err put_meter_features(struct buf *b, const struct of_multipart_reply *q)
{
    enum err err = of13_put_meter_features(b, q);

    buf_put_u32(b, q->meter_features.features);
    buf_put_zeros(b, 4);
    return err;
}

/* --- The table ---------------------------------------------------------------------------------- */

#define FIXED true
#define VARIABLE false
#define EMPTY                                                                                      \
    {                                                                                              \
        FIXED, 0, NULL, NULL                                                                       \
    }

static const struct of_mp_row rows[OF_N_MP_TYPES] = {
    [OF_MP_DESC] = {0, true, EMPTY, {FIXED, 1056, of_get_desc, of_put_desc}},
    [OF_MP_FLOW] = {1,
                    true,
                    {VARIABLE, 40, get_filter, put_filter},
                    {VARIABLE, 0, of15_get_flow_descs, of15_put_flow_descs}},
    [OF_MP_AGGREGATE] = {2,
                         true,
                         {VARIABLE, 40, get_filter, put_filter},
                         {VARIABLE, 8, of15_get_aggregate, of15_put_aggregate}},
    [OF_MP_TABLE] = {3, true, EMPTY, {VARIABLE, 0, of13_get_tables, of13_put_tables}},
    [OF_MP_PORT_STATS] = {4,
                          true,
                          {FIXED, 8, of13_get_port_stats_request, of13_put_port_stats_request},
                          {VARIABLE, 0, of14_get_port_stats, of14_put_port_stats}},
    [OF_MP_QUEUE_STATS] = {5,
                           true,
                           {FIXED, 8, of13_get_queue_stats_request, of13_put_queue_stats_request},
                           {VARIABLE, 0, of14_get_queue_stats, of14_put_queue_stats}},
    [OF_MP_GROUP_STATS] = {6,
                           true,
                           {FIXED, 8, of13_get_group_request, of13_put_group_request},
                           {VARIABLE, 0, of13_get_group_stats, of13_put_group_stats}},
    [OF_MP_GROUP_DESC] = {7,
                          true,
                          {FIXED, 8, of13_get_group_request, of13_put_group_request},
                          {VARIABLE, 0, of15_get_group_desc, of15_put_group_desc}},
    [OF_MP_GROUP_FEATURES] = {8, true, EMPTY, {FIXED, 40, get_group_features, put_group_features}},
    [OF_MP_METER_STATS] = {9,
                           true,
                           {FIXED, 8, of13_get_meter_request, of13_put_meter_request},
                           {VARIABLE, 0, of13_get_meter_stats, of13_put_meter_stats}},
    [OF_MP_METER_CONFIG] = {10,
                            true,
                            {FIXED, 8, of13_get_meter_request, of13_put_meter_request},
                            {VARIABLE, 0, of13_get_meter_config, of13_put_meter_config}},
    [OF_MP_METER_FEATURES] = {11,
                              true,
                              EMPTY,
                              {VARIABLE, 16, get_meter_features, put_meter_features}},
    [OF_MP_TABLE_FEATURES] = {12,
                              true,
                              {VARIABLE, 0, get_table_features_request, put_table_features_request},
                              {VARIABLE, 0, get_table_features, put_table_features}},
    [OF_MP_PORT_DESC] = {13,
                         true,
                         {FIXED, 8, of13_get_port_stats_request, put_port_desc_request},
                         {VARIABLE, 0, of14_get_port_desc, of14_put_port_desc}},
    [OF_MP_TABLE_DESC] = {14, true, EMPTY, {VARIABLE, 0, of14_get_table_desc, of14_put_table_desc}},
    [OF_MP_QUEUE_DESC] = {15,
                          true,
                          {FIXED, 8, of14_get_queue_desc_request, of14_put_queue_desc_request},
                          {VARIABLE, 0, of14_get_queue_desc, of14_put_queue_desc}},
    [OF_MP_FLOW_MONITOR] = {16,
                            true,
                            {VARIABLE, 24, get_monitor, put_monitor},
                            {VARIABLE, 0, get_updates, put_updates}},
    [OF_MP_FLOW_STATS] = {17,
                          true,
                          {VARIABLE, 40, get_filter, put_filter},
                          {VARIABLE, 0, of15_get_flow_stats, of15_put_flow_stats}},
    [OF_MP_CONTROLLER_STATUS] = {18,
                                 true,
                                 EMPTY,
                                 {VARIABLE, 0, of15_get_controllers, of15_put_controllers}},
    [OF_MP_BUNDLE_FEATURES] = {19,
                               true,
                               {VARIABLE, 8, of15_get_bundle_features_request,
                                of15_put_bundle_features_request},
                               {VARIABLE, 8, of15_get_bundle_features, of15_put_bundle_features}},
    [OF_MP_EXPERIMENTER] = {0xffff,
                            true,
                            {VARIABLE, 8, of13_get_exp_request, of13_put_exp_request},
                            {VARIABLE, 8, of13_get_exp_reply, of13_put_exp_reply}},
};

const struct of_mp_table of15_multiparts = {.rows = rows, .header_pad = 4};
