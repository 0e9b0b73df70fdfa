#include "controller/packet/pkt_sflow.h"

#define VERSION 5
#define ADDR_IPV4 1
#define ADDR_IPV6 2

/* Sample and record formats of enterprise 0; the data format is enterprise << 12 | format. */
#define SAMPLE_FLOW 1
#define SAMPLE_COUNTERS 2
#define SAMPLE_FLOW_EXPANDED 3
#define SAMPLE_COUNTERS_EXPANDED 4
#define RECORD_RAW_HEADER 1
#define RECORD_GENERIC_COUNTERS 1
#define RECORD_OPENFLOW_PORT 1004 /* "sFlow OpenFlow Structures" (sflow.org, 2014). */

/* Compact form: source id is 8 bits of type and 24 of index, an interface 2 of format, 30 of value. */
#define SOURCE_INDEX_BITS 24
#define IF_VALUE_BITS 30

#define LOW_BITS(v, n) ((v) & ((UINT32_C(1) << (n)) - 1))

/* --- Parsing ----------------------------------------------------------------------------------- */

static void parse_source(struct rd *r, bool expanded, struct pkt_sflow_sample *s)
{
    uint32_t word = rd_u32(r);

    s->source_type = expanded ? word : word >> SOURCE_INDEX_BITS;
    s->source_index = expanded ? rd_u32(r) : LOW_BITS(word, SOURCE_INDEX_BITS);
}

static void parse_if(struct rd *r, bool expanded, uint32_t *format, uint32_t *value)
{
    uint32_t word = rd_u32(r);

    *format = expanded ? word : word >> IF_VALUE_BITS;
    *value = expanded ? rd_u32(r) : LOW_BITS(word, IF_VALUE_BITS);
}

static enum err parse_raw_header(struct rd r, struct pkt_sflow_flow *flow)
{
    flow->proto = rd_u32(&r);
    flow->frame_bytes = rd_u32(&r);
    flow->stripped_bytes = rd_u32(&r);
    flow->header_len = rd_u32(&r);
    flow->header = rd_bytes(&r, flow->header_len);
    flow->has_header = !r.failed;
    return r.failed ? ERR_SYNTAX : ERR_OK;
}

static enum err parse_generic(struct rd r, struct pkt_sflow_counters *c)
{
    c->if_index = rd_u32(&r);
    c->if_type = rd_u32(&r);
    c->if_speed_bps = rd_u64(&r);
    c->if_direction = rd_u32(&r);
    c->if_status = rd_u32(&r);
    c->in_bytes = rd_u64(&r);
    c->in_ucast_pkts = rd_u32(&r);
    c->in_multicast_pkts = rd_u32(&r);
    c->in_broadcast_pkts = rd_u32(&r);
    c->in_discards = rd_u32(&r);
    c->in_errors = rd_u32(&r);
    c->in_unknown_protos = rd_u32(&r);
    c->out_bytes = rd_u64(&r);
    c->out_ucast_pkts = rd_u32(&r);
    c->out_multicast_pkts = rd_u32(&r);
    c->out_broadcast_pkts = rd_u32(&r);
    c->out_discards = rd_u32(&r);
    c->out_errors = rd_u32(&r);
    c->promiscuous = rd_u32(&r);
    c->has_generic = !r.failed;
    return r.failed ? ERR_SYNTAX : ERR_OK;
}

static enum err parse_openflow_port(struct rd r, struct pkt_sflow_counters *c)
{
    c->dpid = rd_u64(&r);
    c->port_no = rd_u32(&r);
    c->has_openflow = !r.failed;
    return r.failed ? ERR_SYNTAX : ERR_OK;
}

static enum err parse_record(struct rd record, uint32_t format, struct pkt_sflow_sample *s)
{
    if (s->kind == PKT_SFLOW_FLOW && format == RECORD_RAW_HEADER && !s->flow.has_header) {
        return parse_raw_header(record, &s->flow);
    }
    if (s->kind == PKT_SFLOW_COUNTERS && format == RECORD_GENERIC_COUNTERS &&
        !s->counters.has_generic) {
        return parse_generic(record, &s->counters);
    }
    if (s->kind == PKT_SFLOW_COUNTERS && format == RECORD_OPENFLOW_PORT &&
        !s->counters.has_openflow) {
        return parse_openflow_port(record, &s->counters);
    }
    return ERR_OK;
}

/* The records of a sample; of each known kind the first counts. */
static enum err parse_records(struct rd *r, struct pkt_sflow_sample *s)
{
    uint32_t n = rd_u32(r);

    for (uint32_t i = 0; i < n && !r->failed; i++) {
        uint32_t format = rd_u32(r);
        struct rd record = rd_sub(r, rd_u32(r));
        enum err err;

        if (r->failed) {
            break;
        }
        err = parse_record(record, format, s);
        if (err) {
            return err;
        }
    }
    return r->failed ? ERR_SYNTAX : ERR_OK;
}

