/* Roles of this controller at a switch (§6.3.6), and what the switch tells each role (§7.3.10).
 *
 * EQUAL is what every connection begins with, and nothing is asked for it. MASTER and SLAVE are asked
 * for with a generation id before the entries are read. As a slave we write nothing: whatever would
 * change the switch is held back by session_send(), entries stay intended, and when the role is
 * another one again the switch is read and compared as after a connection.
 *
 *      asked for                      the switch says      then
 *      MASTER, SLAVE                  yes                  that is the role
 *      with the setting               ROLE_STALE           its generation id is asked for and the next
 *                                                          one is taken, ROLE_TRIES times
 *      with ctl_claim_role()          ROLE_STALE           the same
 *      with ctl_set_role()            ROLE_STALE           slave: somebody else knows better
 *      MASTER, SLAVE                  any other error      slave stays slave, master stays equal: the
 *                                                          switch knows no roles
 *
 * The role is lost with a role status (1.4, and an extension of 1.3), and with the error IS_SLAVE. */
#include <assert.h>

#include "controller/core/ctl_int.h"
#include "controller/core/discovery.h"
#include "controller/core/session_int.h"

LOG_MODULE(session);

/* Times that a newer generation id is tried. */
#define ROLE_TRIES 3

const char *of_role_name(enum of_role role)
{
    switch (role) {
    case OF_ROLE_NOCHANGE:
        break;
    case OF_ROLE_EQUAL:
        return "equal";
    case OF_ROLE_MASTER:
        return "master";
    case OF_ROLE_SLAVE:
        return "slave";
    }
    return "?";
}

/* --- What a slave does not send --------------------------------------------------------------- */

bool role_forbids(const struct session *s, const struct of_msg *msg)
{
    if (!s->is_passive) {
        return false;
    }
    switch (msg->type) {
    case OF_PACKET_OUT:
    case OF_FLOW_MOD:
    case OF_GROUP_MOD:
    case OF_METER_MOD:
    case OF_PORT_MOD:
    case OF_TABLE_MOD:
    case OF_BUNDLE_CONTROL:
    case OF_BUNDLE_ADD_MESSAGE:
        return true;
    case OF_MULTIPART_REQUEST:
        return msg->mp_request.type == OF_MP_TABLE_FEATURES && msg->mp_request.table_features.n;
    case OF_HELLO:
    case OF_ERROR:
    case OF_ECHO_REQUEST:
    case OF_ECHO_REPLY:
    case OF_EXPERIMENTER:
    case OF_FEATURES_REQUEST:
    case OF_FEATURES_REPLY:
    case OF_GET_CONFIG_REQUEST:
    case OF_GET_CONFIG_REPLY:
    case OF_SET_CONFIG:
    case OF_PACKET_IN:
    case OF_FLOW_REMOVED:
    case OF_PORT_STATUS:
    case OF_MULTIPART_REPLY:
    case OF_BARRIER_REQUEST:
    case OF_BARRIER_REPLY:
    case OF_ROLE_REQUEST:
    case OF_ROLE_REPLY:
    case OF_QUEUE_GET_CONFIG_REQUEST:
    case OF_QUEUE_GET_CONFIG_REPLY:
    case OF_GET_ASYNC_REQUEST:
    case OF_GET_ASYNC_REPLY:
    case OF_SET_ASYNC:
    case OF_ROLE_STATUS:
    case OF_TABLE_STATUS:
    case OF_REQUESTFORWARD:
    case OF_CONTROLLER_STATUS:
    case OF_N_TYPES:
        break;
    }
    return false;
}

/* --- What the switch tells -------------------------------------------------------------------- */

#define REASON(reason) (UINT32_C(1) << (reason))

/* What no entry of ours asks for is not wanted: frames whose TTL has run out. A slave hears of ports
 * and of its role (the defaults of §6.3.6). */
