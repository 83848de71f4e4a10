#include "gateway/link/read_marks.h"

#include "base/mem.h"

#include <assert.h>
#include <string.h>

enum { NUMBER_MAX = 0x7FFFFFFF }; /* SMPP 3.4 section 3.2 */

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
    return &m->numbers[mark % READ_MARKS_KEPT];
}

uint64_t read_marks_add(struct read_marks *m, uint32_t number)
{
    assert(number >= 1 && number <= NUMBER_MAX);
    if (m->numbers == NULL)
        m->numbers = mem_zalloc(READ_MARKS_KEPT * sizeof(*m->numbers));
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
    uint64_t low = m->begin + 1, high = m->newest;
    uint32_t age = age_of(m, number);

    if (high - m->begin > READ_MARKS_KEPT)
        low = high - READ_MARKS_KEPT + 1;
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
