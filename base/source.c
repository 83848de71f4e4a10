#include "base/source.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/utf8.h"

struct place {
    uint16_t file;
    uint32_t line;
};

struct source {
    char *text;
    size_t size;
    size_t capacity;
    char **files;
    size_t file_count;
    struct place *places; /* one a line of text */
    size_t place_count;
    size_t place_capacity;
};

struct group {
    char opener, closer;
    unsigned names;
    struct place place;
    unsigned column;
    unsigned indent; /* of the line that it is opened in */
};

/* One reading: what all files of it share. */
struct reading {
    struct source *source;
    source_fault_fn *on_fault;
    void *arg;
    unsigned faults;
    size_t room; /* for what is still to be read, of all files */
    bool may_include;
    struct group nesting[SOURCE_NESTING_MAX + 1]; /* [0] is the top level */
    unsigned depth;
    /* The first group whose closing brace stands further left than its own line, under another
     * group's; line 0: none. */
    struct place unclosed;
    struct file_text *innermost;
};

/* One file under the scanner. */
struct file_text {
    struct file_text *includer;
    unsigned level;
    uint16_t index;
    dev_t device;
    ino_t inode;
    const char *at;
    const char *end;
    const char *line_start;
    unsigned line;
};

static void scan(struct reading *r, struct file_text *f);

/* Line and column are of the innermost file. */
static void __attribute__((format(printf, 4, 5)))
report(struct reading *r, unsigned line, unsigned column, const char *format, ...)
{
    char text[512];
    va_list args;

    if (r->faults++ >= SOURCE_FAULTS_MAX)
        return;
    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    r->on_fault(r->arg, r->source->files[r->innermost->index], line, column, text);
}

static unsigned column_of(const struct file_text *f, const char *at)
{
    return (unsigned)(at - f->line_start) + 1;
}

static uint16_t add_file(struct source *s, const char *path)
{
    s->files = mem_realloc_array(s->files, s->file_count + 1, sizeof(*s->files));
    s->files[s->file_count] = mem_strdup(path);
    return (uint16_t)s->file_count++;
}

static void add_place(struct source *s, uint16_t file, unsigned line)
{
    if (s->place_count == s->place_capacity) {
        s->place_capacity = s->place_capacity != 0 ? 2 * s->place_capacity : 256;
        s->places = mem_realloc_array(s->places, s->place_capacity, sizeof(*s->places));
    }
    s->places[s->place_count++] = (struct place){file, line};
}

static void add_text(struct source *s, const char *from, size_t size)
{
    while (s->capacity < s->size + size + 1) {
        s->capacity = s->capacity != 0 ? 2 * s->capacity : 4096;
        s->text = mem_realloc_array(s->text, s->capacity, 1);
    }
    memcpy(s->text + s->size, from, size);
    s->size += size;
    s->text[s->size] = '\0';
}

/* Octets first: what no later stage should have to think about. */
static bool check_octets(struct reading *r, const struct file_text *f)
{
    unsigned line = 1;
    const char *line_start = f->at;

    if (f->end - f->at >= 3 && memcmp(f->at, "\xEF\xBB\xBF", 3) == 0) {
        report(r, 1, 1, "the file begins with a byte order mark; save it without one");
        return false;
    }
    for (const char *c = f->at; c < f->end;) {
        uint32_t code_point;
        size_t size = utf8_take(c, (size_t)(f->end - c), &code_point);

        if (*c == '\0' || size == 0) {
            report(r, line, (unsigned)(c - line_start) + 1,
                   *c == '\0' ? "a NUL octet" : "octet 0x%02X is no UTF-8; save the file as UTF-8",
                   (unsigned char)*c);
            return false;
        }
        if (*c == '\n') {
            line++;
            line_start = c + 1;
        }
        c += size;
    }
    return true;
}

/* Copies `size` octets of the file to the text, keeping count of lines. */
static void take(struct reading *r, struct file_text *f, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (f->at[i] == '\n') {
            add_place(r->source, f->index, f->line++);
            f->line_start = f->at + i + 1;
        }
    add_text(r->source, f->at, size);
    f->at += size;
}