static struct of_async masks(uint8_t version)
{
    uint32_t all_ports = REASON(OF_PORT_ADD) | REASON(OF_PORT_DELETE) | REASON(OF_PORT_MODIFY);
    struct of_async a = {
        .packet_in = {REASON(OF_REASON_NO_MATCH) | REASON(OF_REASON_ACTION), 0},
        .port_status = {all_ports, all_ports},
        .flow_removed = {REASON(OF_REMOVED_IDLE_TIMEOUT) | REASON(OF_REMOVED_HARD_TIMEOUT) |
                             REASON(OF_REMOVED_DELETE) | REASON(OF_REMOVED_GROUP_DELETE),
                         0},
        .said = {7, 7}};

    if (version >= OF_VERSION_1_4) {
        a.packet_in[0] |=
            REASON(OF_REASON_ACTION_SET) | REASON(OF_REASON_GROUP) | REASON(OF_REASON_PACKET_OUT);
        a.flow_removed[0] |= REASON(OF_REMOVED_METER_DELETE) | REASON(OF_REMOVED_EVICTION);
        a.role_status[0] = a.role_status[1] = REASON(OF_RR_MASTER_REQUEST) | REASON(OF_RR_CONFIG);
        a.table_status[0] = REASON(OF_TR_VACANCY_DOWN) | REASON(OF_TR_VACANCY_UP);
        a.requestforward[0] = 3;
        a.said[0] = a.said[1] = 0x3f;
    }
    return a;
}

void role_send_async(struct session *s)
{
    struct of_msg msg = {.type = OF_SET_ASYNC};

    if (s->version >= OF_VERSION_1_3) {
        msg.async = masks(s->version);
        session_send(s, &msg, &s->async_xid);
    }
}

/* --- Asking ----------------------------------------------------------------------------------- */

static void ask(struct session *s, enum of_role role)
{
    struct of_msg msg = {.type = OF_ROLE_REQUEST};

    msg.role.role = role;
    msg.role.generation_id = s->dp->asked_generation;
    msg.role.short_id = 0xffff;
    s->role_asked = role;
    if (session_send(s, &msg, &s->role_xid) != ERR_OK) {
        s->role_xid = 0;
    }
}

bool role_begin(struct session *s)
{
    s->role_tries = 0;
    if (s->version < OF_VERSION_1_3 || s->dp->asked_role == OF_ROLE_EQUAL) {
        return false;
    }
    ask(s, s->dp->asked_role);
    return true;
}

/* --- Answers ---------------------------------------------------------------------------------- */

static void post(struct session *s, enum err err)
{
    events_post(s->ctl, &(struct ctl_event){
                            .type = CTL_ROLE, .dp = s->dp, .role = s->dp->role, .result = err});
}

/* What was in flight may have been refused; it is intended, and compared later. */
static void become_passive(struct session *s)
{
    s->is_passive = true;
    if (s->state == SESSION_READY) {
        discovery_stop(s->dp);
        flow_table_disconnected(&s->dp->flows);
        bundles_disconnected(s->dp);
        objects_disconnected(s->dp);
    }
}

static void set_role(struct session *s, enum of_role role, enum err err)
{
    bool changed = s->dp->role != role;

    s->dp->role = role;
    if (changed) {
        LOG_LIMITED(s->ctl->log, &s->limits->events, LOG_INFO,
                    "switch " DPID_FMT ": our role is %s", DPID_ARGS(s->dp->dpid),
                    of_role_name(role));
    }
    if (role == OF_ROLE_SLAVE && !s->is_passive) {
        become_passive(s);
    } else if (role != OF_ROLE_SLAVE && s->is_passive) {
        if (s->state == SESSION_READY) {
            handshake_resync(s); /* Which tells when it is done. */
            return;
        }
        s->is_passive = s->state == SESSION_SYNC_OBJECTS || s->state == SESSION_SYNC;
    }
    if (s->state == SESSION_READY && (changed || err != ERR_OK)) {
        post(s, err);
    }
    if (s->state == SESSION_WAIT_ROLE) {
        handshake_role_known(s);
    }
}

void role_resynced(struct session *s)
{
    post(s, ERR_OK);
}

void role_reply(struct session *s, const struct of_msg *msg)
{
    if (!s->role_xid || msg->xid != s->role_xid) {
        return; /* Of a question that was overtaken by another. */
    }
    s->role_xid = 0;
    if (s->role_asked == OF_ROLE_NOCHANGE) {
        s->dp->asked_generation = msg->role.generation_id + 1;
        ask(s, s->dp->asked_role);
    } else {
        set_role(s, s->role_asked, ERR_OK);
    }
}

