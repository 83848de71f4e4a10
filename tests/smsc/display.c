#include "tests/smsc/display.h"

#include <string.h>

enum { BOX_COLUMNS = 34 };

/* How many columns a UTF-8 text of these octets takes (one a character: no wide ones in 03.38). */
static unsigned columns_of(const char *text, size_t bytes)
{
    unsigned columns = 0;

    for (size_t i = 0; i < bytes; i++)
        columns += ((unsigned char)text[i] & 0xC0) != 0x80;
    return columns;
}

/* The octets of the next row: up to a line break, or to the last blank that fits. */
static size_t row_size(const char *text)
{
    size_t size = 0;
    size_t blank = 0;
    unsigned columns = 0;

    while (text[size] != '\0' && text[size] != '\n') {
        columns += ((unsigned char)text[size] & 0xC0) != 0x80;
        if (columns > BOX_COLUMNS)
            return blank != 0 ? blank : size;
        if (text[size] == ' ')
            blank = size;
        size++;
    }
    return size;
}

static void print_row(FILE *out, const char *text, size_t bytes)
{
    unsigned columns = columns_of(text, bytes);

    fprintf(out, "  │ %.*s%*s │\n", (int)bytes, text, (int)(BOX_COLUMNS - columns), "");
}

static void print_edge(FILE *out, const char *left, const char *title, const char *right)
{
    unsigned columns = columns_of(title, strlen(title));

    fprintf(out, "  %s─%s", left, title);
    while (columns++ < BOX_COLUMNS + 1)
        fputs("─", out);
    fprintf(out, "%s\n", right);
}

static void print_box(FILE *out, const char *title, const char *text, const char *foot)
{
    print_edge(out, "┌", title, "┐");
    do {
        size_t size = row_size(text);

        print_row(out, text, size);
        text += size;
        if (*text == '\n' || *text == ' ')
            text++;
    } while (*text != '\0');
    print_edge(out, "└", foot, "┘");
}

static void leave_prompt(struct display *d)
{
    if (d->prompted)
        fputs("\r\033[K", d->out);
    d->prompted = false;
}

void display_screen(struct display *d, const char *text, bool ended)
{
    leave_prompt(d);
    if (d->boxed)
        print_box(d->out, "", text, ended ? " end " : "");
    else
        fprintf(d->out, "%s\n%s\n", text, ended ? "-- end" : "--");
    fflush(d->out);
}

void display_sms(struct display *d, const char *from, const char *text)
{
    char title[48];

    leave_prompt(d);
    snprintf(title, sizeof(title), " SMS from %s ", from);
    if (d->boxed)
        print_box(d->out, title, text, "");
    else
        fprintf(d->out, "[SMS from %s]\n%s\n--\n", from, text);
    fflush(d->out);
}

void display_input(struct display *d, const char *line)
{
    if (!d->boxed)
        fprintf(d->out, "> %s\n", line);
    fflush(d->out);
}

void display_note(struct display *d, const char *text)
{
    leave_prompt(d);
    fprintf(d->out, d->boxed ? "  (%s)\n" : "(%s)\n", text);
    fflush(d->out);
}

void display_prompt(struct display *d, const char *prompt)
{
    if (!d->boxed)
        return;
    leave_prompt(d);
    fprintf(d->out, "  %s ", prompt);
    fflush(d->out);
    d->prompted = true;
}

void display_prompt_done(struct display *d)
{
    d->prompted = false;
}
