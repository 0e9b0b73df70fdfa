#include "controller/config/config_key.h"

#include <string.h>

static int hex_digit(char c)
{
    static const char digits[] = "0123456789abcdef";
    const char *at = c ? strchr(digits, c) : NULL;

    return at ? (int)(at - digits) : -1;
}

/* True when 'text' is 'n' bytes in hexadecimal digits. */
static bool parse_hex(const char *text, uint8_t *out, size_t n)
{
    for (size_t i = 0; i < n; i++, text += 2) {
        int high = hex_digit(text[0]), low = high < 0 ? -1 : hex_digit(text[1]);

        if (low < 0) {
            return false;
        }
        out[i] = (uint8_t)(high << 4 | low);
    }
    return *text == '\0';
}

void config_key_read(struct conf_node *node, struct config_key *out)
{
    struct config_key key = {.set = true};
    const char *text;

    if (!conf_as_text(node, &text)) {
        return;
    }
    if (parse_hex(text, key.bytes, sizeof key.bytes)) {
        *out = key;
    } else {
        conf_complain(node, "expected %d hexadecimal digits, in lower case", 2 * CONFIG_KEY_LEN);
    }
}

void config_key_print(json_t *section, const char *name, const struct config_key *key)
{
    char text[2 * CONFIG_KEY_LEN + 1];

    for (size_t i = 0; i < CONFIG_KEY_LEN; i++) {
        snprintf(&text[2 * i], 3, "%02x", key->bytes[i]);
    }
    json_object_set_new(section, name, json_string(text));
}
