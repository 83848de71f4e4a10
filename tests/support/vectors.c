#include "tests/support/vectors.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "base/mem.h"
#include "tests/support/files.h"

enum { RUN_OCTETS = 24 };

static void split_row(struct vector_row *row, char *line)
{
    size_t count = 0;

    for (char *column; (column = strsep(&line, "\t")) != NULL;) {
        assert_true(count < VECTOR_COLUMNS_MAX);
        row->columns[count++] = column;
    }
}

void vector_file_load(struct vector_file *file, const char *path)
{
    char *rest, *line;
    unsigned number = 0;

    file->text = files_read(path);
    file->rows = NULL;
    file->count = 0;
    rest = file->text;
    while ((line = strsep(&rest, "\n")) != NULL) {
        number++;
        if (line[0] == '\0' || line[0] == '#')
            continue;
        file->rows = mem_realloc_array(file->rows, file->count + 1, sizeof(file->rows[0]));
        file->rows[file->count] = (struct vector_row){.line = number};
        split_row(&file->rows[file->count++], line);
    }
}

void vector_file_free(struct vector_file *file)
{
    mem_free(file->rows);
    mem_free(file->text);
}

struct span vector_octets(const char *notation, uint8_t *buffer, size_t buffer_bytes)
{
    const char *p = notation;
    size_t size = 0;

    if (strcmp(p, "-") == 0)
        return span_of(buffer, 0);
    while (*p != '\0') {
        unsigned octet, count = 1;
        int used = 0;

        if (sscanf(p, "(%2x*%u)%n", &octet, &count, &used) != 2 || used == 0) {
            count = 1;
            if (sscanf(p, "%2x%n", &octet, &used) != 1 || used != 2)
                fail_msg("bad vector notation at \"%.20s\"", p);
        }
        assert_true(size + count <= buffer_bytes);
        memset(buffer + size, (int)octet, count);
        size += count;
        p += used;
    }
    return span_of(buffer, size);
}

void vector_notation(struct span octets, char *notation, size_t notation_bytes)
{
    size_t at = 0, used = 0;

    if (octets.size == 0)
        snprintf(notation, notation_bytes, "-");
    while (at < octets.size) {
        size_t run = 1;

        while (at + run < octets.size && octets.data[at + run] == octets.data[at])
            run++;
        if (run >= RUN_OCTETS) {
            used += (size_t)snprintf(notation + used, notation_bytes - used, "(%02x*%zu)",
                                     octets.data[at], run);
        } else {
            for (size_t i = 0; i < run; i++)
                used += (size_t)snprintf(notation + used, notation_bytes - used, "%02x",
                                         octets.data[at]);
        }
        assert_true(used < notation_bytes);
        at += run;
    }
}