/* What explains every oddity after it is the last that is told. */
static void report_last(struct reading *r, const struct file_text *f, const char *text)
{
    report(r, f->line, column_of(f, f->at), "%s", text);
    r->faults = SOURCE_FAULTS_MAX;
}

/* `id = #TerusUsaha ...";`: half of the text would be lost, and the rest be taken for all of it. */
static bool is_text_without_quote(const struct file_text *f, const char *end)
{
    const char *before = f->at;
    unsigned quotes = 0;

    while (before > f->line_start && (before[-1] == ' ' || before[-1] == '\t'))
        before--;
    for (const char *c = f->at; c < end; c++)
        quotes += *c == '"';
    return before > f->line_start && (before[-1] == '=' || before[-1] == ':') && quotes % 2 != 0;
}

static void take_line_comment(struct reading *r, struct file_text *f)
{
    const char *end = memchr(f->at, '\n', (size_t)(f->end - f->at));

    end = end != NULL ? end : f->end;
    if (*f->at == '#' && is_text_without_quote(f, end))
        report_last(r, f,
                    "what begins with # is a remark: is the opening quote missing before it?");
    take(r, f, (size_t)(end - f->at));
}

static void take_block_comment(struct reading *r, struct file_text *f)
{
    const char *close = memmem(f->at + 2, (size_t)(f->end - f->at - 2), "*/", 2);

    if (close == NULL) {
        report(r, f->line, column_of(f, f->at), "this comment has no closing */");
        take(r, f, (size_t)(f->end - f->at));
        return;
    }
    take(r, f, (size_t)(close + 2 - f->at));
}