static void give_up(struct session *s, enum of_err err)
{
    bool no_roles = err != OF_ERR_ROLE_STALE && s->dp->asked_role != OF_ROLE_SLAVE;

    s->ctl->counters.roles_refused++;
    LOG_LIMITED(s->ctl->log, &s->limits->events, LOG_WARN,
                "switch " DPID_FMT " refuses us the role of %s: %s", DPID_ARGS(s->dp->dpid),
                of_role_name(s->dp->asked_role), of_err_name(err));
    set_role(s, no_roles ? OF_ROLE_EQUAL : OF_ROLE_SLAVE, ERR_STATE);
}

bool role_error(struct session *s, const struct of_msg *msg)
{
    if (s->async_xid && msg->xid == s->async_xid) {
        return true; /* Then it tells what it tells. */
    }
    if (s->role_xid && msg->xid == s->role_xid) {
        s->role_xid = 0;
        if (msg->error.err == OF_ERR_ROLE_STALE && s->dp->may_outbid &&
            s->role_tries++ < ROLE_TRIES) {
            ask(s, OF_ROLE_NOCHANGE);
        } else {
            give_up(s, msg->error.err);
        }
        return true;
    }
    if (msg->error.err == OF_ERR_IS_SLAVE && s->dp) {
        set_role(s, OF_ROLE_SLAVE, ERR_OK);
        return true;
    }
    return false;
}

void role_status(struct session *s, const struct of_role_status *status)
{
    if (status->role != OF_ROLE_NOCHANGE) {
        set_role(s, status->role, ERR_OK);
    }
}

/* Extension 191 of the ONF is the role status of 1.4 for 1.3; Open vSwitch sends it. */
#define ONF_EXPERIMENTER UINT32_C(0x4f4e4600)
#define ONF_ROLE_STATUS 1911

bool role_experimenter(struct session *s, const struct of_experimenter *e)
{
    struct rd body = rd_init(e->data.data, e->data.len);
    uint32_t role = rd_u32(&body);

    if (e->experimenter != ONF_EXPERIMENTER || e->exp_type != ONF_ROLE_STATUS || body.failed ||
        body.left != 12 || role < OF_ROLE_EQUAL || role > OF_ROLE_SLAVE || !s->dp ||
        s->state == SESSION_AUX) {
        return false;
    }
    set_role(s, (enum of_role)role, ERR_OK);
    return true;
}

/* --- Wishes ----------------------------------------------------------------------------------- */

static void wish(struct datapath *dp, enum of_role role, uint64_t generation_id, bool may_outbid)
{
    struct session *s = dp->session;

    assert(role != OF_ROLE_NOCHANGE && "no role");
    dp->asked_role = role;
    dp->asked_generation = generation_id;
    dp->may_outbid = may_outbid;
    if (!s || s->state < SESSION_WAIT_ROLE || s->version < OF_VERSION_1_3) {
        return; /* The handshake asks. */
    }
    s->role_tries = 0;
    ask(s, role);
}

void datapath_set_role(struct datapath *dp, enum of_role role, uint64_t generation_id)
{
    wish(dp, role, generation_id, false);
}

void datapath_claim_role(struct datapath *dp, enum of_role role)
{
    wish(dp, role, dp->asked_generation, true);
}

void ctl_claim_role(struct ctl *ctl, enum of_role role)
{
    ctl->role = role;
    ctl->may_outbid = true;
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        datapath_claim_role(ctl->datapaths.list[i], role);
    }
}

enum of_role ctl_role(const struct ctl *ctl)
{
    return ctl->role;
}

void ctl_set_role(struct ctl *ctl, enum of_role role, uint64_t generation_id)
{
    ctl->role = role;
    ctl->generation_id = generation_id;
    ctl->may_outbid = false;
    for (size_t i = 0; i < ctl->datapaths.n; i++) {
        datapath_set_role(ctl->datapaths.list[i], role, generation_id);
    }
}

enum of_role datapath_role(const struct datapath *dp)
{
    return dp->role;
}
