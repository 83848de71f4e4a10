#include "sessions/redis_library.h"

#include <string.h>

/* The Makefile names functions.lua as a dependency of this object. */
__asm__(".pushsection .rodata\n"
        ".global redis_library_start\n"
        ".global redis_library_end\n"
        "redis_library_start:\n"
        ".incbin \"sessions/functions.lua\"\n"
        "redis_library_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern const uint8_t redis_library_start[];
extern const uint8_t redis_library_end[];

struct span redis_library_code(void)
{
    return span_of(redis_library_start, (size_t)(redis_library_end - redis_library_start));
}

/* The number behind the line's first words; 0 = there is no such line. */
static unsigned number_on(struct span code, const char *line)
{
    const uint8_t *end = code.data + code.size, *at = NULL;
    unsigned number = 0;

    if (code.size != 0)
        at = memmem(code.data, code.size, line, strlen(line));
    if (at == NULL)
        return 0;
    for (at += strlen(line); at < end && *at >= '0' && *at <= '9' && number < 1000000; at++)
        number = number * 10 + (unsigned)(*at - '0');
    return number;
}

unsigned redis_library_version(struct span code)
{
    return number_on(code, "\nlocal LIBRARY_VERSION = ");
}

bool redis_library_serves(struct span code, unsigned version)
{
    unsigned from = number_on(code, "\nlocal SERVES_FROM = ");

    return redis_library_version(code) == version ||
           (from != 0 && from <= version && version < redis_library_version(code));
}
