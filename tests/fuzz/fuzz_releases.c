/* Any octets as the list of menu versions: refused, or equal to what encoding gives back; decisions
 * on it leave a list that can be stored and read. */
#include "gateway/releases.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static uint8_t octets[RELEASES_BYTES_MAX];

static struct span encode(const struct releases *r)
{
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    releases_encode(r, &w);
    assert(!w.failed);
    return writer_span(&w);
}

static void decide(struct releases *r, const uint8_t id[MENU_ID_BYTES])
{
    static const char numbers[][RELEASES_MSISDN_BYTES] = {"6281200000001"};
    char menu[MENU_NAME_BYTES];

    text_copy(menu, sizeof(menu), r->count > 0 ? r->list[r->count - 1].menu : "m");
    releases_offer(r, "gw1", menu, id, 1);
    assert(releases_in_force(r, menu) != NULL);
    releases_withdraw(r, menu, "admin", 2);
    if (releases_last_good(r, menu) != NULL)
        releases_put_in_force(r, menu, releases_last_good(r, menu)->id, RELEASE_TAKEN_BACK, "admin",
                              3);
    if (memcmp(releases_in_force(r, menu)->id, id, MENU_ID_BYTES) != 0)
        releases_try(r, menu, id, 5, numbers, 1, "admin", 4);
    releases_refresh(r, menu, 5);
    releases_expire(r, (int64_t)RELEASES_KEEP_S * 1000);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct releases r, again;
    uint8_t id[MENU_ID_BYTES] = {0};

    if (!releases_decode(&r, span_of(data, size)))
        return 0;
    assert(size == 0 || span_is_equal(encode(&r), span_of(data, size)));
    memcpy(id, data, size < sizeof(id) ? size : sizeof(id));
    for (unsigned i = 0; i < r.count; i++)
        release_is_for(&r.list[i], "6281200000001");
    decide(&r, id);
    assert(releases_decode(&again, encode(&r)));
    releases_fini(&again);
    releases_fini(&r);
    return 0;
}