static bool is_hex(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_char(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-' || c == '*';
}

static void check_escape(struct reading *r, const struct file_text *f, const char *backslash,
                         unsigned line, unsigned column)
{
    size_t left = (size_t)(f->end - backslash);

    if (backslash[1] == 'x' && left >= 4 && is_hex(backslash[2]) && is_hex(backslash[3])) {
        if (backslash[2] == '0' && backslash[3] == '0')
            report(r, line, column, "\\x00 would end the text");
        return;
    }
    if (strchr("nrtf\\\"", backslash[1]) == NULL)
        report(r, line, column, "unknown escape \\%c; known are \\n \\r \\t \\f \\\\ \\\" \\xHH",
               backslash[1] >= ' ' && backslash[1] < 0x7F ? backslash[1] : '?');
}

static void take_string(struct reading *r, struct file_text *f)
{
    const char *c = f->at + 1, *line_start = f->line_start;
    unsigned line = f->line;

    for (; c < f->end && *c != '"'; c++) {
        if (*c == '\n') {
            line++;
            line_start = c + 1;
        } else if (*c == '\\' && c + 1 < f->end) {
            check_escape(r, f, c, line, (unsigned)(c - line_start) + 1);
            if (c[1] != '\n')
                c++;
        }
    }
    if (c >= f->end)
        report(r, f->line, column_of(f, f->at), "this string has no closing quote");
    else if (line != f->line && c + 1 < f->end && strchr(" \t\r\n;,)]}/\"", c[1]) == NULL)
        report_last(r, f, "this string goes on in the next line: is its closing quote missing?");
    take(r, f, (size_t)((c < f->end ? c + 1 : f->end) - f->at));
}

static void check_integer(struct reading *r, const struct file_text *f, const char *word, int base)
{
    char *rest;
    long long value;
    bool is_long;

    errno = 0;
    value = strtoll(word, &rest, base);
    is_long = strcmp(rest, "L") == 0 || strcmp(rest, "LL") == 0;
    if (*rest != '\0' && !is_long)
        return; /* no integer: libconfig will say so */
    if (errno == ERANGE)
        report(r, f->line, column_of(f, f->at), "the number %s does not fit in 64 bits", word);
    else if (!is_long && (value > INT32_MAX || value < INT32_MIN))
        report(r, f->line, column_of(f, f->at),
               "the number %s does not fit in 32 bits; write it with an L at its end", word);
}

static void check_number(struct reading *r, const struct file_text *f, const char *word)
{
    const char *digits = word + (word[0] == '-' || word[0] == '+');

    if (strncasecmp(digits, "0x", 2) == 0)
        check_integer(r, f, word, 16);
    else if (strpbrk(word, ".eE") == NULL)
        check_integer(r, f, word, 10);
    else if (isinf(strtod(word, NULL)))
        report(r, f->line, column_of(f, f->at), "the number %s is too large", word);
}

static void take_number(struct reading *r, struct file_text *f)
{
    char word[64];
    const char *c = f->at;
    size_t size;

    for (c++; c < f->end && (is_name_char(*c) || *c == '.' || *c == '+'); c++)
        if ((*c == '-' || *c == '+') && c[-1] != 'e' && c[-1] != 'E')
            break;
    size = (size_t)(c - f->at);
    if (size < sizeof(word)) {
        memcpy(word, f->at, size);
        word[size] = '\0';
        check_number(r, f, word);
    } else {
        report(r, f->line, column_of(f, f->at), "this number has too many digits");
    }
    take(r, f, size);
}

static unsigned indent_of(const struct file_text *f)
{
    const char *c = f->line_start;

    while (*c == ' ' || *c == '\t')
        c++;
    return (unsigned)(c - f->line_start);
}

static void open_group(struct reading *r, const struct file_text *f, char closer)
{
    if (r->depth == SOURCE_NESTING_MAX) {
        report(r, f->line, column_of(f, f->at), "nested deeper than %d groups and lists",
               SOURCE_NESTING_MAX);
        r->faults = SOURCE_FAULTS_MAX; /* the rest would only repeat it */
        return;
    }
    r->nesting[++r->depth] = (struct group){.opener = *f->at,
                                            .closer = closer,
                                            .place = {f->index, f->line},
                                            .column = column_of(f, f->at),
                                            .indent = indent_of(f)};
}

static void close_group(struct reading *r, const struct file_text *f)
{
    const struct group *g = &r->nesting[r->depth];

    if (r->depth == 0) {
        report(r, f->line, column_of(f, f->at), "'%c' closes nothing: nothing is open here",
               *f->at);
    } else if (g->closer != *f->at) {
        report(r, f->line, column_of(f, f->at),
               "'%c' does not close the '%c' opened in line %u%s%.300s", *f->at, g->opener,
               g->place.line, g->place.file != f->index ? " of " : "",
               g->place.file != f->index ? r->source->files[g->place.file] : "");
    } else {
        r->depth--;
        if (*f->at == '}' && r->unclosed.line == 0 && g->place.file == f->index &&
            indent_of(f) < g->indent)
            r->unclosed = g->place;
    }
}

static void count_name(struct reading *r, const struct file_text *f)
{
    if (++r->nesting[r->depth].names == SOURCE_GROUP_NAMES_MAX + 1)
        report(r, f->line, column_of(f, f->at), "more than %d settings in one group",
               SOURCE_GROUP_NAMES_MAX);
}

static void take_mark(struct reading *r, struct file_text *f)
{
    switch (*f->at) {
    case '{':
        open_group(r, f, '}');
        break;
    case '(':
        open_group(r, f, ')');
        break;
    case '[':
        open_group(r, f, ']');
        break;
    case '}':
    case ')':
    case ']':
        close_group(r, f);
        break;
    case '=':
    case ':':
        count_name(r, f);
        break;
    }
    take(r, f, 1);
}

static bool is_blank_before(const struct file_text *f)
{
    for (const char *c = f->line_start; c < f->at; c++)
        if (*c != ' ' && *c != '\t')
            return false;
    return true;
}

/* The path of an include directive at f->at, and the end of the directive; NULL when its form is
 * wrong. Free it with mem_free. */
static char *include_path(const struct file_text *f, const char **directive_end)
{
    const char *c = f->at + strlen("@include"), *from, *close;
    char *path;

    while (c < f->end && (*c == ' ' || *c == '\t'))
        c++;
    if (c == f->end || *c != '"')
        return NULL;
    from = c + 1;
    for (close = from; close < f->end && *close != '"' && *close != '\n'; close++)
        continue;
    if (close == f->end || *close != '"' || close == from)
        return NULL;
    for (c = close + 1; c < f->end && (*c == ' ' || *c == '\t' || *c == '\r'); c++)
        continue;
    if (c < f->end && *c != '\n' && *c != '#' && *c != '/')
        return NULL;
    *directive_end = close + 1;
    path = mem_zalloc((size_t)(close - from) + 1);
    memcpy(path, from, (size_t)(close - from));
    return path;
}

/* Relative to the folder of the file that names it. */
static char *resolve(const char *includer, const char *path)
{
    const char *slash = strrchr(includer, '/');
    size_t folder_bytes = slash != NULL ? (size_t)(slash + 1 - includer) : 0;
    size_t path_bytes = strlen(path) + 1;
    char *whole;

    if (path[0] == '/' || folder_bytes == 0)
        return mem_strdup(path);
    whole = mem_alloc(folder_bytes + path_bytes);
    memcpy(whole, includer, folder_bytes);
    memcpy(whole + folder_bytes, path, path_bytes);
    return whole;
}

/* Reads a file of at most `room` octets; *size octets. NULL, or the reason why it cannot. */
static const char *read_octets(int fd, char *text, size_t room, size_t *size)
{
    ssize_t got;

    for (*size = 0; *size <= room; *size += (size_t)got) {
        got = read(fd, text + *size, room + 1 - *size);
        if (got < 0)
            return strerror(errno);
        if (got == 0)
            return NULL;
    }
    return "it is too large (1 MiB at most, includes counted)";
}

/* A whole regular file; NULL with the reason in *why. Only a regular file: libconfig ends the
 * process on a folder, and a pipe would hold it for ever. */
static char *read_regular(const char *path, size_t room, struct stat *st, size_t *size,
                          const char **why)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    char *text = NULL;

    if (fd < 0 || fstat(fd, st) != 0) {
        *why = strerror(errno);
    } else if (!S_ISREG(st->st_mode)) {
        *why = "it is no regular file";
    } else {
        text = mem_alloc(room + 1);
        *why = read_octets(fd, text, room, size);
    }
    if (fd >= 0)
        close(fd);
    if (*why == NULL)
        return text;
    mem_free(text);
    return NULL;
}

