/*
 * A configuration file of any octets: it loads, or every fault has a text and a place in it;
 * nothing is read that it should not (an @include of a device or folder is refused).
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "gateway/config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void on_fault(void *arg, const char *file, unsigned line, unsigned column, const char *text)
{
    unsigned *faults = arg;

    (void)line;
    (void)column;
    assert(file[0] != '\0' && text[0] != '\0');
    assert(strlen(text) < 1024);
    (*faults)++;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    int fd = memfd_create("warung.cfg", MFD_CLOEXEC);
    unsigned faults = 0;
    struct config *config;
    char path[64];

    assert(fd >= 0);
    assert(write(fd, data, size) == (ssize_t)size);
    snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    config = config_load(path, on_fault, &faults);
    assert((config == NULL) == (faults > 0));
    if (config != NULL) {
        assert(config->smsc_count + config->partners.account_count > 0);
        assert(config->menu_count > 0 && config->redis.servers.count > 0);
    }
    config_free(config);
    close(fd);
    return 0;
}
