/*
 * Texts that people keep in files: menus' dialogues, scripts.
 */
#ifndef WARUNG_BASE_TEXT_FILE_H
#define WARUNG_BASE_TEXT_FILE_H

/* All of it, NUL behind it; mem_free() it. NULL with the reason in *why, that it is empty, holds a
 * NUL or begins with a byte order mark among them. */
char *text_file_read(const char *path, const char **why);

#endif
