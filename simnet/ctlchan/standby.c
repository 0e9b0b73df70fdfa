#include "simnet/ctlchan/standby.h"

#include <stdlib.h>

#include "controller/base/alloc.h"

enum { BEAT_KIND = 0x5b0, LOOK_KIND = 0x5b1, COME_KIND = 0x5b2, N_SIDES = 2 };
#define LOOK_NS NS_PER_MS

struct standby {
    struct world *world;
    struct standby_params params;
    standby_make_fn *make;
    void *aux;
    struct ctlchan *sides[N_SIDES];
    struct ctl *second; /* NULL: it has not come yet. */
    unsigned master;    /* Which side is to be. */
    uint32_t generation_id;
    mono_t heard_at; /* The two have heard of each other. */
    struct sim_event come, beat, look;
    mono_t looked_at;
    uint32_t n_without; /* Switches without a master, then. */
    double any_s, sum_s;
    uint32_t n_takeovers;
};

struct standby_params standby_params_default(void)
{
    return (struct standby_params){.beat_ns = 100 * NS_PER_MS, .dead_ns = 350 * NS_PER_MS};
}

const char *standby_error(const struct standby_params *params, const struct ctlchan_params *channel,
                          uint32_t versions)
{
    if (!params->on) {
        return NULL;
    }
    if (params->beat_ns <= 0 || params->dead_ns <= params->beat_ns) {
        return "controller.standby: beat_ms must be above 0 and dead_ms above that";
    }
    if (channel->is_inband) {
        return "controller.standby needs channels out of the band: channel.in_band must be left "
               "out";
    }
    if (!(versions >> OF_VERSION_1_3)) {
        return "controller.standby needs switches that know roles: switch.versions from 1.3 on";
    }
    return NULL;
}

/* --- Without a master ---------------------------------------------------------------------------- */

/* One without power has no channel, and misses nothing. */
static bool is_without(const struct standby *sb, uint32_t i)
{
    bool has_channel = false;

    for (unsigned s = 0; s < N_SIDES; s++) {
        if (ctlchan_answers(sb->sides[s]) && ctlchan_is_master(sb->sides[s], i)) {
            return false;
        }
        has_channel = has_channel || ctlchan_is_up(sb->sides[s], i);
    }
    return has_channel;
}

static void look(struct standby *sb)
{
    mono_t now = sim_now(world_sim(sb->world));
    double passed_s = ns_to_s(mono_diff_ns(now, sb->looked_at));

    sb->any_s += sb->n_without ? passed_s : 0;
    sb->sum_s += passed_s * sb->n_without;
    sb->looked_at = now;
    sb->n_without = 0;
    for (uint32_t i = 0; i < world_n_switches(sb->world); i++) {
        sb->n_without += is_without(sb, i);
    }
}

static void on_look(void *aux, struct sim_event *event)
{
    struct standby *sb = aux;
    struct sim *sim = world_sim(sb->world);

    look(sb);
    if (sb->n_without) {
        sim_at(sim, event, mono_add(sim_now(sim), LOOK_NS));
    }
}

void standby_told(struct standby *sb)
{
    if (sb->second) {
        sim_at(world_sim(sb->world), &sb->look, sim_now(world_sim(sb->world)));
    }
}

/* --- Taking over --------------------------------------------------------------------------------- */

static void take_over(struct standby *sb)
{
    sb->master = !sb->master;
    sb->n_takeovers++;
    ctlchan_set_role(sb->sides[sb->master], OF_ROLE_MASTER, ++sb->generation_id);
}

/* One that stood, or was cut off, hears now that it is master no more. */
static void step_down(struct standby *sb)
{
    struct ctlchan *other = sb->sides[!sb->master];

    if (ctl_role(ctlchan_ctl(other)) != OF_ROLE_SLAVE) {
        ctlchan_set_role(other, OF_ROLE_SLAVE, sb->generation_id);
    }
}

static void on_beat(void *aux, struct sim_event *event)
{
    struct standby *sb = aux;
    struct sim *sim = world_sim(sb->world);
    mono_t now = sim_now(sim);
    bool waits = ctlchan_answers(sb->sides[!sb->master]);

    if (waits && ctlchan_answers(sb->sides[sb->master])) {
        sb->heard_at = now;
        step_down(sb);
    } else if (waits && mono_diff_ns(now, sb->heard_at) > sb->params.dead_ns) {
        sb->heard_at = now;
        take_over(sb);
    }
    sim_at(sim, event, mono_add(now, sb->params.beat_ns));
}

/* --- Life ------------------------------------------------------------------------------------------ */

static void on_come(void *aux, struct sim_event *event)
{
    struct standby *sb = aux;
    struct sim *sim = world_sim(sb->world);

    (void)event;
    sb->second = sb->make(sb->aux, ctlchan_southbound(sb->sides[1]));
    ctl_set_role(sb->second, OF_ROLE_SLAVE, sb->generation_id);
    ctlchan_start(sb->sides[1], sb->second);
    sb->heard_at = sb->looked_at = sim_now(sim);
    sim_at(sim, &sb->beat, mono_add(sim_now(sim), sb->params.beat_ns));
}

struct standby *standby_new(struct world *world, struct ctlchan *first,
                            const struct standby_params *params, standby_make_fn *make, void *aux)
{
    struct standby *sb = xcalloc(1, sizeof *sb);
    struct sim *sim = world_sim(world);

    sb->world = world;
    sb->params = *params;
    sb->make = make;
    sb->aux = aux;
    sb->sides[0] = first;
    sb->sides[1] = ctlchan_new_second(world, ctlchan_get_params(first));
    sb->generation_id = 1;
    sim_event_init(&sb->come, COME_KIND, SIM_PRIO_CONTROLLER, on_come, sb);
    sim_event_init(&sb->beat, BEAT_KIND, SIM_PRIO_CONTROLLER, on_beat, sb);
    sim_event_init(&sb->look, LOOK_KIND, SIM_PRIO_PROBE, on_look, sb);
    sim_at(sim, &sb->come, mono_add(sim_now(sim), STANDBY_AFTER_NS));
    return sb;
}

void standby_free(struct standby *sb)
{
    struct sim *sim;

    if (!sb) {
        return;
    }
    sim = world_sim(sb->world);
    sim_cancel(sim, &sb->come);
    sim_cancel(sim, &sb->beat);
    sim_cancel(sim, &sb->look);
    ctlchan_free(sb->sides[1]);
    ctl_free(sb->second);
    free(sb);
}

void standby_tell_first(const struct standby *sb, struct ctl *first)
{
    ctl_set_role(first, sb && sb->master ? OF_ROLE_SLAVE : OF_ROLE_MASTER,
                 sb ? sb->generation_id : 1);
}

struct ctlchan *standby_channel(const struct standby *sb)
{
    return sb->sides[1];
}

struct ctlchan *standby_master(const struct standby *sb)
{
    return sb->sides[sb->master];
}

void standby_reset(struct standby *sb)
{
    look(sb);
    sb->any_s = sb->sum_s = 0;
    sb->n_takeovers = 0;
}

struct standby_stats standby_stats(const struct standby *sb)
{
    struct standby now = *sb; /* With the time since it was looked. */

    look(&now);
    return (struct standby_stats){.n_takeovers = now.n_takeovers,
                                  .without_s = now.any_s,
                                  .without_mean_s = now.sum_s / world_n_switches(now.world)};
}
