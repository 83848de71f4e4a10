#include "tests/smsc/tell.h"

#include "base/span.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

enum { STATUS_REFUSED = 1, STATUS_NOBODY = 3, TIMEOUT_S = 10 };

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct timeval timeout = {.tv_sec = TIMEOUT_S};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    if (fd < 0)
        return -1;
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout));
    if (text_copy(address.sun_path, sizeof(address.sun_path), path) &&
        connect(fd, (struct sockaddr *)&address, sizeof(address)) == 0)
        return fd;
    close(fd);
    return -1;
}

int tell_run(const char *path, const char *command)
{
    int fd = connect_to(path);
    FILE *peer = fd >= 0 ? fdopen(fd, "r+") : NULL;
    char reply[2048] = "";

    if (peer == NULL) {
        fprintf(stderr, "warung-smsc: %s: %s\n", path, strerror(errno));
        return STATUS_NOBODY;
    }
    fprintf(peer, "%s\n", command);
    fflush(peer);
    if (fgets(reply, sizeof(reply), peer) == NULL)
        snprintf(reply, sizeof(reply), "error: no reply\n");
    fclose(peer);
    fputs(reply, stdout);
    return strncmp(reply, "error:", 6) == 0 ? STATUS_REFUSED : 0;
}
