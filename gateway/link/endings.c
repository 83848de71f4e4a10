#include "gateway/link/endings.h"

#include <string.h>

static struct link_ending *find(struct link_endings *e, const char *reason)
{
    for (unsigned i = 0; i < e->count; i++)
        if (strcmp(e->rows[i].reason, reason) == 0)
            return &e->rows[i];
    if (e->count == LINK_ENDINGS_MAX)
        return &e->rows[LINK_ENDINGS_MAX - 1];
    e->rows[e->count].reason = e->count == LINK_ENDINGS_MAX - 1 ? "other" : reason;
    return &e->rows[e->count++];
}

void link_endings_note(struct link_endings *e, bool is_partner, const char *reason)
{
    struct link_ending *row = find(e, reason);

    row->partner += is_partner;
    row->smsc += !is_partner;
}
