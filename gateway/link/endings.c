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

/* Of those that alerts ask for: Prometheus counts only what a series that it knows grows by, and
 * what begins with its first appearance is lost to it. */
void link_endings_init(struct link_endings *e)
{
    static const char *const watched[] = {"malformed",       "bad_length",   "pdu_timeout",
                                          "ESME_RINVBNDSTS", "ESME_RALYBND", "ESME_RBINDFAIL"};

    memset(e, 0, sizeof(*e));
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        find(e, watched[i]);
}

void link_endings_note(struct link_endings *e, bool is_partner, const char *reason)
{
    struct link_ending *row = find(e, reason);

    row->partner += is_partner;
    row->smsc += !is_partner;
}
