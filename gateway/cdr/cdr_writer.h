/*
 * Takes lines and writes them to signed files (cdr_file.h) in a thread of its own: the loop never
 * waits for a disk. What waits is bounded; on a full disk, at the start too, the thread tries again
 * every second, and when the queue is full, or the end comes, lines are dropped and counted; the
 * next file that can be closed says how many. So are the records of a file that somebody takes away
 * while it is written.
 */
#ifndef WARUNG_CDR_CDR_WRITER_H
#define WARUNG_CDR_CDR_WRITER_H

#include "base/timer.h"
#include "gateway/cdr/cdr_file.h"

struct cdr_writer_settings {
    const char *directory, *instance, *key_file;
    unsigned rotate_s;
    uint64_t rotate_bytes;
    size_t queue_bytes;
    unsigned keep_s; /* older files are removed; 0 = never */
    struct timer_queue *timers;
    bool (*clock_agrees)(void *arg); /* nothing is removed by a clock that may be wrong */
    void *arg;
};

struct cdr_writer;

/* NULL with a text: no directory, no key, another's files. A disk that takes nothing is told by the
 * log and the counters. */
struct cdr_writer *cdr_writer_new(const struct cdr_writer_settings *settings, char *error,
                                  size_t error_bytes);
/* Writes what waits, when it can be, and closes the file; what cannot is counted and told. */
void cdr_writer_free(struct cdr_writer *w);
/* Copied; a whole line with its newline. */
void cdr_writer_put(struct cdr_writer *w, const char *line, size_t size);

struct cdr_counters {
    uint64_t records; /* handed in */
    uint64_t dropped; /* the queue was full, or the end came */
    uint64_t written_bytes;
    uint64_t files;    /* closed and signed */
    uint64_t failures; /* tries that failed */
    uint64_t queued_bytes;
    bool is_failing;
    int error; /* errno of the last failure */
};
struct cdr_counters cdr_writer_counters(struct cdr_writer *w);

#endif
