#include "tests/support/texts.h"

#include "base/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void begin_text(struct expected_texts *texts, const char *names)
{
    texts->items = mem_realloc_array(texts->items, texts->count + 1, sizeof(*texts->items));
    texts->items[texts->count++] =
        (struct expected_text){.names = mem_strdup(names), .text = mem_strdup("")};
}

static void add_line(struct expected_text *t, const char *line)
{
    size_t size = strlen(t->text);

    t->text = mem_realloc_array(t->text, size + strlen(line) + 2, 1);
    strcpy(t->text + size, line);
    strcat(t->text, "\n");
}

static void end_text(struct expected_text *t)
{
    size_t size = strlen(t->text);

    while (size > 0 && t->text[size - 1] == '\n')
        t->text[--size] = '\0';
}

void texts_read(struct expected_texts *texts, const char *path)
{
    FILE *file = fopen(path, "r");
    char line[1024];

    *texts = (struct expected_texts){0};
    if (file == NULL) {
        fprintf(stderr, "%s cannot be read: run the tests from the project's folder\n", path);
        abort();
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        line[strcspn(line, "\n")] = '\0';
        if (strncmp(line, "== ", 3) == 0)
            begin_text(texts, line + 3);
        else if (texts->count > 0)
            add_line(&texts->items[texts->count - 1], line);
    }
    fclose(file);
    for (size_t i = 0; i < texts->count; i++)
        end_text(&texts->items[i]);
}

void texts_free(struct expected_texts *texts)
{
    for (size_t i = 0; i < texts->count; i++) {
        mem_free(texts->items[i].names);
        mem_free(texts->items[i].text);
    }
    mem_free(texts->items);
}
