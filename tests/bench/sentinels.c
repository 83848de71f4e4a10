/*
 * A master, two replicas and three sentinels for bench.sh, until standard input ends.
 *
 *   sentinels always|everysec|no
 *
 * Prints the sentinels as warung.cfg's redis.servers has them. The master's name is "warung".
 */
#include "tests/support/redis_group.h"

#include <stdio.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    struct store_redis_settings settings;
    struct redis_group *group;
    char octet;

    if (argc != 2)
        return 2;
    store_redis_settings_init(&settings);
    group = redis_group_start_sentinels(argv[1], 5000);
    redis_group_settings(group, &settings);
    for (unsigned i = 0; i < settings.server_count; i++)
        printf("%s\"%s\"", i != 0 ? ", " : "", settings.servers[i]);
    printf("\n");
    fflush(stdout);
    while (read(STDIN_FILENO, &octet, 1) > 0)
        ;
    redis_group_stop(group);
    return 0;
}
