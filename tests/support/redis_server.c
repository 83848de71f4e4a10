#include "tests/support/redis_server.h"

#include "base/mem.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <hiredis/hiredis.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum { ARGUMENTS_MAX = 64, START_TRIES = 500, TRY_US = 20000, ASK_TIMEOUT_S = 1 };

struct redis_server {
    char folder[64];
    char socket[96];
    char name[112];
    char tcp_name[32];
    char port[8];
    char *arguments[ARGUMENTS_MAX];
    unsigned argument_count;
    char *preload;
    char notes[96];
    uint64_t file_bytes_max;
    pid_t pid; /* 0 = not running */
    redisContext *context;
};

static void fail(const struct redis_server *s, const char *what)
{
    fprintf(stderr, "redis_server: %s (%s; log in %s/log)\n", what, strerror(errno), s->folder);
    abort();
}

static void add(struct redis_server *s, const char *argument)
{
    if (s->argument_count == ARGUMENTS_MAX - 1)
        fail(s, "too many arguments");
    s->arguments[s->argument_count++] = mem_strdup(argument);
}

static void add_two(struct redis_server *s, const char *name, const char *value)
{
    add(s, name);
    add(s, value);
}

static void write_config(struct redis_server *s, const char *text)
{
    char path[96];
    FILE *file;

    snprintf(path, sizeof(path), "%s/redis.conf", s->folder);
    file = fopen(path, "w");
    if (file == NULL || fputs(text, file) == EOF || fclose(file) != 0)
        fail(s, "cannot write its configuration");
    add(s, path);
}

static void add_arguments(struct redis_server *s, const struct redis_server_options *o)
{
    add(s, "redis-server");
    if (o->sentinel_config != NULL) {
        write_config(s, o->sentinel_config);
        add(s, "--sentinel");
    }
    add_two(s, "--port", s->port);
    add_two(s, "--bind", "127.0.0.1");
    add_two(s, "--unixsocket", s->socket);
    add_two(s, "--dir", s->folder);
    add_two(s, "--logfile", "log");
    if (o->sentinel_config == NULL) {
        add_two(s, "--save", "");
        add_two(s, "--appendonly", o->appendfsync != NULL ? "yes" : "no");
        add_two(s, "--appendfsync", o->appendfsync != NULL ? o->appendfsync : "no");
    }
    for (unsigned i = 0; o->arguments != NULL && o->arguments[i] != NULL; i++)
        add(s, o->arguments[i]);
}

static void set_file_limit(pid_t pid, uint64_t bytes)
{
    struct rlimit limit = {.rlim_cur = bytes != 0 ? bytes : RLIM_INFINITY,
                           .rlim_max = RLIM_INFINITY};

    prlimit(pid, RLIMIT_FSIZE, &limit, NULL);
}

static void prepare_child(const struct redis_server *s)
{
    if (s->preload != NULL) {
        setenv("LD_PRELOAD", s->preload, 1);
        setenv("SYNCED_NOTES", s->notes, 1);
    }
    signal(SIGXFSZ, SIG_IGN); /* a full disk is an error of write(), not the end */
    set_file_limit(0, s->file_bytes_max);
}

void redis_server_launch(struct redis_server *s)
{
    pid_t parent = getpid();

    s->pid = fork();
    if (s->pid < 0)
        fail(s, "cannot fork");
    if (s->pid != 0)
        return;
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
    prepare_child(s);
    execvp(s->arguments[0], s->arguments);
    _exit(127);
}

static bool is_answering(struct redis_server *s)
{
    redisReply *reply = redis_server_ask(s, "PING");
    /* One that asks for a password answers too. */
    bool is_there = reply != NULL && strncmp(reply->str, "LOADING", 7) != 0;

    if (reply != NULL)
        freeReplyObject(reply);
    return is_there;
}

static void await(struct redis_server *s)
{
    for (unsigned i = 0; i < START_TRIES; i++) {
        if (is_answering(s))
            return;
        if (waitpid(s->pid, NULL, WNOHANG) == s->pid)
            fail(s, "it ended at once");
        usleep(TRY_US);
    }
    fail(s, "it does not answer");
}

struct redis_server *redis_server_start(const struct redis_server_options *options)
{
    static const struct redis_server_options usual = {.appendfsync = "everysec"};
    const struct redis_server_options *o = options != NULL ? options : &usual;
    struct redis_server *s = mem_zalloc(sizeof(*s));

    strcpy(s->folder, "/tmp/warung-redis-XXXXXX");
    if (mkdtemp(s->folder) == NULL)
        fail(s, "cannot make its folder");
    snprintf(s->socket, sizeof(s->socket), "%s/socket", s->folder);
    snprintf(s->name, sizeof(s->name), "unix:%s", s->socket);
    snprintf(s->port, sizeof(s->port), "%u", o->port);
    snprintf(s->tcp_name, sizeof(s->tcp_name), "127.0.0.1:%u", o->port);
    snprintf(s->notes, sizeof(s->notes), "%s/synced", s->folder);
    s->preload = o->preload != NULL ? mem_strdup(o->preload) : NULL;
    s->file_bytes_max = o->file_bytes_max;
    add_arguments(s, o);
    redis_server_launch(s);
    await(s);
    return s;
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
    (void)st;
    (void)type;
    (void)ftw;
    return remove(path);
}

