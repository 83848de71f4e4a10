/* A file of call detail records and an entry of the journal, as somebody may have left them. */
#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/cdr/cdr_file.h"
#include "merchants/journal.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct cdr_key *make_key(void)
{
    char folder[] = "/tmp/warung-fuzz-XXXXXX", path[64], error[256];
    struct cdr_key *key;

    if (mkdtemp(folder) == NULL)
        abort();
    snprintf(path, sizeof(path), "%s/key", folder);
    if (!cdr_key_create(path, error, sizeof(error)))
        abort();
    unlink(path);
    strcat(path, ".pub");
    key = cdr_key_load_public(path, error, sizeof(error));
    unlink(path);
    rmdir(folder);
    return key;
}

/* Nobody here can sign: whatever it says, it is not as it was signed. */
static void verify(struct span octets)
{
    static struct cdr_key *key;
    struct cdr_verdict verdict;
    char path[64];
    int fd = memfd_create("records", MFD_CLOEXEC);

    if (key == NULL)
        key = make_key();
    if (fd < 0 || write(fd, octets.data, octets.size) != (ssize_t)octets.size)
        abort();
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    cdr_verify(path, key, &verdict);
    close(fd);
    assert(verdict.fault[0] != '\0');
}

/* What can be read is written so that it can be read again. */
static void decode(struct span octets)
{
    uint8_t entry[JOURNAL_BYTES], consent[JOURNAL_CONSENT_BYTES];
    struct journal_entry e, e2;
    struct journal_consent c, c2;

    if (journal_decode(&e, octets)) {
        assert(journal_decode(&e2, journal_encode(&e, entry)));
        assert(memcmp(&e, &e2, sizeof(e)) == 0);
    }
    if (journal_decode_consent(&c, octets)) {
        assert(journal_decode_consent(&c2, journal_encode_consent(&c, consent)));
        assert(memcmp(&c, &c2, sizeof(c)) == 0);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    verify(span_of(data, size));
    decode(span_of(data, size));
    return 0;
}
