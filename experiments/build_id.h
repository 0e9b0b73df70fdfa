/* Which program this is: the build id that the linker wrote into it. */
#ifndef TAMBO_EXPERIMENTS_BUILD_ID_H
#define TAMBO_EXPERIMENTS_BUILD_ID_H

/* The first 16 hexadecimal digits of the GNU build id; "unknown" when there is none. */
const char *build_id(void);

#endif
