/* Any octets as a menu's state: refused, or a state whose encoding gives the same state back. */
#include "menus/state.h"

#include <assert.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t octets[MENU_STATE_BYTES_MAX], octets_again[MENU_STATE_BYTES_MAX];
    struct menu_state state, again;
    struct writer w, w_again;

    if (!menu_state_decode(&state, span_of(data, size)))
        return 0;
    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&state, &w);
    assert(!w.failed);
    assert(menu_state_decode(&again, writer_span(&w)));
    writer_init(&w_again, octets_again, sizeof(octets_again));
    menu_state_encode(&again, &w_again);
    assert(span_is_equal(writer_span(&w), writer_span(&w_again)));
    return 0;
}
