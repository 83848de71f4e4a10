/*
 * Files of call detail records, in a chain that shows what was changed, cut off or taken away.
 *
 *     {"warung_cdr":1,"instance":"gw1","sequence":42,"previous":"HEX","opened":"2026-..."}
 *     one record a line
 *     {"records":1234,"dropped":0,"recovered":false,"sha256":"HEX","signature":"BASE64"}
 *
 * sha256 is of every octet before the last line; the signature (Ed25519) is of the last line's own
 * words; `previous` is the sha256 of the file before, "" in the first; `dropped` counts the records
 * that found no room since the file before was closed (older files do not say). While it is written
 * a file is called NAME.part. A file that a crash left so is closed by the next start, recovered:
 * true: it ends with its last whole line, and what came behind that is lost.
 */
#ifndef WARUNG_CDR_CDR_FILE_H
#define WARUNG_CDR_CDR_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { CDR_SHA_BYTES = 65, CDR_PATH_BYTES = 4096, CDR_INSTANCE_BYTES = 64 };

struct cdr_key;

/* Makes a private key (PEM, mode 0600) at path and its public half at path.pub; existing files are
 * an error, but a private key alone, of which the public half is made. */
bool cdr_key_create(const char *path, char *error, size_t error_bytes);
/* NULL with a text. */
struct cdr_key *cdr_key_load_private(const char *path, char *error, size_t error_bytes);
struct cdr_key *cdr_key_load_public(const char *path, char *error, size_t error_bytes);
void cdr_key_free(struct cdr_key *key);

/* ---- writing: blocking calls, for a thread of its own ---- */

struct cdr_chain {
    char directory[CDR_PATH_BYTES / 2];
    char instance[CDR_INSTANCE_BYTES];
    bool has_place;               /* the three below are known */
    uint64_t sequence;            /* of the next file */
    char previous[CDR_SHA_BYTES]; /* of the last one closed */
    uint64_t dropped;             /* records since then that are in no file */
};

/* False: a name is too long. */
bool cdr_chain_init(struct cdr_chain *chain, const char *directory, const char *instance);
/* Keeps others away from the files of this instance until the descriptor is closed, or its process
 * ends. Makes the directory where there is none. -1 with errno; EWOULDBLOCK: somebody is there. */
int cdr_chain_lock(const struct cdr_chain *chain);
/* Makes the directory where there is none, reads where the chain stands, and closes what a crash
 * left open. False with errno: nothing may be written, try again. */
bool cdr_chain_open(struct cdr_chain *chain, const struct cdr_key *key);
/* Keeps the place and the count of what was dropped for the next start; where the disk has room for
 * nothing new, in the octets that the last one has. */
bool cdr_chain_save(const struct cdr_chain *chain);

/* The number of the newest closed file that is there; 0: there is none. */
uint64_t cdr_chain_newest(const struct cdr_chain *chain);

struct cdr_file;
/* The next file of the chain; NULL with errno. */
struct cdr_file *cdr_file_open(const struct cdr_chain *chain);
/* How many of the octets were written; errno when not all. */
size_t cdr_file_write(struct cdr_file *f, const char *octets, size_t size);
bool cdr_file_sync(struct cdr_file *f);
uint64_t cdr_file_size(const struct cdr_file *f);
/* Whole records in it. */
uint64_t cdr_file_records(const struct cdr_file *f);
/* False: under its name stands another file, or none. True also when nobody can tell now. */
bool cdr_file_is_there(const struct cdr_file *f);
/* Signs and closes it; the chain moves on. False with errno: it is open as before. */
bool cdr_file_close(struct cdr_file *f, struct cdr_chain *chain, const struct cdr_key *key);
/* Leaves it as it is, to be closed by the next start. */
void cdr_file_abandon(struct cdr_file *f);
/* Removes closed files of this instance that were last changed before a time, none behind one that
 * was not; how many. */
unsigned cdr_chain_remove_old(const struct cdr_chain *chain, int64_t before_s);

/* ---- reading ---- */

struct cdr_verdict {
    char instance[CDR_INSTANCE_BYTES];
    uint64_t sequence, records;
    bool has_dropped; /* the file says how many were */
    uint64_t dropped;
    char previous[CDR_SHA_BYTES], sha256[CDR_SHA_BYTES];
    bool is_recovered;
    char fault[160]; /* "" = as it was signed */
};
/* Looks at one file by itself. */
void cdr_verify(const char *path, const struct cdr_key *key, struct cdr_verdict *verdict);

#endif
