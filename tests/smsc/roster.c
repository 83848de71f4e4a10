#include "tests/smsc/roster.h"

#include "base/mem.h"

#include <string.h>

enum { ROWS_FIRST = 4096 };

void roster_init(struct roster *r, uint64_t first, uint64_t size)
{
    memset(r, 0, sizeof(*r));
    r->first = first;
    r->size = size;
}

void roster_fini(struct roster *r)
{
    mem_free(r->rows);
    mem_free(r->slot_of);
}

static void grow(struct roster *r)
{
    size_t capacity = r->capacity != 0 ? r->capacity * 2 : ROWS_FIRST;

    r->rows = mem_realloc_array(r->rows, capacity, sizeof(*r->rows));
    r->slot_of = mem_realloc_array(r->slot_of, capacity, sizeof(*r->slot_of));
    memset(r->rows + r->capacity, 0, (capacity - r->capacity) * sizeof(*r->rows));
    memset(r->slot_of + r->capacity, 0, (capacity - r->capacity) * sizeof(*r->slot_of));
    r->capacity = capacity;
}

uint32_t roster_next(struct roster *r)
{
    uint32_t phone = (uint32_t)(r->next++ % r->size);

    while (phone >= r->capacity)
        grow(r);
    if (phone >= r->count)
        r->count = phone + 1;
    return phone;
}

void roster_write(const struct roster *r, uint32_t phone, char *digits)
{
    char reversed[ROSTER_DIGITS_BYTES];
    uint64_t n = r->first + phone;
    unsigned size = 0;

    do
        reversed[size++] = (char)('0' + n % 10);
    while ((n /= 10) != 0);
    for (unsigned i = 0; i < size; i++)
        digits[i] = reversed[size - 1 - i];
    digits[size] = '\0';
}

bool roster_find(const struct roster *r, struct span digits, uint32_t *phone)
{
    uint64_t n = 0;

    for (size_t i = 0; i < digits.size; i++)
        n = n * 10 + (uint64_t)(digits.data[i] - '0');
    if (n < r->first || n - r->first >= r->count)
        return false;
    *phone = (uint32_t)(n - r->first);
    return true;
}
