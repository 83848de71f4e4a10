/* Any octets as a menu's state: refused, or equal to what encoding gives back. */
#include "menus/state.h"

#include <assert.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    uint8_t octets[MENU_STATE_BYTES_MAX];
    struct menu_state state, again;
    struct writer w;

    if (!menu_state_decode(&state, span_of(data, size)))
        return 0;
    writer_init(&w, octets, sizeof(octets));
    menu_state_encode(&state, &w);
    assert(!w.failed);
    assert(menu_state_decode(&again, writer_span(&w)));
    assert(memcmp(&state, &again, sizeof(state)) == 0);
    return 0;
}
