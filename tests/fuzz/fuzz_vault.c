/* Any octets as a sealed record: never opened by chance, never read beyond; and what is sealed
 * opens. */
#include "sessions/vault.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct vault *new_vault(void)
{
    char folder[] = "/tmp/warung-fuzz-XXXXXX", path[64], error[200];
    struct vault *v;

    assert(mkdtemp(folder) != NULL);
    snprintf(path, sizeof(path), "%s/keys", folder);
    assert(vault_create_file(path, true, error, sizeof(error)));
    v = vault_open_file(path, error, sizeof(error));
    assert(v != NULL && unlink(path) == 0 && rmdir(folder) == 0);
    return v;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct vault *v;
    uint8_t sealed[8192], opened[8192];
    struct span record;
    struct writer w;

    if (v == NULL)
        v = new_vault();
    writer_init(&w, opened, sizeof(opened));
    if (vault_open(v, VAULT_SESSION, "62812", span_of(data, size), &w))
        assert(data[0] == 0 && writer_size(&w) == size - 1); /* a plain record, whatever it holds */
    writer_init(&w, sealed, sizeof(sealed));
    if (!vault_seal(v, VAULT_OWED, "", span_of(data, size), &w))
        return 0;
    record = writer_span(&w);
    writer_init(&w, opened, sizeof(opened));
    assert(vault_open(v, VAULT_OWED, "", record, &w));
    assert(span_is_equal(writer_span(&w), span_of(data, size)));
    return 0;
}
