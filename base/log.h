/*
 * One line per event: a dotted event name first, then key=value pairs (or one JSON object).
 *
 *     log_info("link.bound", LOG_S("link", name), LOG_U("window", window));
 *     -> 2026-11-24T09:40:12.123Z level=info event=link.bound link=op1 window=32
 *
 * Message text, passwords and personal data never go into a log. Subscriber numbers go through
 * LOG_MSISDN, which masks the middle (62812***0001) unless the log was told to show them.
 * What a peer can cause without end must not fill a disk, nor use up what journald takes of one
 * unit (10,000 lines in 30 s by default; then it drops errors, too): from one place of the code
 * infos or warnings come LOG_LINES_AT_ONCE, and for as long as that lasts LOG_LINES_A_SECOND; the
 * next line from there has `skipped`. What one peer does in floods does not hide what another does:
 * lines with a `link` or `peer` have LOG_OWN_AT_ONCE beside that, those of LOG_NAMES names. Nobody
 * waits for a log: where standard error takes nothing (a full disk, a pipe or a journal that nobody
 * reads), lines are lost and counted, and the next one that is written has `lost`. The log is the
 * one process-wide object (docs/decisions/0001-log-is-process-wide.md).
 */
#ifndef WARUNG_BASE_LOG_H
#define WARUNG_BASE_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum log_level {
    LOG_LEVEL_DEBUG,
    LOG_LEVEL_INFO,
    LOG_LEVEL_WARNING,
    LOG_LEVEL_ERROR,
    LOG_LEVEL_OFF
};
enum log_format { LOG_FORMAT_LOGFMT, LOG_FORMAT_JSON };

enum log_field_kind { LOG_FIELD_STRING, LOG_FIELD_SIGNED, LOG_FIELD_UNSIGNED, LOG_FIELD_MSISDN };

struct log_field {
    const char *key;
    enum log_field_kind kind;
    union {
        const char *string; /* NULL is written as an empty string */
        int64_t number;
        uint64_t count;
    };
};

#define LOG_S(k, v)      ((struct log_field){.key = (k), .kind = LOG_FIELD_STRING, .string = (v)})
#define LOG_I(k, v)      ((struct log_field){.key = (k), .kind = LOG_FIELD_SIGNED, .number = (v)})
#define LOG_U(k, v)      ((struct log_field){.key = (k), .kind = LOG_FIELD_UNSIGNED, .count = (v)})
#define LOG_MSISDN(k, v) ((struct log_field){.key = (k), .kind = LOG_FIELD_MSISDN, .string = (v)})

enum {
    LOG_LINES_AT_ONCE = 200,
    LOG_LINES_A_SECOND = 20,
    LOG_OWN_AT_ONCE = 10,
    LOG_OWN_A_SECOND = 1,
    LOG_NAMES = 8,
};

struct log_bucket {
    int64_t second;
    uint64_t lines; /* until then, less so many for each second */
};

/* One place of the code that logs. */
struct log_site {
    struct log_bucket all;
    struct log_bucket own[LOG_NAMES];
    uint64_t names[LOG_NAMES]; /* hashed: whose each of `own` is, until it is empty again */
    uint64_t skipped;          /* since the last line that was written */
};

/* The array has a spare row so that an event without fields is legal C. */
#define LOG_AT(level, event, ...)                                                                  \
    do {                                                                                           \
        static struct log_site site_;                                                              \
                                                                                                   \
        if (log_is_on(level)) {                                                                    \
            const struct log_field fields_[] = {{0}, __VA_ARGS__};                                 \
            log_write(&site_, level, event, fields_ + 1,                                           \
                      sizeof(fields_) / sizeof(fields_[0]) - 1);                                   \
        }                                                                                          \
    } while (0)

#define log_debug(...)   LOG_AT(LOG_LEVEL_DEBUG, __VA_ARGS__, )
#define log_info(...)    LOG_AT(LOG_LEVEL_INFO, __VA_ARGS__, )
#define log_warning(...) LOG_AT(LOG_LEVEL_WARNING, __VA_ARGS__, )
#define log_error(...)   LOG_AT(LOG_LEVEL_ERROR, __VA_ARGS__, )

bool log_is_on(enum log_level level);
/* Counts the line, and writes it unless there were too many of them lately. */
void log_write(struct log_site *site, enum log_level level, const char *event,
               const struct log_field *fields, size_t field_count);

/* Lines that standard error did not take whole, since the start. */
uint64_t log_lost(void);

void log_set_level(enum log_level level);
void log_set_format(enum log_format format);
void log_set_show_msisdn(bool show);
/* Where whole lines (with their newline) go; NULL = standard error. */
typedef void log_sink_fn(void *arg, const char *line, size_t line_bytes);
void log_set_sink(log_sink_fn *sink, void *arg);
/* Where standard error is a terminal, one that nobody reads holds nobody up from now on; a pipe or
 * a socket never does. Again when standard error has become another file. */
void log_open_terminal(void);

/* "6281200000001" -> "62812***0001"; shorter than 10 digits -> "***". masked has at least 24
 * octets. */
void log_mask_msisdn(const char *msisdn, char *masked, size_t masked_bytes);

#endif
