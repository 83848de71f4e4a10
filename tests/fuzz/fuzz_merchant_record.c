/* Any octets as a subscriber's record or as the record of all trainings: refused, or something that
 * its own encoding gives back. */
#include "merchants/merchant.h"
#include "sessions/store.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void try_subscriber(struct span record)
{
    static struct subscriber first, second;
    static uint8_t octets[STORE_MERCHANT_BYTES_MAX];
    struct writer w;

    if (!subscriber_decode(&first, record))
        return;
    writer_init(&w, octets, sizeof(octets));
    subscriber_encode(&first, &w);
    assert(!w.failed && subscriber_decode(&second, writer_span(&w)));
    /* Beyond merchant_count stands what stood there before: subscriber_init() leaves it. */
    assert(first.merchant_count == second.merchant_count &&
           memcmp(&first, &second, offsetof(struct subscriber, merchants)) == 0 &&
           memcmp(first.merchants, second.merchants,
                  first.merchant_count * sizeof(first.merchants[0])) == 0);
}

static void try_trainings(struct span record)
{
    static struct trainings first, second;
    static uint8_t octets[TRAININGS_BYTES_MAX];
    struct writer w;

    if (!trainings_decode(&first, record))
        return;
    writer_init(&w, octets, sizeof(octets));
    trainings_encode(&first, &w);
    assert(!w.failed && trainings_decode(&second, writer_span(&w)));
    assert(memcmp(&first, &second, sizeof(first)) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] % 2 == 0)
        try_subscriber(span_of(data + 1, size - 1));
    else
        try_trainings(span_of(data + 1, size - 1));
    return 0;
}
