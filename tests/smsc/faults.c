#include "tests/smsc/faults.h"

#include <stdlib.h>
#include <string.h>

static const char *const names[FAULT_COUNT] = {
    [FAULT_THROTTLE] = "throttle",
    [FAULT_QUEUE_FULL] = "queue-full",
    [FAULT_SYSERR] = "syserr",
    [FAULT_SWALLOW] = "swallow",
    [FAULT_MUTE] = "mute",
    [FAULT_LATE] = "late",
    [FAULT_SHUFFLE] = "shuffle",
    [FAULT_DROP_BEFORE] = "drop-before",
    [FAULT_DROP_AFTER] = "drop-after",
    [FAULT_DROP_SENT] = "drop-sent",
    [FAULT_LOSE_RESP] = "lose-response",
    [FAULT_REPEAT] = "repeat",
};

void faults_init(struct faults *f, uint64_t seed)
{
    memset(f, 0, sizeof(*f));
    f->random.state = seed;
}

const char *fault_name(enum fault fault)
{
    return names[fault];
}

enum fault fault_find(const char *name, size_t name_bytes)
{
    for (int i = 0; i < FAULT_COUNT; i++)
        if (strlen(names[i]) == name_bytes && memcmp(names[i], name, name_bytes) == 0)
            return (enum fault)i;
    return FAULT_COUNT;
}

bool faults_set(struct faults *f, enum fault fault, double percent)
{
    if (!(percent >= 0 && percent <= 100))
        return false;
    f->threshold[fault] = percent >= 100 ? UINT32_MAX : (uint32_t)(percent / 100 * 4294967296.0);
    f->is_any = false;
    for (int i = 0; i < FAULT_COUNT; i++)
        f->is_any |= f->threshold[i] != 0;
    return true;
}

bool faults_parse(struct faults *f, const char *list, const char **bad)
{
    while (*list != '\0') {
        const char *equals = strchr(list, '=');
        enum fault fault = equals != NULL ? fault_find(list, (size_t)(equals - list)) : FAULT_COUNT;
        char *end;
        double percent;

        *bad = list;
        if (fault == FAULT_COUNT)
            return false;
        percent = strtod(equals + 1, &end);
        if (end == equals + 1 || (*end != '\0' && *end != ',') || !faults_set(f, fault, percent))
            return false;
        list = *end == ',' ? end + 1 : end;
    }
    return true;
}

bool faults_strikes(struct faults *f, enum fault fault)
{
    if (f->threshold[fault] == 0 || (uint32_t)random_next(&f->random) > f->threshold[fault])
        return false;
    f->struck[fault]++;
    return true;
}
