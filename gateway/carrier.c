#include "gateway/carrier.h"

#include <string.h>

#include "base/span.h"

static bool has_code(const struct config_strings *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (strcmp(codes->items[i], code) == 0)
            return true;
    return codes->count == 0;
}

bool carrier_serves(const char *service, const char *code)
{
    size_t stem = strlen(service);

    if (strcmp(service, code) == 0)
        return true;
    if (stem < 2 || service[0] != '*' || service[stem - 1] != '#')
        return false;
    return strncmp(service, code, stem - 1) == 0 && code[stem - 1] == '*';
}

/* The digits of "*384#"; what has other marks between its digits is another code. */
static struct span bare(const char *code)
{
    size_t from = strspn(code, "*#"), size = strcspn(code + from, "*#");

    return code[from + size] == '\0' || strcmp(code + from + size, "#") == 0
               ? span_of(code + from, size)
               : span_of_string(code);
}

bool carrier_takes(const struct config_strings *codes, const char *code)
{
    for (size_t i = 0; i < codes->count; i++)
        if (carrier_serves(codes->items[i], code) ||
            span_is_equal(bare(codes->items[i]), bare(code)))
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
