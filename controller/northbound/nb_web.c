/* A page for people with a browser. It holds nothing that needs a token, and asks for the rest as any
 * other client does. */
#include "controller/northbound/nb_web.h"

#include "controller/base/alloc.h"
#include "controller/northbound/nb_resources.h"

static void get_page(struct nb_call *call)
{
    nb_text(call, xstrdup(nb_web_page), "text/html; charset=utf-8");
}

const struct nb_route nb_web_routes[] = {
    NB_ROW(NB_GET, "/", NB_NOBODY, get_page, "The web page."),
    NB_ROW(NB_GET, "/ui/", NB_NOBODY, get_page, "The web page, where it was long ago."),
    NB_ROW(NB_GET, "/ui/index.html", NB_NOBODY, get_page, "The web page, where it was long ago."),
    {0},
};
