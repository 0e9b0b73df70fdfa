#include "controller/northbound/nb_url.h"

static int digit(char c)
{
    return c >= '0' && c <= '9'   ? c - '0'
           : c >= 'a' && c <= 'f' ? c - 'a' + 10
           : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                  : -1;
}

bool nb_url_decode(const char *text, size_t n, char *out, size_t size)
{
    size_t len = 0;

    for (size_t i = 0; i < n; i++) {
        int c = (unsigned char)text[i];

        if (c == '%') {
            int hi = n - i > 2 ? digit(text[i + 1]) : -1;
            int lo = n - i > 2 ? digit(text[i + 2]) : -1;

            if (hi < 0 || lo < 0) {
                return false;
            }
            c = hi << 4 | lo;
            i += 2;
        }
        if (len + 1 >= size || c < ' ') {
            return false;
        }
        out[len++] = (char)c;
    }
    out[len] = '\0';
    return true;
}