static enum err parse_flow_sample(struct rd r, bool expanded, struct pkt_sflow_sample *s)
{
    s->kind = PKT_SFLOW_FLOW;
    s->seq = rd_u32(&r);
    parse_source(&r, expanded, s);
    s->flow.rate = rd_u32(&r);
    s->flow.pool_pkts = rd_u32(&r);
    s->flow.drops = rd_u32(&r);
    parse_if(&r, expanded, &s->flow.input_format, &s->flow.input);
    parse_if(&r, expanded, &s->flow.output_format, &s->flow.output);
    return parse_records(&r, s);
}

static enum err parse_counter_sample(struct rd r, bool expanded, struct pkt_sflow_sample *s)
{
    s->kind = PKT_SFLOW_COUNTERS;
    s->seq = rd_u32(&r);
    parse_source(&r, expanded, s);
    return parse_records(&r, s);
}

static enum err parse_sample(struct rd *r, struct pkt_sflow_sample *s)
{
    uint32_t format = rd_u32(r);
    struct rd body = rd_sub(r, rd_u32(r));

    if (r->failed) {
        return ERR_TRUNCATED;
    }
    switch (format) {
    case SAMPLE_FLOW:
    case SAMPLE_FLOW_EXPANDED:
        return parse_flow_sample(body, format == SAMPLE_FLOW_EXPANDED, s);
    case SAMPLE_COUNTERS:
    case SAMPLE_COUNTERS_EXPANDED:
        return parse_counter_sample(body, format == SAMPLE_COUNTERS_EXPANDED, s);
    default:
        return ERR_OK; /* Stays PKT_SFLOW_OTHER. */
    }
}

static enum err parse_head(struct rd *r, struct pkt_sflow *out, uint32_t *n_samples)
{
    uint32_t version = rd_u32(r), addr_type = rd_u32(r);

    if (!r->failed && (version != VERSION || (addr_type != ADDR_IPV4 && addr_type != ADDR_IPV6))) {
        return ERR_UNSUPPORTED;
    }
    out->agent_is_ipv6 = addr_type == ADDR_IPV6;
    if (out->agent_is_ipv6) {
        rd_copy(r, out->agent6.b, IPV6_ADDR_LEN);
    } else {
        out->agent = rd_u32(r);
    }
    out->sub_agent = rd_u32(r);
    out->seq = rd_u32(r);
    out->uptime_ms = rd_u32(r);
    *n_samples = rd_u32(r);
    return r->failed ? ERR_TRUNCATED : ERR_OK;
}

enum err pkt_parse_sflow(const uint8_t *datagram, size_t len, struct pkt_sflow *out)
{
    struct rd r = rd_init(datagram, len);
    uint32_t n_samples;
    enum err err;

    memset(out, 0, sizeof *out);
    err = parse_head(&r, out, &n_samples);
    if (!err && n_samples > PKT_SFLOW_MAX_SAMPLES) {
        err = ERR_FULL;
    }
    while (!err && out->n_samples < n_samples) {
        err = parse_sample(&r, &out->samples[out->n_samples++]);
    }
    return err;
}

/* --- Building ---------------------------------------------------------------------------------- */

/* Opens something that starts with its format and length; close_scope() fills the length in. */
static size_t open_scope(struct buf *b, uint32_t format)
{
    buf_put_u32(b, format);
    buf_put_u32(b, 0);
    return b->len;
}

static void close_scope(struct buf *b, size_t start)
{
    buf_set_u16(b, start - 2, b->len - start); /* A datagram is shorter than 64 KiB. */
}

static void put_source(struct buf *b, bool expanded, const struct pkt_sflow_sample *s)
{
    if (expanded) {
        buf_put_u32(b, s->source_type);
        buf_put_u32(b, s->source_index);
    } else {
        buf_put_u32(b, s->source_type << SOURCE_INDEX_BITS | s->source_index);
    }
}

static void put_if(struct buf *b, bool expanded, uint32_t format, uint32_t value)
{
    if (expanded) {
        buf_put_u32(b, format);
        buf_put_u32(b, value);
    } else {
        buf_put_u32(b, format << IF_VALUE_BITS | value);
    }
}

static bool source_is_wide(const struct pkt_sflow_sample *s)
{
    return s->source_type >> (32 - SOURCE_INDEX_BITS) || s->source_index >> SOURCE_INDEX_BITS;
}

static bool if_is_wide(uint32_t format, uint32_t value)
{
    return format >> (32 - IF_VALUE_BITS) || value >> IF_VALUE_BITS;
}

