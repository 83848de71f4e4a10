/* Any octets as a session record: refused, or equal to what encoding gives back. */
#include "sessions/session.h"
#include "sessions/store.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s;
    struct writer w;

    if (!session_decode(&s, span_of(data, size)))
        return 0;
    writer_init(&w, octets, sizeof(octets));
    session_encode(&s, &w);
    assert(!w.failed && writer_size(&w) == size && memcmp(octets, data, size) == 0);
    return 0;
}
