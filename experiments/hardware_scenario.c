#include "experiments/hardware_scenario.h"

#include <math.h>
#include <string.h>

#include "experiments/json_out.h"
#include "experiments/vain_key.h"

#define COUNT(a) (sizeof(a) / sizeof(a)[0])

/* One in eleven days: what is less cannot be told from never. */
#define MIN_RATE_PER_S 1e-6

enum { DEFAULT_PACKET_INS = 100, DEFAULT_FRAMES = 1000, MAX_PRESETS = 32 };

/* In the order of their enums. */
static const char *const full_names[] = {"refuse", "lru", "fifo", "random", "importance"};
static const char *const swap_names[] = {"none", "lru", "fifo", "random", "importance"};
static const char *const moves_names[] = {"none", "levels", "entries"};
static const char *const wide_names[] = {"ipv6", "l2-l3"};

_Static_assert(COUNT(full_names) == TCAM_N_VICTIMS && COUNT(swap_names) == TCAM_N_VICTIMS &&
                   COUNT(moves_names) == TCAM_N_MOVES,
               "each has a name");

/* --- Reading ------------------------------------------------------------------------------------ */

static bool is_any(const struct swtch_hardware *hw)
{
    return hw->tcam.n_slots || hw->cpu.flow_mod_ns || hw->cpu.packet_in_ns;
}

static void take_preset(const struct swtch_preset *p, struct swtch_hardware *hw,
                        uint32_t *tcam_entries)
{
    *hw = (struct swtch_hardware){p->tcam, p->cpu};
    hw->cpu.packet_in_queue = DEFAULT_PACKET_INS;
    hw->cpu.software_queue = DEFAULT_FRAMES;
    *tcam_entries = p->max_entries;
}

static void read_preset(struct conf_node *sw, struct swtch_hardware *hw, uint32_t *tcam_entries)
{
    const char *names[MAX_PRESETS];
    unsigned n = 0, i;

    while (n < MAX_PRESETS && swtch_preset(n)) {
        names[n] = swtch_preset(n)->name;
        n++;
    }
    if (conf_choice(sw, "preset", names, n, &i)) {
        take_preset(swtch_preset(i), hw, tcam_entries);
    }
}

static void read_us(struct conf_node *o, const char *key, int64_t *out_ns)
{
    double us;

    if (conf_real(o, key, 0, 1e9, &us)) {
        *out_ns = (int64_t)llround(us * 1e3);
    }
}

/* A rate as the time that one takes; 0: none is kept. */
static void read_rate(struct conf_node *o, const char *key, int64_t *out_ns)
{
    double per_s;

    if (!conf_real(o, key, 0, 1e9, &per_s)) {
        return;
    }
    if (per_s > 0 && per_s < MIN_RATE_PER_S) {
        conf_complain(o, "\"%s\": expected 0, none, or %g and more, found %g", key, MIN_RATE_PER_S, per_s);
    } else {
        *out_ns = per_s > 0 ? (int64_t)llround(1e9 / per_s) : 0;
    }
}

static void read_wide(struct conf_node *o, struct tcam_params *t)
{
    struct conf_node *list = conf_array(o, "wide");
    uint32_t slots = t->wide_slots ? t->wide_slots : 1;
    unsigned i;

    conf_u32(o, "wide_slots", 1, 8, &slots);
    t->wide_slots = (uint8_t)slots;
    if (!list) {
        return;
    }
    t->ipv6_is_wide = t->l2_l3_is_wide = false;
    for (struct conf_node *v = conf_first(list); v; v = conf_next(v)) {
        if (conf_as_choice(v, wide_names, COUNT(wide_names), &i)) {
            t->ipv6_is_wide |= i == 0;
            t->l2_l3_is_wide |= i == 1;
        }
    }
    if (slots < 2 && conf_first(list)) {
        conf_complain(list, "wide entries need \"wide_slots\", from 2 to 8");
    }
}

