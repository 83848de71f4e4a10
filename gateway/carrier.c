#include "gateway/carrier.h"

#include <string.h>

static bool has_code(const struct config_strings *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (strcmp(codes->items[i], code) == 0)
            return true;
    return codes->count == 0;
}

int carrier_rank(const struct config_strings *codes, const struct config_strings *prefixes,
                 const char *code, const char *msisdn)
{
    int rank = prefixes->count == 0 ? 0 : CARRIER_NONE;

    if (!has_code(codes, code))
        return CARRIER_NONE;
    for (size_t i = 0; i < prefixes->count; i++) {
        size_t size = strlen(prefixes->items[i]);

        if ((int)size > rank && strncmp(prefixes->items[i], msisdn, size) == 0)
            rank = (int)size;
    }
    return rank;
}

void carrier_note(struct carrier_best *best, int rank)
{
    if (rank > best->rank)
        *best = (struct carrier_best){rank, 0};
    best->count += rank == best->rank && rank != CARRIER_NONE;
}
