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

unsigned redis_library_version(struct span code)
{
    static const char line[] = "\nlocal LIBRARY_VERSION = ";
    const uint8_t *end = code.data + code.size, *at = NULL;
    unsigned version = 0;

    if (code.size != 0)
        at = memmem(code.data, code.size, line, sizeof(line) - 1);
    if (at == NULL)
        return 0;
    for (at += sizeof(line) - 1; at < end && *at >= '0' && *at <= '9' && version < 1000000; at++)
        version = version * 10 + (unsigned)(*at - '0');
    return version;
}
