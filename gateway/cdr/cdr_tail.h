/* The last line of a file of records, for gateway/cdr alone. */
#ifndef WARUNG_CDR_CDR_TAIL_H
#define WARUNG_CDR_CDR_TAIL_H

#include "gateway/cdr/cdr_file.h"
#include "gateway/cdr/cdr_key.h"

enum { CDR_TAIL_BYTES = 320 };

struct cdr_tail {
    uint64_t records;
    bool has_dropped; /* false: signed before there was such a count */
    uint64_t dropped; /* records that found no room since the file before was closed */
    bool is_recovered;
    char sha256[CDR_SHA_BYTES];
    char signature[CDR_SIGNATURE_BYTES];
};

/* With its newline; 0 when it cannot be signed. */
size_t cdr_tail_write(const struct cdr_tail *tail, const struct cdr_key *key,
                      char line[CDR_TAIL_BYTES]);
/* False when the line (with its newline) is none. */
bool cdr_tail_read(struct cdr_tail *tail, const char *line, size_t size);
/* Whether the tail is signed with the key. */
bool cdr_tail_is_signed(const struct cdr_tail *tail, const struct cdr_key *key);
/* Of the end of a closed file. */
bool cdr_tail_read_file(struct cdr_tail *tail, const char *path);

#endif
