/*
 * A libconfig text, read past the traps of libconfig.
 *
 * source_read() reads a file and everything it includes into one text without includes, and
 * refuses what libconfig would swallow, wrap, truncate or die of: NUL octets, a byte order mark,
 * text that is no UTF-8, unterminated strings and comments, integers that do not fit, unknown
 * escapes, includes of anything but a regular file, include loops, too deep nesting. libconfig then
 * reads the text from memory and never opens a file itself; source_place() turns its line numbers
 * back into files and lines.
 *
 * An `@include "file"` stands alone on its line; its path is relative to the file that it stands
 * in.
 */
#ifndef WARUNG_BASE_SOURCE_H
#define WARUNG_BASE_SOURCE_H

#include "base/span.h"

enum {
    SOURCE_BYTES_MAX = 1024 * 1024, /* all files of one text together */
    SOURCE_INCLUDE_DEPTH_MAX = 10,
    SOURCE_FILES_MAX = 256,
    SOURCE_NESTING_MAX = 64, /* groups, lists and arrays */
    SOURCE_GROUP_NAMES_MAX =
        1000,               /* settings of one group: libconfig's test for doubles is O(n^2) */
    SOURCE_FAULTS_MAX = 50, /* of one text; then reading stops */
};

struct source;

/* A text that begins so is advice: nothing is refused for it. */
#define SOURCE_WARNING "warning: "

/* Called once a fault, in order; line 0 = the whole file, column 0 =
 * the whole line. The strings are valid during the call. */
typedef void source_fault_fn(void *arg, const char *file, unsigned line, unsigned column,
                             const char *text);

/* NULL after any fault; every one was reported. */
struct source *source_read(const char *path, source_fault_fn *on_fault, void *arg);
/* The same checks on a text in memory; `name` stands for the file in messages. Includes are faults.
 */
struct source *source_from_text(const char *name, struct span text, source_fault_fn *on_fault,
                                void *arg);

/* Ends with NUL; lives as long as the source. */
const char *source_text(const struct source *s);
size_t source_text_bytes(const struct source *s);
/* Where a line (from 1) of the text came from. *file lives as long as the source. A line behind the
 * end gives the last one. */
void source_place(const struct source *s, unsigned line, const char **file, unsigned *file_line);
void source_free(struct source *s);

#endif
