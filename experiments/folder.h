/* Folders for results. */
#ifndef TAMBO_EXPERIMENTS_FOLDER_H
#define TAMBO_EXPERIMENTS_FOLDER_H

#include <stdbool.h>

/* Makes the folder 'path' and those above it, as far as they are not there. False with errno set. */
bool folder_make(const char *path);

#endif