static void read_choices(struct conf_node *o, struct tcam_params *t)
{
    unsigned full = t->full, swap = t->swap, moves = t->moves;

    conf_choice(o, "full", full_names, COUNT(full_names), &full);
    conf_choice(o, "swap", swap_names, COUNT(swap_names), &swap);
    conf_choice(o, "moves", moves_names, COUNT(moves_names), &moves);
    t->full = (enum tcam_victim)full;
    t->swap = (enum tcam_victim)swap;
    t->moves = (enum tcam_moves)moves;
}

/* Keys that do nothing without another one. */
static void check_hardware(struct conf_node *o, const struct swtch_hardware *hw)
{
    const struct tcam_params *t = &hw->tcam;

    if (!t->software_entries && (t->software_first || t->swap || hw->cpu.software_ns)) {
        conf_complain(o, "\"software_first\", \"swap\" and \"software_us\" need "
                         "\"software_entries\", room for entries outside of the TCAM");
    }
    if (t->move_ns && t->moves == TCAM_MOVES_NONE) {
        conf_complain(o, "\"move_us\" needs \"moves\": \"levels\" or \"entries\"");
    }
}

void hardware_read(struct conf_node *sw, struct swtch_hardware *hw, uint32_t *tcam_entries)
{
    struct conf_node *o = conf_object(sw, "hardware");
    struct tcam_params *t = &hw->tcam;
    struct swtch_cpu_params *c = &hw->cpu;

    read_preset(sw, hw, tcam_entries);
    conf_u32(sw, "tcam_entries", 1, 16000000, tcam_entries);
    conf_u32(o, "software_entries", 0, 16000000, &t->software_entries);
    conf_bool(o, "software_first", &t->software_first);
    read_wide(o, t);
    read_choices(o, t);
    read_us(o, "insert_us", &t->insert_ns);
    read_us(o, "move_us", &t->move_ns);
    read_rate(o, "flow_mods_per_s", &c->flow_mod_ns);
    read_rate(o, "packet_ins_per_s", &c->packet_in_ns);
    read_us(o, "software_us", &c->software_ns);
    if (t->n_slots || o) {
        t->n_slots = *tcam_entries;
    }
    c->packet_in_queue = c->packet_in_queue ? c->packet_in_queue : DEFAULT_PACKET_INS;
    c->software_queue = c->software_queue ? c->software_queue : DEFAULT_FRAMES;
    conf_u32(o, "packet_in_queue", 1, 1000000, &c->packet_in_queue);
    conf_u32(o, "software_queue", 1, 1000000, &c->software_queue);
    if (o) {
        check_hardware(o, hw);
    }
    conf_done(o);
}

static bool no_preset(const char *command, const char *preset)
{
    fprintf(stderr, "%s: no preset is called \"%s\"; there are", command, preset);
    for (size_t i = 0; swtch_preset(i); i++) {
        fprintf(stderr, "%s %s", i ? "," : "", swtch_preset(i)->name);
    }
    fputc('\n', stderr);
    return false;
}

bool hardware_take_preset(const char *command, const char *preset, bool has_entries,
                          struct world_params *world)
{
    const struct swtch_preset *p = preset ? swtch_preset_find(preset) : NULL;
    uint32_t entries = world->max_entries;

    if (!p) {
        return !preset || no_preset(command, preset);
    }
    take_preset(p, &world->hw, &world->max_entries);
    world->max_entries = has_entries ? entries : world->max_entries;
    world->hw.tcam.n_slots = world->hw.tcam.n_slots ? world->max_entries : 0;
    return true;
}

/* --- Notes -------------------------------------------------------------------------------------- */

static bool is_by_importance(const struct tcam_params *t)
{
    return t->n_slots && (t->full == TCAM_IMPORTANCE || t->swap == TCAM_IMPORTANCE);
}

