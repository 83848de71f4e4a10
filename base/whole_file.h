/*
 * Files that are there whole or not at all, such as keys and users: an administrator changes them
 * while a gateway, or another administrator, is at them.
 */
#ifndef WARUNG_BASE_WHOLE_FILE_H
#define WARUNG_BASE_WHOLE_FILE_H

#include <sys/stat.h>

#include "base/span.h"

/* Who reads a file, to replace it by what follows from its text, holds this meanwhile: waits for
 * others that do. A descriptor, to be closed; -1 with errno (ENOENT: a symbolic link leads to what
 * is not there, and no file is made in its place). */
int whole_file_lock(const char *path);

/* A new file, on the disk when this returns, written beside (PATH.warungctl). False, with errno
 * (EEXIST: there is one): it made none. Waits for the lock, which the caller must not have. */
bool whole_file_create(const char *path, struct span text, mode_t mode);

/* The same in place of the file that there may be, or that a symbolic link leads to: written beside
 * (PATH.warungctl), renamed over.
 * `like` gives mode and owner. False, with errno: the file is as it was, or, when only the folder
 * could not be synced, may be so again after a loss of power. Not without the lock. */
bool whole_file_replace(const char *path, struct span text, const struct stat *like);

#endif