static bool is_loop(const struct file_text *includer, const struct stat *st)
{
    for (; includer != NULL; includer = includer->includer)
        if (includer->device == st->st_dev && includer->inode == st->st_ino)
            return true;
    return false;
}

/* Scans one file into the text. Line and column are those of the directive that asked for it. */
static void read_file(struct reading *r, struct file_text *includer, const char *path,
                      unsigned line, unsigned column)
{
    struct source *s = r->source;
    struct file_text f = {.includer = includer, .line = 1}, *outer = r->innermost;
    struct stat st = {0};
    const char *why = NULL;
    size_t size = 0;
    char *text = read_regular(path, r->room, &st, &size, &why);

    if (why == NULL && is_loop(includer, &st))
        why = "it includes itself";
    if (why == NULL && s->file_count >= SOURCE_FILES_MAX)
        why = "too many files";
    if (why != NULL) {
        report(r, line, column, "cannot read %s: %s", path, why);
        mem_free(text);
        return;
    }
    r->room -= size;
    f.level = includer != NULL ? includer->level + 1 : 0;
    f.index = includer != NULL ? add_file(s, path) : 0;
    f.device = st.st_dev;
    f.inode = st.st_ino;
    f.at = f.line_start = text;
    f.end = text + size;
    r->innermost = &f;
    if (check_octets(r, &f))
        scan(r, &f);
    r->innermost = outer;
    mem_free(text);
}

static void take_include(struct reading *r, struct file_text *f)
{
    unsigned line = f->line, column = column_of(f, f->at);
    const char *directive_end = NULL;
    char *path = is_blank_before(f) ? include_path(f, &directive_end) : NULL;
    char *whole;

    if (path == NULL) {
        report(r, line, column, "an include is one line: @include \"file\"");
        take_line_comment(r, f);
        return;
    }
    if (!r->may_include) {
        report(r, line, column, "@include is not possible here");
    } else if (f->level + 1 > SOURCE_INCLUDE_DEPTH_MAX) {
        report(r, line, column, "includes nested deeper than %d", SOURCE_INCLUDE_DEPTH_MAX);
    } else {
        whole = resolve(r->source->files[f->index], path);
        /* The text before the directive (blanks) ends up on a line of its own. */
        add_text(r->source, "\n", 1);
        add_place(r->source, f->index, line);
        read_file(r, f, whole, line, column);
        mem_free(whole);
    }
    mem_free(path);
    f->at = directive_end;
}

