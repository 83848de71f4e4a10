#include "gateway/link/read_marks.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { CAPACITY_FIRST = 256, NUMBER_MAX = 0x7FFFFFFF }; /* SMPP 3.4 section 3.2 */

static const uint32_t ANSWERED = UINT32_C(0x80000000); /* no number has this bit */

void read_marks_init(struct read_marks *m)
{
    memset(m, 0, sizeof(*m));
}

void read_marks_fini(struct read_marks *m)
{
    mem_free(m->numbers);
    memset(m, 0, sizeof(*m));
}

void read_marks_restart(struct read_marks *m)
{
    m->begin = m->newest;
}

static uint32_t *slot_of(const struct read_marks *m, uint64_t mark)
{
    return &m->numbers[mark & (m->capacity - 1)];
}

static uint64_t oldest_kept(const struct read_marks *m)
{
    return m->newest - m->begin > m->capacity ? m->newest - m->capacity + 1 : m->begin + 1;
}

static void grow(struct read_marks *m)
{
    struct read_marks old = *m;

    m->begin = oldest_kept(&old) - 1;
    m->capacity = old.capacity != 0 ? old.capacity * 2 : CAPACITY_FIRST;
    m->numbers = mem_realloc_array(NULL, m->capacity, sizeof(*m->numbers));
    for (uint64_t mark = m->begin + 1; mark <= m->newest; mark++)
        *slot_of(m, mark) = *slot_of(&old, mark);
    mem_free(old.numbers);
}

/* The next mark's slot is still wanted. */
static bool is_full(const struct read_marks *m)
{
    uint64_t first = m->answered > m->begin ? m->answered : m->begin;

    return m->newest - first >= m->capacity;
}

uint64_t read_marks_add(struct read_marks *m, uint32_t number)
{
    assert(number >= 1 && number <= NUMBER_MAX);
    if (is_full(m) && m->capacity < READ_MARKS_MAX)
        grow(m);
    m->newest++;
    *slot_of(m, m->newest) = number;
    return m->newest;
}

/* How many numbers before the newest mark's. */
static uint32_t age_of(const struct read_marks *m, uint32_t number)
{
    uint32_t newest = *slot_of(m, m->newest) & ~ANSWERED;

    return newest >= number ? newest - number : newest + NUMBER_MAX - number;
}

/* The oldest mark whose number is not older than this one. */
static uint64_t find(const struct read_marks *m, uint32_t number)
{
    uint64_t low = oldest_kept(m), high = m->newest;
    uint32_t age = age_of(m, number);

    while (low < high) {
        uint64_t middle = low + (high - low) / 2;

        if (age_of(m, *slot_of(m, middle) & ~ANSWERED) > age)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

bool read_marks_answer(struct read_marks *m, uint32_t number)
{
    uint64_t mark;

    if (m->newest == m->begin || number < 1 || number > NUMBER_MAX)
        return false;
    mark = find(m, number);
    if (*slot_of(m, mark) != number)
        return false;
    *slot_of(m, mark) |= ANSWERED;
    if (mark > m->answered)
        m->answered = mark;
    return true;
}

bool read_marks_has(const struct read_marks *m, uint64_t mark)
{
    return mark != 0 && mark <= m->answered;
}
