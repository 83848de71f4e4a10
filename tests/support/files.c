#include "tests/support/files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/text_file.h"

char *files_read(const char *path)
{
    const char *why;
    char *text = text_file_read(path, &why);

    if (text == NULL)
        fail_msg("%s: %s (is the working folder the project's?)", path, why);
    return text;
}

void files_make_folder(char folder[FILES_FOLDER_BYTES], const char *what)
{
    snprintf(folder, FILES_FOLDER_BYTES, "/tmp/warung-%s.XXXXXX", what);
    assert_non_null(mkdtemp(folder));
}

int files_remove_folder(const char *folder)
{
    char command[FILES_FOLDER_BYTES + 8];

    snprintf(command, sizeof(command), "rm -r %s", folder);
    return system(command);
}

const char *files_path(const char *folder, const char *name)
{
    static char path[PATH_MAX];

    snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

const char *files_write(const char *folder, const char *name, const char *text)
{
    const char *path = files_path(folder, name);
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    fputs(text, file);
    fclose(file);
    return path;
}