void hardware_print_notes(const char *who, const struct swtch_hardware *hw, uint32_t versions,
                          FILE *out)
{
    const struct tcam_params *t = &hw->tcam;
    const struct swtch_cpu_params *c = &hw->cpu;
    const uint32_t with_importance = 1U << OF_VERSION_1_4 | 1U << OF_VERSION_1_5;
    const struct vain_key keys[] = {
        {is_by_importance(t) && !(versions & with_importance), "\"importance\"",
         "switch.versions \"1.4\" or \"1.5\": entries are all as important, and the least recently "
         "used one goes"},
        {t->wide_slots > 1 && !t->ipv6_is_wide && !t->l2_l3_is_wide, "wide_slots",
         "switch.hardware.wide"},
        {c->packet_in_queue != DEFAULT_PACKET_INS && !c->packet_in_ns && is_any(hw),
         "packet_in_queue", "switch.hardware.packet_ins_per_s"},
        {c->software_queue != DEFAULT_FRAMES && !c->software_ns && is_any(hw), "software_queue",
         "switch.hardware.software_us"},
    };

    vain_keys_note(who, "switch.hardware: ", keys, COUNT(keys), out);
}

/* --- Writing ------------------------------------------------------------------------------------ */

static double per_s(int64_t ns)
{
    return ns ? 1e9 / (double)ns : 0;
}

static json_t *wide_to_json(const struct tcam_params *t)
{
    json_t *list = json_array();

    if (t->ipv6_is_wide) {
        json_array_append_new(list, json_string(wide_names[0]));
    }
    if (t->l2_l3_is_wide) {
        json_array_append_new(list, json_string(wide_names[1]));
    }
    return list;
}

void hardware_write(const struct swtch_hardware *hw, json_t *sw)
{
    const struct tcam_params *t = &hw->tcam;
    const struct swtch_cpu_params *c = &hw->cpu;

    if (!is_any(hw)) {
        return;
    }
    json_put(sw, "hardware",
             json_pack("{s:I, s:b, s:i, s:o, s:s, s:s, s:s, s:f, s:f, s:f, s:f, s:I, s:f, s:I}",
                       "software_entries", (json_int_t)t->software_entries, "software_first",
                       t->software_first, "wide_slots", t->wide_slots ? t->wide_slots : 1, "wide",
                       wide_to_json(t), "full", full_names[t->full], "swap", swap_names[t->swap],
                       "moves", moves_names[t->moves], "insert_us", (double)t->insert_ns / 1e3,
                       "move_us", (double)t->move_ns / 1e3, "flow_mods_per_s",
                       per_s(c->flow_mod_ns), "packet_ins_per_s", per_s(c->packet_in_ns),
                       "packet_in_queue", (json_int_t)c->packet_in_queue, "software_us",
                       (double)c->software_ns / 1e3, "software_queue",
                       (json_int_t)c->software_queue));
}

void hardware_totals_put(json_t *metrics, const struct swtch_hardware *hw,
                         const struct world_hardware *h)
{
    const struct tcam_stats *t = &h->tcam;
    const struct {
        const char *name;
        uint64_t value;
    } counts[] = {
        {"tcam_slots_used", t->n_used_slots},
        {"tcam_entries", t->n_fast},
        {"software_entries", t->n_software},
        {"tcam_hits", t->n_fast_hits},
        {"software_hits", t->n_software_hits},
        {"tcam_inserts", t->n_inserts},
        {"tcam_moves", t->n_moves},
        {"entries_moved_up", t->n_ups},
        {"entries_moved_down", t->n_downs},
        {"entries_evicted", t->n_evictions},
        {"packet_in_drops", h->n_packet_in_drops},
        {"software_drops", h->n_software_drops},
    };

    for (size_t i = 0; is_any(hw) && i < COUNT(counts); i++) {
        json_put(metrics, counts[i].name, json_integer((json_int_t)counts[i].value));
    }
}
