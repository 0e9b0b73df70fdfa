#include "controller/base/err.h"

const char *err_text(enum err err)
{
    static const char *const texts[] = {
#define X(name, text) [name] = text,
        ERR_LIST(X)
#undef X
    };

    return (unsigned)err < sizeof texts / sizeof texts[0] ? texts[err] : "unknown error";
}
