/* Any octets as a session record: refused, or equal to what encoding gives back; the same for the
 * parts of long SMS in it, which then take another one. */
#include "sessions/session.h"
#include "sessions/store.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_parts(struct span octets)
{
    static struct parts parts;
    uint8_t again[PARTS_BYTES_MAX];
    char whole[PARTS_TEXT_BYTES];
    struct part part = {.message = 1, .fingerprint = 2, .number = 1, .total = 2};
    struct writer w;

    if (!parts_decode(&parts, octets))
        return;
    writer_init(&w, again, sizeof(again));
    parts_encode(&parts, &w);
    assert(!w.failed && span_is_equal(writer_span(&w), octets));
    if (parts.count != 0)
        part.message = parts.items[0].message;
    parts_take(&parts, &part, "text", 1, whole);
    writer_init(&w, again, sizeof(again));
    parts_encode(&parts, &w);
    assert(!w.failed && parts_decode(&parts, writer_span(&w)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t octets[STORE_SESSION_BYTES_MAX];
    struct session s;
    struct writer w;

    if (!session_decode(&s, span_of(data, size)))
        return 0;
    writer_init(&w, octets, sizeof(octets));
    session_encode(&s, &w);
    assert(!w.failed);
    if (data[0] == octets[0]) /* else of the format before */
        assert(span_is_equal(writer_span(&w), span_of(data, size)));
    else
        assert(session_decode(&s, writer_span(&w)));
    try_parts(span_of(s.parts, s.parts_size));
    return 0;
}
