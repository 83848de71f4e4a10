/* Looking at files that are closed: of one alone whether it is as it was signed. */
#include <dirent.h>
#include <errno.h>
#include <inttypes.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/span.h"
#include "gateway/cdr/cdr_tail.h"

static bool read_head(const char *line, struct cdr_verdict *v)
{
    int rest = 0;

    if (sscanf(line,
               "{\"warung_cdr\":1,\"instance\":\"%63[A-Za-z0-9._-]\",\"sequence\":%" SCNu64
               ",\"previous\":\"%n",
               v->instance, &v->sequence, &rest) != 2 ||
        rest == 0)
        return false;
    if (line[rest] != '"' && sscanf(line + rest, "%64[0-9a-f]\"", v->previous) != 1)
        return false;
    return true;
}

struct reading {
    struct cdr_verdict *verdict;
    EVP_MD_CTX *digest;
    struct cdr_tail tail;
    uint64_t lines; /* before the tail */
    bool has_head, has_tail, has_more;
};

static void take_line(struct reading *r, const char *line, size_t size)
{
    if (r->has_tail) {
        r->has_more = true;
        return;
    }
    if (cdr_tail_read(&r->tail, line, size)) {
        r->has_tail = true;
        return;
    }
    if (r->lines++ == 0)
        r->has_head = read_head(line, r->verdict);
    EVP_DigestUpdate(r->digest, line, size);
}

static const char *judge(struct reading *r, const struct cdr_key *key)
{
    uint8_t hash[32];
    unsigned size = sizeof(hash);
    char sha256[CDR_SHA_BYTES];

    if (EVP_DigestFinal_ex(r->digest, hash, &size) != 1)
        return "cannot be hashed";
    text_hex(sha256, hash, sizeof(hash));
    if (!r->has_head)
        return "is no file of records: its first line is not one's head";
    if (!r->has_tail)
        return "truncated, or not closed yet: the last line, with the signature, is missing";
    if (r->has_more)
        return "tampered: lines were added behind the signature";
    if (!cdr_tail_is_signed(&r->tail, key))
        return "tampered: the signature is not of this key, or the last line was changed";
    if (strcmp(sha256, r->tail.sha256) != 0)
        return "tampered: its octets are not those that were signed";
    if (r->tail.records + 1 != r->lines)
        return "tampered: it holds another number of records";
    return "";
}

void cdr_verify(const char *path, const struct cdr_key *key, struct cdr_verdict *v)
{
    struct reading r = {.verdict = v, .digest = EVP_MD_CTX_new()};
    FILE *f = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    ssize_t size;

    memset(v, 0, sizeof(*v));
    if (f == NULL || r.digest == NULL || EVP_DigestInit_ex(r.digest, EVP_sha256(), NULL) != 1) {
        snprintf(v->fault, sizeof(v->fault), "%s", strerror(errno));
    } else {
        while ((size = getline(&line, &room, f)) > 0)
            take_line(&r, line, (size_t)size);
        snprintf(v->fault, sizeof(v->fault), "%s", judge(&r, key));
        v->records = r.tail.records;
        v->has_dropped = r.tail.has_dropped;
        v->dropped = r.tail.dropped;
        v->is_recovered = r.tail.is_recovered;
        memcpy(v->sha256, r.tail.sha256, sizeof(v->sha256));
    }
    free(line);
    if (f != NULL)
        fclose(f);
    EVP_MD_CTX_free(r.digest);
}

static bool is_closed_file(const char *name, const char *begin)
{
    size_t length = strlen(name);

    return strncmp(name, begin, strlen(begin)) == 0 && length >= 6 &&
           strcmp(name + length - 6, ".jsonl") == 0 &&
           strspn(name + strlen(begin), "0123456789") == length - strlen(begin) - 6;
}

static bool find_closed_file(const struct cdr_chain *chain, const char *name, struct stat *st,
                             char path[CDR_PATH_BYTES])
{
    char begin[CDR_INSTANCE_BYTES + 8];

    snprintf(begin, sizeof(begin), "cdr-%s-", chain->instance);
    snprintf(path, CDR_PATH_BYTES, "%s/%s", chain->directory, name);
    return is_closed_file(name, begin) && lstat(path, st) == 0 && S_ISREG(st->st_mode);
}

uint64_t cdr_chain_newest(const struct cdr_chain *chain)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(chain->directory, &entries, NULL, NULL);
    char path[CDR_PATH_BYTES];
    uint64_t newest = 0;
    struct stat st;

    for (int i = 0; i < entry_count; i++) {
        if (find_closed_file(chain, entries[i]->d_name, &st, path)) {
            uint64_t sequence = strtoull(strrchr(path, '-') + 1, NULL, 10);

            newest = sequence > newest ? sequence : newest;
        }
        free(entries[i]);
    }
    free(entries);
    return newest;
}

/* From the first on, without a gap: what was closed by a clock that was far behind is not older
 * than what was before it, and what was closed by one that was ahead not newer than what is behind
 * it. */
unsigned cdr_chain_remove_old(const struct cdr_chain *chain, int64_t before_s)
{
    struct dirent **entries = NULL;
    int entry_count = scandir(chain->directory, &entries, NULL, versionsort), old_count = 0;
    char path[CDR_PATH_BYTES];
    time_t now_s = time(NULL);
    unsigned count = 0;
    struct stat st;

    for (int i = 0; i < entry_count; i++) {
        if (!find_closed_file(chain, entries[i]->d_name, &st, path) || st.st_mtime > now_s)
            continue;
        if (st.st_mtime >= before_s)
            break;
        old_count = i + 1;
    }
    for (int i = 0; i < entry_count; i++) {
        count += i < old_count && find_closed_file(chain, entries[i]->d_name, &st, path) &&
                 unlink(path) == 0;
        free(entries[i]);
    }
    free(entries);
    return count;
}
