/* How a scripted switch answers. */
#include <stdio.h>

#include "tests/system/script_run.h"

struct of_port agent_port(const struct script *script, unsigned sw, port_no_t port, bool up)
{
    struct of_port out = {
        .port_no = port,
        .hw_addr = eth_addr_from_u64(UINT64_C(0x0a0000000000) | (uint64_t)(sw + 1) << 16 | port),
        .state = up ? 0 : OF_PS_LINK_DOWN};

    snprintf(out.name, sizeof out.name, "%.8s-%u", script->switches[sw].name, port);
    return out;
}

static const struct of_port *ports(const struct script *script, unsigned sw, struct arena *arena)
{
    const struct script_switch *s = &script->switches[sw];
    struct of_port *list = arena_calloc(arena, s->n_ports + 1, sizeof *list);

    for (size_t i = 0; i < s->n_ports; i++) {
        list[i] = agent_port(script, sw, s->ports[i].number, true);
    }
    return list;
}

static void answer_features(const struct script *script, unsigned sw, struct arena *arena,
                            struct of_msg *reply)
{
    const struct script_switch *s = &script->switches[sw];

    reply->type = OF_FEATURES_REPLY;
    reply->features = (struct of_features){.dpid = s->dpid, .n_tables = 1};
    if (s->version == OF_VERSION_1_0) {
        reply->features.ports = ports(script, sw, arena);
        reply->features.n_ports = s->n_ports;
    }
}

static void answer_multipart(const struct script *script, unsigned sw, const struct of_msg *request,
                             struct arena *arena, struct of_msg *reply)
{
    reply->type = OF_MULTIPART_REPLY;
    reply->mp_reply.type = request->mp_request.type;
    if (request->mp_request.type == OF_MP_DESC) {
        reply->mp_reply.desc = arena_alloc(arena, sizeof(struct of_desc));
    } else if (request->mp_request.type == OF_MP_PORT_DESC) {
        reply->mp_reply.ports = ports(script, sw, arena);
        reply->mp_reply.n = script->switches[sw].n_ports;
    }
}

bool agent_answer(const struct script *script, unsigned sw, const struct of_msg *request,
                  struct arena *arena, struct of_msg *reply)
{
    *reply = (struct of_msg){.version = script->switches[sw].version, .xid = request->xid};
    switch ((int)request->type) {
    case OF_FEATURES_REQUEST:
        answer_features(script, sw, arena, reply);
        return true;
    case OF_MULTIPART_REQUEST:
        answer_multipart(script, sw, request, arena, reply);
        return true;
    case OF_BARRIER_REQUEST:
        reply->type = OF_BARRIER_REPLY;
        return true;
    case OF_ECHO_REQUEST:
        reply->type = OF_ECHO_REPLY;
        reply->echo = request->echo;
        return true;
    case OF_GET_CONFIG_REQUEST:
        reply->type = OF_GET_CONFIG_REPLY;
        reply->config.miss_send_len = OF_CML_NO_BUFFER;
        return true;
    case OF_ROLE_REQUEST:
        reply->type = OF_ROLE_REPLY;
        reply->role = request->role;
        return true;
    default:
        return false;
    }
}

void agent_packet_in(const struct script *script, unsigned sw, port_no_t port, const uint8_t *frame,
                     size_t len, struct of_msg *out)
{
    bool old = script->switches[sw].version == OF_VERSION_1_0;

    *out = (struct of_msg){.version = script->switches[sw].version, .type = OF_PACKET_IN};
    out->packet_in.buffer_id = OF_NO_BUFFER;
    out->packet_in.total_len = (uint16_t)len;
    out->packet_in.reason = OF_REASON_NO_MATCH;
    out->packet_in.cookie = old ? UINT64_MAX : 0;
    out->packet_in.in_port = port;
    OF_MATCH_SET(&out->packet_in.match, IN_PORT, in_port, port);
    out->packet_in.data = (struct of_bytes){frame, len};
}