static void scan(struct reading *r, struct file_text *f)
{
    while (f->at < f->end && r->faults < SOURCE_FAULTS_MAX) {
        size_t left = (size_t)(f->end - f->at);
        char c = *f->at;

        if (c == '#' || (c == '/' && left >= 2 && f->at[1] == '/')) {
            take_line_comment(r, f);
        } else if (c == '/' && left >= 2 && f->at[1] == '*') {
            take_block_comment(r, f);
        } else if (c == '"') {
            take_string(r, f);
        } else if (left >= 8 && memcmp(f->at, "@include", 8) == 0) {
            take_include(r, f);
        } else if ((c >= '0' && c <= '9') || c == '-' || c == '+') {
            take_number(r, f);
        } else if (is_name_char(c)) {
            size_t size = 1;

            while (size < left && is_name_char(f->at[size]))
                size++;
            take(r, f, size);
        } else {
            take_mark(r, f);
        }
    }
    /* A file without a newline at its end must not run into its includer's next line. */
    if (f->at > f->line_start || f->level > 0) {
        add_text(r->source, "\n", 1);
        add_place(r->source, f->index, f->line);
    }
}

static struct source *finish(struct reading *r)
{
    struct source *s = r->source;

    if (r->faults == 0 && r->depth > 0) {
        const struct group *g = &r->nesting[r->depth];
        char hint[64] = "";

        r->innermost->index = g->place.file;
        if (r->unclosed.line != 0 && r->unclosed.file == g->place.file)
            snprintf(hint, sizeof(hint), "; perhaps one opened in line %u is not",
                     r->unclosed.line);
        report(r, g->place.line, g->column, "the '%c' opened here is never closed%s", g->opener,
               hint);
    }
    if (r->faults > 0) {
        source_free(s);
        return NULL;
    }
    add_text(s, "\n", 1);
    add_place(s, 0, s->place_count > 0 ? s->places[s->place_count - 1].line : 1);
    return s;
}

struct source *source_read(const char *path, source_fault_fn *on_fault, void *arg)
{
    struct file_text nobody = {.line = 1};
    struct reading r = {.source = mem_zalloc(sizeof(struct source)),
                        .on_fault = on_fault,
                        .arg = arg,
                        .room = SOURCE_BYTES_MAX,
                        .may_include = true,
                        .innermost = &nobody};

    add_file(r.source, path);
    read_file(&r, NULL, path, 0, 0);
    return finish(&r);
}

struct source *source_from_text(const char *name, struct span text, source_fault_fn *on_fault,
                                void *arg)
{
    struct file_text f = {.line = 1, .at = (const char *)text.data};
    struct reading r = {.source = mem_zalloc(sizeof(struct source)),
                        .on_fault = on_fault,
                        .arg = arg,
                        .innermost = &f};

    f.end = f.at + text.size;
    f.line_start = f.at;
    add_file(r.source, name);
    if (text.size > SOURCE_BYTES_MAX)
        report(&r, 0, 0, "the text is too large (1 MiB at most)");
    else if (text.size > 0 && check_octets(&r, &f))
        scan(&r, &f);
    return finish(&r);
}

const char *source_text(const struct source *s)
{
    return s->text;
}

size_t source_text_bytes(const struct source *s)
{
    return s->size;
}

void source_place(const struct source *s, unsigned line, const char **file, unsigned *file_line)
{
    const struct place *p;

    if (line == 0)
        line = 1;
    if (line > s->place_count)
        line = (unsigned)s->place_count;
    p = &s->places[line - 1];
    *file = s->files[p->file];
    *file_line = p->line;
}

void source_free(struct source *s)
{
    if (s == NULL)
        return;
    for (size_t i = 0; i < s->file_count; i++)
        mem_free(s->files[i]);
    mem_free(s->files);
    mem_free(s->places);
    mem_free(s->text);
    mem_free(s);
}
