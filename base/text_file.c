#include "base/text_file.h"

#include "base/mem.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

char *text_file_read(const char *path, const char **why)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t room = 0;
    bool is_text = file != NULL && getdelim(&text, &room, '\0', file) > 0 && feof(file) != 0;

    *why = file == NULL || ferror(file) ? strerror(errno) : "it is no text";
    if (file != NULL)
        fclose(file);
    if (is_text && strncmp(text, "\xEF\xBB\xBF", 3) == 0) { /* its first word would be unknown */
        *why = "it begins with a byte order mark; save it without one";
        is_text = false;
    }
    if (is_text)
        return text;
    mem_free(text);
    return NULL;
}
