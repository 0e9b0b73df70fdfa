#include "controller/northbound/nb_flow_json.h"

#include <stdlib.h>
#include <string.h>

#include "controller/base/alloc.h"
#include "controller/northbound/nb_route.h"
#include "controller/openflow/of_text.h"

/* Takes "name=value,name=value" apart: the printers of OpenFlow are the ones who know the values. */
json_t *nb_match_json(const struct of_match *match)
{
    json_t *out = json_object();
    char text[2048], *save = NULL;

    of_match_print(match, text, sizeof text);
    for (char *p = strtok_r(text, ",", &save); p; p = strtok_r(NULL, ",", &save)) {
        char *equals = strchr(p, '=');

        if (equals) {
            *equals = '\0';
            json_object_set_new(out, p, json_string(equals + 1));
        }
    }
    return out;
}

/* Actions as one text, of any length. */
static json_t *actions_json(const struct of_actions *actions)
{
    struct of_text counter = of_text_init(NULL, 0);
    struct of_text text;
    json_t *out;
    char *space;

    of_text_actions(&counter, actions);
    space = xcalloc(counter.len + 1, 1);
    text = of_text_init(space, counter.len + 1);
    of_text_actions(&text, actions);
    out = nb_json_text(space);
    free(space);
    return out;
}

json_t *nb_instructions_json(const struct of_instructions *ins)
{
    json_t *out = json_object();

    if (ins->has_meter) {
        json_object_set_new(out, "meter", nb_json_u64(ins->meter_id));
    }
    if (ins->has_apply) {
        json_object_set_new(out, "apply_actions", actions_json(&ins->apply));
    }
    if (ins->has_clear) {
        json_object_set_new(out, "clear_actions", json_true());
    }
    if (ins->has_write) {
        json_object_set_new(out, "write_actions", actions_json(&ins->write));
    }
    if (ins->has_metadata) {
        json_object_set_new(out, "write_metadata",
                            json_sprintf("0x%llx/0x%llx", (unsigned long long)ins->metadata,
                                         (unsigned long long)ins->metadata_mask));
    }
    if (ins->has_goto) {
        json_object_set_new(out, "goto_table", json_integer(ins->goto_table));
    }
    return out;
}