static void forget_connection(struct redis_server *s)
{
    if (s->context != NULL)
        redisFree(s->context);
    s->context = NULL;
}

void redis_server_forked(struct redis_server *s)
{
    forget_connection(s);
}

void redis_server_kill(struct redis_server *s)
{
    forget_connection(s);
    if (s->pid == 0)
        return;
    kill(s->pid, SIGKILL);
    waitpid(s->pid, NULL, 0);
    s->pid = 0;
}

void redis_server_stop(struct redis_server *s)
{
    if (s == NULL)
        return;
    redis_server_kill(s);
    nftw(s->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    for (unsigned i = 0; i < s->argument_count; i++)
        mem_free(s->arguments[i]);
    mem_free(s->preload);
    mem_free(s);
}

void redis_server_restart(struct redis_server *s)
{
    redis_server_launch(s);
    await(s);
}

void redis_server_pause(struct redis_server *s)
{
    kill(s->pid, SIGSTOP);
}

void redis_server_resume(struct redis_server *s)
{
    kill(s->pid, SIGCONT);
}

void redis_server_set_file_limit(struct redis_server *s, uint64_t bytes)
{
    s->file_bytes_max = bytes;
    set_file_limit(s->pid, bytes);
}

/* How much of a file was synced last; 0 = never. */
static uint64_t synced_size(const struct redis_server *s, uint64_t inode)
{
    struct {
        uint64_t inode, size;
    } note;
    FILE *notes = fopen(s->notes, "r");
    uint64_t size = 0;

    while (notes != NULL && fread(&note, sizeof(note), 1, notes) == 1) {
        if (note.inode == inode)
            size = note.size;
    }
    if (notes != NULL)
        fclose(notes);
    return size;
}

void redis_server_lose_power(struct redis_server *s, double chance)
{
    char folder[112], path[512];
    struct dirent *entry;
    DIR *dir;

    snprintf(folder, sizeof(folder), "%s/appendonlydir", s->folder);
    dir = opendir(folder);
    while (dir != NULL && (entry = readdir(dir)) != NULL) {
        struct stat st;
        uint64_t synced;

        snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
        if (strstr(entry->d_name, ".incr.aof") == NULL || stat(path, &st) != 0)
            continue;
        synced = synced_size(s, st.st_ino);
        if (truncate(path, (off_t)(synced + (uint64_t)(chance * (double)((uint64_t)st.st_size -
                                                                         synced)))) != 0)
            fail(s, "cannot cut a file");
    }
    if (dir != NULL)
        closedir(dir);
}

void redis_server_forget(struct redis_server *s)
{
    char path[112];

    snprintf(path, sizeof(path), "%s/appendonlydir", s->folder);
    nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    snprintf(path, sizeof(path), "%s/dump.rdb", s->folder);
    (void)unlink(path);
}

const char *redis_server_name(const struct redis_server *s)
{
    return s->name;
}

const char *redis_server_tcp_name(const struct redis_server *s)
{
    return s->tcp_name;
}

pid_t redis_server_pid(const struct redis_server *s)
{
    return s->pid;
}

static redisReply *ask(struct redis_server *s, const char *format, va_list arguments)
{
    struct timeval timeout = {.tv_sec = ASK_TIMEOUT_S};
    redisReply *reply;

    if (s->context == NULL) {
        s->context = redisConnectUnixWithTimeout(s->socket, timeout);
        if (s->context == NULL || s->context->err != 0) {
            forget_connection(s);
            return NULL;
        }
        redisSetTimeout(s->context, timeout);
    }
    reply = redisvCommand(s->context, format, arguments);
    if (reply == NULL)
        forget_connection(s);
    return reply;
}

redisReply *redis_server_ask(struct redis_server *s, const char *format, ...)
{
    va_list arguments;
    redisReply *reply;

    va_start(arguments, format);
    reply = ask(s, format, arguments);
    va_end(arguments);
    return reply;
}

long long redis_server_ask_number(struct redis_server *s, const char *format, ...)
{
    va_list arguments;
    redisReply *reply;
    long long number;

    va_start(arguments, format);
    reply = ask(s, format, arguments);
    va_end(arguments);
    number = reply != NULL && reply->type == REDIS_REPLY_INTEGER ? reply->integer : -1;
    if (reply != NULL)
        freeReplyObject(reply);
    return number;
}

uint16_t redis_server_free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    if (fd < 0 || bind(fd, (struct sockaddr *)&address, size) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &size) != 0)
        abort();
    close(fd);
    return ntohs(address.sin_port);
}
