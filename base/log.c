#include "base/log.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "base/map.h"

enum { LOG_LINE_BYTES = 2048, LOG_WAIT_MS = 50 };

static struct {
    enum log_level level;
    enum log_format format;
    bool show_msisdn;
    log_sink_fn *sink;
    void *sink_arg;
    int fd;
    uint64_t lost, told; /* lines; of those, how many a line that was written told of */
    int64_t waited_s;    /* in which second it last waited for its reader */
    bool has_half_line;
} the_log = {.level = LOG_LEVEL_INFO, .fd = STDERR_FILENO};

struct line {
    char text[LOG_LINE_BYTES];
    size_t size;
};

static const char *const level_names[] = {"debug", "info", "warning", "error", "off"};

static void add_bytes(struct line *l, const char *bytes, size_t size)
{
    /* Two octets stay free: for the closing brace and the newline. */
    size_t room = sizeof(l->text) - 2 - l->size;

    if (size > room)
        size = room;
    memcpy(l->text + l->size, bytes, size);
    l->size += size;
}

static void add(struct line *l, const char *text)
{
    add_bytes(l, text, strlen(text));
}

static bool is_bare(const char *text)
{
    if (*text == '\0')
        return false;
    for (; *text != '\0'; text++)
        if ((unsigned char)*text <= ' ' || *text == '"' || *text == '=' || *text == '\\' ||
            *text == 0x7F)
            return false;
    return true;
}

static void add_quoted(struct line *l, const char *text)
{
    add(l, "\"");
    for (; *text != '\0'; text++) {
        unsigned char c = (unsigned char)*text;
        char escape[8];

        if (c == '"' || c == '\\') {
            char pair[2] = {'\\', (char)c};

            add_bytes(l, pair, 2);
        } else if (c < ' ' || c == 0x7F) {
            snprintf(escape, sizeof(escape), "\\u%04x", c);
            add(l, escape);
        } else {
            add_bytes(l, text, 1);
        }
    }
    add(l, "\"");
}

static void add_string(struct line *l, const char *text)
{
    if (the_log.format == LOG_FORMAT_LOGFMT && is_bare(text))
        add(l, text);
    else
        add_quoted(l, text);
}

static void add_key(struct line *l, const char *key)
{
    if (the_log.format == LOG_FORMAT_JSON) {
        add(l, ",\"");
        add(l, key);
        add(l, "\":");
    } else {
        add(l, " ");
        add(l, key);
        add(l, "=");
    }
}

static void add_field(struct line *l, const struct log_field *f)
{
    char number[32];

    add_key(l, f->key);
    switch (f->kind) {
    case LOG_FIELD_STRING:
        add_string(l, f->string != NULL ? f->string : "");
        break;
    case LOG_FIELD_SIGNED:
        snprintf(number, sizeof(number), "%lld", (long long)f->number);
        add(l, number);
        break;
    case LOG_FIELD_UNSIGNED:
        snprintf(number, sizeof(number), "%llu", (unsigned long long)f->count);
        add(l, number);
        break;
    case LOG_FIELD_MSISDN:
        if (the_log.show_msisdn) {
            add_string(l, f->string != NULL ? f->string : "");
        } else {
            log_mask_msisdn(f->string != NULL ? f->string : "", number, sizeof(number));
            add_string(l, number);
        }
        break;
    }
}

static void add_time(struct line *l)
{
    struct timespec now;
    struct tm utc;
    char text[40];
    size_t size;

    clock_gettime(CLOCK_REALTIME, &now);
    gmtime_r(&now.tv_sec, &utc);
    size = strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text + size, sizeof(text) - size, ".%03ldZ", now.tv_nsec / 1000000);
    if (the_log.format == LOG_FORMAT_JSON) {
        add(l, "{\"time\":\"");
        add(l, text);
        add(l, "\"");
    } else {
        add(l, text);
    }
}

bool log_is_on(enum log_level level)
{
    return level >= the_log.level;
}

/* Who it is about: "op1" of link=op1:1; NULL where nobody is named. */
static const char *find_name(const struct log_field *fields, size_t field_count, size_t *size)
{
    for (size_t i = 0; i < field_count; i++) {
        const char *value = fields[i].string, *colon;

        if (fields[i].kind != LOG_FIELD_STRING || value == NULL ||
            (strcmp(fields[i].key, "link") != 0 && strcmp(fields[i].key, "peer") != 0))
            continue;
        colon = strrchr(value, ':');
        *size = colon != NULL ? (size_t)(colon - value) : strlen(value);
        return value;
    }
    return NULL;
}

static void forget(struct log_bucket *b, int64_t second, uint64_t a_second)
{
    uint64_t forgotten = (uint64_t)(second - b->second) * a_second;

    b->second = second;
    b->lines -= forgotten < b->lines ? forgotten : b->lines;
}

static bool take(struct log_bucket *b, uint64_t at_once)
{
    if (b->lines >= at_once)
        return false;
    b->lines++;
    return true;
}

