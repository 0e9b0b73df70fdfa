/* The web page, which is compiled in. Private to this room. */
#ifndef TAMBO_NORTHBOUND_NB_WEB_H
#define TAMBO_NORTHBOUND_NB_WEB_H

extern const char nb_web_page[]; /* web/index.html */

#endif