static void put_raw_header(struct buf *b, const struct pkt_sflow_flow *flow)
{
    size_t record = open_scope(b, RECORD_RAW_HEADER);

    buf_put_u32(b, flow->proto);
    buf_put_u32(b, flow->frame_bytes);
    buf_put_u32(b, flow->stripped_bytes);
    buf_put_u32(b, flow->header_len);
    buf_put(b, flow->header, flow->header_len);
    buf_pad(b, record, 4); /* XDR opaque data (RFC 4506 §4.10). */
    close_scope(b, record);
}

static void put_generic(struct buf *b, const struct pkt_sflow_counters *c)
{
    size_t record = open_scope(b, RECORD_GENERIC_COUNTERS);

    buf_put_u32(b, c->if_index);
    buf_put_u32(b, c->if_type);
    buf_put_u64(b, c->if_speed_bps);
    buf_put_u32(b, c->if_direction);
    buf_put_u32(b, c->if_status);
    buf_put_u64(b, c->in_bytes);
    buf_put_u32(b, c->in_ucast_pkts);
    buf_put_u32(b, c->in_multicast_pkts);
    buf_put_u32(b, c->in_broadcast_pkts);
    buf_put_u32(b, c->in_discards);
    buf_put_u32(b, c->in_errors);
    buf_put_u32(b, c->in_unknown_protos);
    buf_put_u64(b, c->out_bytes);
    buf_put_u32(b, c->out_ucast_pkts);
    buf_put_u32(b, c->out_multicast_pkts);
    buf_put_u32(b, c->out_broadcast_pkts);
    buf_put_u32(b, c->out_discards);
    buf_put_u32(b, c->out_errors);
    buf_put_u32(b, c->promiscuous);
    close_scope(b, record);
}

static void put_openflow_port(struct buf *b, const struct pkt_sflow_counters *c)
{
    size_t record = open_scope(b, RECORD_OPENFLOW_PORT);

    buf_put_u64(b, c->dpid);
    buf_put_u32(b, c->port_no);
    close_scope(b, record);
}

static void put_flow_sample(struct buf *b, const struct pkt_sflow_sample *s)
{
    const struct pkt_sflow_flow *flow = &s->flow;
    bool wide = source_is_wide(s) || if_is_wide(flow->input_format, flow->input) ||
                if_is_wide(flow->output_format, flow->output);
    size_t sample = open_scope(b, wide ? SAMPLE_FLOW_EXPANDED : SAMPLE_FLOW);

    buf_put_u32(b, s->seq);
    put_source(b, wide, s);
    buf_put_u32(b, flow->rate);
    buf_put_u32(b, flow->pool_pkts);
    buf_put_u32(b, flow->drops);
    put_if(b, wide, flow->input_format, flow->input);
    put_if(b, wide, flow->output_format, flow->output);
    buf_put_u32(b, flow->has_header);
    if (flow->has_header) {
        put_raw_header(b, flow);
    }
    close_scope(b, sample);
}

static void put_counter_sample(struct buf *b, const struct pkt_sflow_sample *s)
{
    bool wide = source_is_wide(s);
    size_t sample = open_scope(b, wide ? SAMPLE_COUNTERS_EXPANDED : SAMPLE_COUNTERS);

    buf_put_u32(b, s->seq);
    put_source(b, wide, s);
    buf_put_u32(b, (uint32_t)s->counters.has_generic + s->counters.has_openflow);
    if (s->counters.has_generic) {
        put_generic(b, &s->counters);
    }
    if (s->counters.has_openflow) {
        put_openflow_port(b, &s->counters);
    }
    close_scope(b, sample);
}

static void put_sample(struct buf *b, const struct pkt_sflow_sample *s)
{
    switch (s->kind) {
    case PKT_SFLOW_FLOW:
        put_flow_sample(b, s);
        break;
    case PKT_SFLOW_COUNTERS:
        put_counter_sample(b, s);
        break;
    case PKT_SFLOW_OTHER:
        b->failed = true;
        break;
    }
}

void pkt_build_sflow(struct buf *b, const struct pkt_sflow *sf)
{
    buf_put_u32(b, VERSION);
    buf_put_u32(b, sf->agent_is_ipv6 ? ADDR_IPV6 : ADDR_IPV4);
    if (sf->agent_is_ipv6) {
        buf_put(b, sf->agent6.b, IPV6_ADDR_LEN);
    } else {
        buf_put_u32(b, sf->agent);
    }
    buf_put_u32(b, sf->sub_agent);
    buf_put_u32(b, sf->seq);
    buf_put_u32(b, sf->uptime_ms);
    buf_put_u32(b, sf->n_samples);
    for (size_t i = 0; i < sf->n_samples; i++) {
        put_sample(b, &sf->samples[i]);
    }
}
