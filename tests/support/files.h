/*
 * Files of a test: those that it reads, and a folder below /tmp for those that it makes.
 */
#ifndef WARUNG_TESTS_SUPPORT_FILES_H
#define WARUNG_TESTS_SUPPORT_FILES_H

enum { FILES_FOLDER_BYTES = 64 };

/* The text of a file; mem_free() it. Fails the test where there is none. */
char *files_read(const char *path);

/* A new one, which has `what` in its name. */
void files_make_folder(char folder[FILES_FOLDER_BYTES], const char *what);
/* With all that is in it; 0, as a teardown returns it. */
int files_remove_folder(const char *folder);

/* The path of that name in the folder; good until the next call, of files_write() too. */
const char *files_path(const char *folder, const char *name);
/* Writes a text there. */
const char *files_write(const char *folder, const char *name, const char *text);

#endif