/* The bucket of that name, or an empty one for it; NULL when others have them all. */
static struct log_bucket *find_own(struct log_site *site, uint64_t name, int64_t second)
{
    struct log_bucket *empty = NULL;

    for (size_t i = 0; i < LOG_NAMES; i++) {
        forget(&site->own[i], second, LOG_OWN_A_SECOND);
        if (site->own[i].lines == 0)
            empty = &site->own[i];
        else if (site->names[i] == name)
            return &site->own[i];
    }
    if (empty != NULL)
        site->names[empty - site->own] = name;
    return empty;
}

/* Errors are few, and some stand nowhere else; who asks for debug wants all of it. */
static bool has_room_for(struct log_site *site, enum log_level level,
                         const struct log_field *fields, size_t field_count)
{
    struct log_bucket *own;
    struct timespec now;
    const char *name;
    size_t size;

    if (level != LOG_LEVEL_INFO && level != LOG_LEVEL_WARNING)
        return true;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    forget(&site->all, now.tv_sec, LOG_LINES_A_SECOND);
    if (take(&site->all, LOG_LINES_AT_ONCE))
        return true;
    name = find_name(fields, field_count, &size);
    own = name != NULL ? find_own(site, map_hash(span_of(name, size), 0), now.tv_sec) : NULL;
    if (own != NULL && take(own, LOG_OWN_AT_ONCE))
        return true;
    site->skipped++;
    return false;
}

/* Where a reader that stands still (journald, a pipe) leaves no room, waiting would stop the whole
 * loop: a moment in each second is all he gets. A file always has room, or says so at once. */
static bool has_room(void)
{
    struct pollfd out = {.fd = the_log.fd, .events = POLLOUT};
    struct timespec now;

    if (poll(&out, 1, 0) > 0)
        return true;
    clock_gettime(CLOCK_MONOTONIC_COARSE, &now);
    if (now.tv_sec == the_log.waited_s)
        return false;
    the_log.waited_s = now.tv_sec;
    return poll(&out, 1, LOG_WAIT_MS) > 0;
}

static ssize_t write_bytes(const char *bytes, size_t size)
{
    ssize_t written;

    do
        written = write(the_log.fd, bytes, size);
    while (written < 0 && errno == EINTR);
    return written;
}

/* One write, so that lines of several processes on one terminal stay whole. */
static void write_line(const char *line, size_t size)
{
    uint64_t lost = the_log.lost;
    ssize_t written = -1;

    if (has_room() && (!the_log.has_half_line || write_bytes("\n", 1) == 1)) {
        the_log.has_half_line = false;
        written = write_bytes(line, size);
    }
    if (written == (ssize_t)size) {
        the_log.told = lost;
    } else {
        the_log.lost++;
        the_log.has_half_line = the_log.has_half_line || written > 0;
    }
}

void log_write(struct log_site *site, enum log_level level, const char *event,
               const struct log_field *fields, size_t field_count)
{
    struct line l;

    if (!has_room_for(site, level, fields, field_count))
        return;
    l.size = 0;
    add_time(&l);
    add_field(&l, &LOG_S("level", level_names[level]));
    add_field(&l, &LOG_S("event", event));
    /* First, so that no long field cuts them off. */
    if (site->skipped != 0)
        add_field(&l, &LOG_U("skipped", site->skipped));
    site->skipped = 0;
    if (the_log.sink == NULL && the_log.lost != the_log.told)
        add_field(&l, &LOG_U("lost", the_log.lost - the_log.told));
    for (size_t i = 0; i < field_count; i++)
        if (fields[i].key != NULL)
            add_field(&l, &fields[i]);
    if (the_log.format == LOG_FORMAT_JSON)
        l.text[l.size++] = '}';
    l.text[l.size++] = '\n';
    if (the_log.sink != NULL)
        the_log.sink(the_log.sink_arg, l.text, l.size);
    else
        write_line(l.text, l.size);
}

uint64_t log_lost(void)
{
    return the_log.lost;
}

void log_set_level(enum log_level level)
{
    the_log.level = level;
}

void log_set_format(enum log_format format)
{
    the_log.format = format;
}

void log_set_show_msisdn(bool show)
{
    the_log.show_msisdn = show;
}

void log_set_sink(log_sink_fn *sink, void *arg)
{
    the_log.sink = sink;
    the_log.sink_arg = arg;
}

void log_mask_msisdn(const char *msisdn, char *masked, size_t masked_bytes)
{
    size_t digits = strlen(msisdn);

    if (digits < 10)
        snprintf(masked, masked_bytes, "***");
    else
        snprintf(masked, masked_bytes, "%.5s***%s", msisdn, msisdn + digits - 4);
}

/* A terminal with room for an octet takes no line, and holds up who writes one. Whether a write
 * waits is a matter of the open file, and standard error's is the shell's, too: so here is another.
 */
void log_open_terminal(void)
{
    int fd = -1;

    if (isatty(STDERR_FILENO))
        fd = open("/proc/self/fd/2", O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    if (the_log.fd != STDERR_FILENO)
        close(the_log.fd);
    the_log.fd = fd >= 0 ? fd : STDERR_FILENO;
}
