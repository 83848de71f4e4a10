/* gateway/admin/http on a real socket: routes, roles, limits, and what is refused. */
#include <pwd.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/mem.h"
#include "gateway/admin/http.h"
#include "gateway/loop.h"
#include "tests/support/files.h"

enum { BIG_BYTES = 16 * 1024 * 1024 };

struct fixture {
    struct loop *loop;
    struct http_server *server;
    struct auth *auth;
    char folder[FILES_FOLDER_BYTES];
    char path[96];
    char token[AUTH_TOKEN_BYTES], viewer_token[AUTH_TOKEN_BYTES];
    char reply[16384];
};

static bool has_asked_directory;

/* In the place of the C library's, which asks whatever nsswitch.conf names, and waits. */
struct passwd *getpwuid(uid_t uid)
{
    (void)uid;
    has_asked_directory = true;
    return NULL;
}

static void on_hello(void *ctx, struct http_call *call)
{
    (void)ctx;
    http_reply_text(call, 200, "text/plain", "hello\n");
}

static void on_echo(void *ctx, struct http_call *call)
{
    struct span body = http_call_body(call);
    char text[128];

    (void)ctx;
    snprintf(text, sizeof(text), "%s:%.*s", http_call_user(call), (int)body.size, body.data);
    http_reply_text(call, 200, "text/plain", text);
}

/* More than sockets hold. */
static void on_big(void *ctx, struct http_call *call)
{
    char *text = mem_zalloc(BIG_BYTES + 1);

    (void)ctx;
    memset(text, 'x', BIG_BYTES);
    http_reply_text(call, 200, "text/plain", text);
    mem_free(text);
}

static void on_wrong(void *ctx, struct http_call *call)
{
    char text[1024];

    (void)ctx;
    memset(text, '"', sizeof(text));
    memcpy(text, "a\nb\\c", 5);
    text[sizeof(text) - 1] = '\0';
    http_reply_error(call, 400, text);
}

static const struct http_route routes[] = {
    {"GET", "/hello", AUTH_NOBODY, on_hello},
    {"GET", "/big", AUTH_NOBODY, on_big},
    {"GET", "/wrong", AUTH_NOBODY, on_wrong},
    {"POST", "/echo", AUTH_OFFICER, on_echo},
};

static int start(void **state)
{
    struct fixture *f = mem_zalloc(sizeof(*f));
    char hash[AUTH_HASH_BYTES], error[256];
    FILE *file;

    log_set_level(LOG_LEVEL_OFF);
    files_make_folder(f->folder, "http");
    snprintf(f->path, sizeof(f->path), "%s/users", f->folder);
    assert_true(auth_make_token(f->token, hash));
    file = fopen(f->path, "w");
    fprintf(file, "# who may\n\nsri officer %s\n", hash);
    assert_true(auth_make_token(f->viewer_token, hash));
    fprintf(file, "budi viewer %s\n", hash);
    fclose(file);
    f->auth = auth_load(f->path, error, sizeof(error));
    assert_non_null(f->auth);
    f->loop = loop_new();
    *state = f;
    return 0;
}

static void serve(struct fixture *f, bool with_auth, unsigned connections_max)
{
    struct http_settings settings = {.base = loop_base(f->loop),
                                     .timers = loop_timers(f->loop),
                                     .routes = routes,
                                     .route_count = sizeof(routes) / sizeof(routes[0]),
                                     .auth =
                                         with_auth ? (const struct auth *const *)&f->auth : NULL,
                                     .connections_max = connections_max};

    f->server = http_server_new(&settings);
}

static void serve_tcp(struct fixture *f, unsigned connections_max)
{
    char error[256];

    serve(f, true, connections_max);
    assert_true(http_server_listen(f->server, "127.0.0.1:0", error, sizeof(error)));
    assert_true(http_server_port(f->server) > 0);
}

static int stop(void **state)
{
    struct fixture *f = *state;
    int status;

    http_server_free(f->server);
    loop_free(f->loop);
    auth_free(f->auth);
    status = files_remove_folder(f->folder);
    mem_free(f);
    return status;
}

static int connect_tcp(const struct fixture *f)
{
    struct sockaddr_in a = {.sin_family = AF_INET,
                            .sin_port = htons((uint16_t)http_server_port(f->server)),
                            .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

    assert_true(connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 || errno == EINPROGRESS);
    return fd;
}

static void run_for(struct fixture *f, uint64_t ms)
{
    bool never = false;

    loop_run_until(f->loop, &never, ms);
}

static void send_all(int fd, const char *text)
{
    assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
}

/* Reads until `wanted` stands in the reply or the server closes; the status code, 0 = closed. */
static int expect(struct fixture *f, int fd, const char *wanted)
{
    size_t size = 0;
    uint64_t until = clock_monotonic_ms() + 3000;

    f->reply[0] = '\0';
    while (clock_monotonic_ms() < until) {
        ssize_t got = recv(fd, f->reply + size, sizeof(f->reply) - 1 - size, MSG_DONTWAIT);

        if (got == 0)
            return 0;
        if (got > 0)
            size += (size_t)got;
        f->reply[size] = '\0';
        if (strstr(f->reply, wanted) != NULL)
            return atoi(f->reply + 9);
        run_for(f, 5);
    }
    fail_msg("no \"%s\" in: %s", wanted, f->reply);
    return -1;
}

/* Until the server closes; what came is in the reply. */
static void expect_end(struct fixture *f, int fd)
{
    uint64_t until = clock_monotonic_ms() + 3000;
    size_t size = 0;
    ssize_t got = -1;

    while (got != 0 && clock_monotonic_ms() < until) {
        got = recv(fd, f->reply + size, sizeof(f->reply) - 1 - size, MSG_DONTWAIT);
        if (got > 0)
            size += (size_t)got;
        run_for(f, 5);
    }
    f->reply[size] = '\0';
    if (got != 0)
        fail_msg("not closed after: %s", f->reply);
}

static int ask(struct fixture *f, const char *request, const char *wanted)
{
    int fd = connect_tcp(f), status;

    run_for(f, 2);
    send_all(fd, request);
    status = expect(f, fd, wanted);
    close(fd);
    return status;
}

static void serves_by_path_and_method(void **state)
{
    static const char *const others[] = {"PUT", "DELETE", "OPTIONS", "TRACE", "PATCH", "BREW"};
    struct fixture *f = *state;

    serve_tcp(f, 9);
    assert_int_equal(ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n", "hello\n"), 200);
    assert_non_null(strstr(f->reply, "Cache-Control: no-store"));
    assert_non_null(strstr(f->reply, "X-Content-Type-Options: nosniff"));
    assert_int_equal(ask(f, "HEAD /hello HTTP/1.1\r\nHost: x\r\n\r\n", "\r\n\r\n"), 200);
    assert_null(strstr(f->reply, "hello\n"));
    assert_non_null(strstr(f->reply, "Content-Length: 6\r\n"));
    assert_int_equal(
        ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\nOrigin: http://y\r\n\r\n", "hello\n"), 200);
    assert_int_equal(ask(f, "GET /other HTTP/1.1\r\nHost: x\r\n\r\n", "no such page"), 404);
    assert_int_equal(ask(f, "GET /echo HTTP/1.1\r\nHost: x\r\n\r\n", "method"), 405);
    assert_non_null(strstr(f->reply, "Allow: POST"));
    assert_int_equal(
        ask(f, "POST /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", "method"), 405);
    assert_non_null(strstr(f->reply, "Allow: GET, HEAD\r\n"));
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
        char request[96];

        snprintf(request, sizeof(request), "%s /hello HTTP/1.1\r\nHost: x\r\n\r\n", others[i]);
        assert_int_equal(ask(f, request, "{\"error\":\"not with this method\"}"), 405);
        assert_non_null(strstr(f->reply, "Connection: close\r\n"));
    }
}

static void asks_for_a_token(void **state)
{
    struct fixture *f = *state;
    char request[512];

    serve_tcp(f, 8);
    assert_int_equal(
        ask(f, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi", "token"), 401);
    assert_non_null(strstr(f->reply, "WWW-Authenticate: Bearer"));
    snprintf(request, sizeof(request),
             "POST /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
             "Content-Length: 2\r\n\r\nhi",
             f->viewer_token);
    assert_int_equal(ask(f, request, "not allowed for this role"), 403);
    assert_null(strstr(f->reply, "WWW-Authenticate"));
    snprintf(request, sizeof(request),
             "POST /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\n"
             "Content-Length: 2\r\n\r\nhi",
             f->token);
    assert_int_equal(ask(f, request, "sri:hi"), 200);
    snprintf(request, sizeof(request),
             "POST /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer %s\r\nOrigin: http://y\r\n"
             "Content-Length: 2\r\n\r\nhi",
             f->token);
    assert_int_equal(ask(f, request, "browser"), 403);
    request[strlen("POST /echo HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ")] ^= 1;
    assert_int_equal(ask(f, request, "\r\n\r\n"), 403);
}

static void refuses_what_two_parsers_read_differently(void **state)
{
    static const struct {
        const char *headers, *fault;
    } codings[] = {
        /* By evhttp where it knows it, else by us. */
        {"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", "400 Bad"},
        {"Transfer-Encoding: chunked\r\nContent-Length: 0\r\n", "400 Bad"},
        {"Transfer-Encoding: gzip\r\n", "only chunked"},
    };
    struct fixture *f = *state;

    serve_tcp(f, 8);
    assert_int_equal(ask(f,
                         "GET /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n"
                         "Content-Length: 1\r\n\r\n",
                         "length"),
                     400);
    assert_int_equal(
        ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n", "blank"),
        400);
    for (size_t i = 0; i < sizeof(codings) / sizeof(codings[0]); i++) {
        char request[160];

        snprintf(request, sizeof(request), "POST /echo HTTP/1.1\r\nHost: x\r\n%s\r\n0\r\n\r\n",
                 codings[i].headers);
        assert_int_equal(ask(f, request, codings[i].fault), 400);
    }
    assert_int_equal(
        ask(f, "HEAD /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 00\r\n\r\n", "\r\n\r\n"), 200);
    assert_int_equal(ask(f, "GET /hello HTTP/1.0\r\n\r\n", "hello\n"), 200);
    assert_int_equal(ask(f, "GET /hello HTTP/1.1\r\n\r\n", "Host"), 400);
    assert_int_equal(ask(f, "GET /hello HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", "Host"), 400);
}

/* Behind a proxy that takes it for a body it would be an order of its own. */
static void takes_no_request_out_of_a_body(void **state)
{
    static const char *const heads[] = {
        "HEAD /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n",
        "HEAD /hello HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
        "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: +0\r\n\r\n",
        "BREW /hello HTTP/1.1\r\nHost: x\r\nContent-Length: 35\r\n\r\n",
    };
    struct fixture *f = *state;

    serve_tcp(f, 8);
    for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
        int fd = connect_tcp(f), status;
        char request[256];

        run_for(f, 2);
        snprintf(request, sizeof(request), "%s%s", heads[i],
                 "GET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n");
        send_all(fd, request);
        run_for(f, 20);
        send(fd, "\r\n", 2, MSG_NOSIGNAL); /* evhttp looks at what it has when more comes */
        expect_end(f, fd);
        status = atoi(f->reply + 9);
        assert_true(status == 400 || status == 405);
        assert_null(strstr(f->reply, "no such page"));
        close(fd);
    }
}

static void bounds_headers_and_bodies(void **state)
{
    struct fixture *f = *state;
    char *request = mem_zalloc(HTTP_BODY_BYTES_MAX);

    serve_tcp(f, 8);
    strcpy(request, "GET /hello HTTP/1.1\r\nHost: x\r\nX: ");
    memset(request + strlen(request), 'a', HTTP_HEADERS_BYTES_MAX);
    strcat(request, "\r\n\r\n");
    assert_int_equal(ask(f, request, "\r\n\r\n"), 400);
    assert_int_equal(ask(f,
                         "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\nabc",
                         "\r\n\r\n"),
                     413);
    mem_free(request);
}

static void holds_back_connections_over_the_limit(void **state)
{
    struct fixture *f = *state;
    int idle[2], late;

    serve_tcp(f, 2);
    idle[0] = connect_tcp(f);
    idle[1] = connect_tcp(f);
    run_for(f, 20);
    assert_int_equal(http_server_connections(f->server), 2);
    late = connect_tcp(f);
    run_for(f, 700);
    assert_true(http_server_connections(f->server) <= 2);
    close(idle[0]);
    send_all(late, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, late, "hello\n"), 200);
    close(late);
    close(idle[1]);
    run_for(f, 1200);
    assert_int_equal(http_server_connections(f->server), 0);
}

/* Who connects and says nothing, or asked once, keeps nobody out for long. */
static void idle_connections_make_room(void **state)
{
    struct fixture *f = *state;
    int idle[2], late;

    serve_tcp(f, 2);
    idle[0] = connect_tcp(f);
    idle[1] = connect_tcp(f);
    run_for(f, 20);
    send_all(idle[1], "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, idle[1], "hello\n"), 200);
    late = connect_tcp(f);
    send_all(late, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, late, "hello\n"), 200);
    close(late);
    close(idle[0]);
    close(idle[1]);
}

static void idle_connections_stay_where_there_is_room(void **state)
{
    struct fixture *f = *state;
    int idle;

    serve_tcp(f, 2);
    idle = connect_tcp(f);
    run_for(f, HTTP_CROWDED_MS + 600);
    send_all(idle, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, idle, "hello\n"), 200);
    close(idle);
}

/* Until the server closes, a whole /big is there, or none of it comes any more; what came. */
static size_t read_big(struct fixture *f, int fd)
{
    size_t size = 0;
    ssize_t got = -1;

    for (uint64_t until = clock_monotonic_ms() + 5000;
         got != 0 && size <= BIG_BYTES && clock_monotonic_ms() < until;) {
        got = recv(fd, f->reply, sizeof(f->reply), MSG_DONTWAIT);
        if (got > 0) {
            size += (size_t)got;
            until = clock_monotonic_ms() + 5000;
        } else {
            run_for(f, 1);
        }
    }
    return size;
}

/* Who reads slowly is not cut off for those who wait. */
static void a_reply_under_way_is_not_cut(void **state)
{
    struct fixture *f = *state;
    int slow, late;

    serve_tcp(f, 1);
    slow = connect_tcp(f);
    send_all(slow, "GET /big HTTP/1.1\r\nHost: x\r\n\r\n");
    for (unsigned i = 0; i < 300 && recv(slow, f->reply, 1, MSG_DONTWAIT | MSG_PEEK) < 0; i++)
        run_for(f, 10);
    late = connect_tcp(f);
    run_for(f, HTTP_CROWDED_MS + 600);
    assert_true(read_big(f, slow) > BIG_BYTES);
    close(slow);
    close(late);
}

/* Whatever it does: who always asks once more would stay for ever. */
static void a_connection_ends_by_its_age(void **state)
{
    struct fixture *f = *state;
    char octet;
    uint64_t accepted_ms;
    int fd;

    serve_tcp(f, 8);
    fd = connect_tcp(f);
    run_for(f, 20);
    send_all(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, fd, "hello\n"), 200);
    accepted_ms = clock_monotonic_ms();
    timer_queue_run(loop_timers(f->loop), accepted_ms + HTTP_CONNECTION_MS_MAX - 10000);
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), -1);
    timer_queue_run(loop_timers(f->loop), accepted_ms + HTTP_CONNECTION_MS_MAX);
    assert_int_equal(recv(fd, &octet, 1, MSG_DONTWAIT), 0);
    close(fd);
}

/* Where no descriptor is left, who connects waits for one, and the loop does not run hot. */
static void waits_for_a_descriptor(void **state)
{
    struct fixture *f = *state;
    struct rlimit was, few;
    clock_t before;
    int fd;

    serve_tcp(f, 8);
    fd = connect_tcp(f);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &was), 0);
    few = (struct rlimit){.rlim_cur = (rlim_t)fd + 1, .rlim_max = was.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
    before = clock();
    run_for(f, 400);
    assert_true(clock() - before < CLOCKS_PER_SEC / 10);
    assert_int_equal(http_server_connections(f->server), 0);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &was), 0);
    send_all(fd, "GET /hello HTTP/1.1\r\nHost: x\r\n\r\n");
    assert_int_equal(expect(f, fd, "hello\n"), 200);
    close(fd);
}

static void an_error_is_one_json_text(void **state)
{
    struct fixture *f = *state;
    const char *body;

    serve_tcp(f, 8);
    assert_int_equal(ask(f, "GET /wrong HTTP/1.1\r\nHost: x\r\n\r\n", "\"}\n"), 400);
    body = strstr(f->reply, "\r\n\r\n") + 4;
    assert_memory_equal(body, "{\"error\":\"a b\\\\c\\\"", 18);
    assert_true(strlen(body) > 400 && strlen(body) < 512);
}

/* The kernel notes who connects: anybody may say a name, and has his own. */
static void nobody_else_says_for_whom_it_is(struct fixture *f, const struct sockaddr_un *a)
{
    static const struct {
        uid_t uid;
        const char *expected;
    } rows[] = {{1, "unix:daemon:yo"}, {54321, "unix:54321:yo"}, {65534, "unix:sri?:yo"}};

    assert_int_equal(chmod(f->folder, 0711), 0);
    assert_int_equal(chmod(f->path, 0666), 0);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        int fd = socket(AF_UNIX, SOCK_STREAM, 0);

        assert_int_equal(seteuid(rows[i].uid), 0);
        assert_int_equal(connect(fd, (const struct sockaddr *)a, sizeof(*a)), 0);
        assert_int_equal(seteuid(0), 0);
        send_all(
            fd,
            "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User: sri\r\nContent-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, rows[i].expected), 200);
        close(fd);
    }
}

static void the_control_socket_is_guarded_by_its_mode(void **state)
{
    struct fixture *f = *state;
    struct sockaddr_un a = {.sun_family = AF_UNIX};
    char error[256] = "";
    struct http_server *other;
    struct stat st;
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);

    snprintf(f->path, sizeof(f->path), "%s/control", f->folder);
    strcpy(a.sun_path, f->path);
    assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    close(fd); /* a stale socket file */
    serve(f, false, 8);
    assert_true(http_server_listen_unix(f->server, f->path, error, sizeof(error)));
    assert_int_equal(stat(f->path, &st), 0);
    assert_int_equal(st.st_mode & 0777, 0660);

    fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
    send_all(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\nhi");
    assert_int_equal(expect(f, fd, getuid() == 0 ? "unix:root:hi" : ":hi"), 200);
    assert_false(has_asked_directory);
    if (getuid() == 0) { /* who may say for whom it is, by a name that is one */
        send_all(
            fd,
            "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User: sri\r\nContent-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, "unix:sri:yo"), 200);
        send_all(
            fd, "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User: ayu.lestari@kominfo-lampung.example"
                "\r\nContent-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, "unix:ayu.lestari@kominfo-lampung.example:yo"), 200);
        send_all(
            fd,
            "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User: s ri\r\nContent-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, "unix:root:yo"), 200);
        send_all(fd,
                 "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User:\r\nContent-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, "unix:root:yo"), 200);
        send_all(fd, "POST /echo HTTP/1.1\r\nHost: x\r\nWarung-User: s\x7Fri\r\n"
                     "Content-Length: 2\r\n\r\nyo");
        assert_int_equal(expect(f, fd, "unix:root:yo"), 200);
        nobody_else_says_for_whom_it_is(f, &a);
    }
    close(fd);

    /* Somebody answers there: a second one does not take it away. */
    other = f->server;
    serve(f, false, 8);
    assert_false(http_server_listen_unix(f->server, f->path, error, sizeof(error)));
    assert_non_null(strstr(error, f->path));
    http_server_free(f->server);
    assert_int_equal(stat(f->path, &st), 0);
    http_server_free(other);
    f->server = NULL;
    assert_int_equal(stat(f->path, &st), -1);
}

static void a_taken_port_is_named(void **state)
{
    struct fixture *f = *state;
    char error[256], address[32];
    struct http_server *other;

    serve_tcp(f, 8);
    snprintf(address, sizeof(address), "127.0.0.1:%u", http_server_port(f->server));
    other = f->server;
    serve(f, true, 8);
    assert_false(http_server_listen(f->server, address, error, sizeof(error)));
    assert_non_null(strstr(error, address));
    assert_false(http_server_listen(f->server, "here:8080", error, sizeof(error)));
    assert_string_equal(error, "cannot listen on here:8080: not an address");
    http_server_free(f->server);
    f->server = other;
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, start, stop)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(serves_by_path_and_method),
        TEST(asks_for_a_token),
        TEST(refuses_what_two_parsers_read_differently),
        TEST(takes_no_request_out_of_a_body),
        TEST(bounds_headers_and_bodies),
        TEST(holds_back_connections_over_the_limit),
        TEST(idle_connections_make_room),
        TEST(idle_connections_stay_where_there_is_room),
        TEST(a_reply_under_way_is_not_cut),
        TEST(a_connection_ends_by_its_age),
        TEST(waits_for_a_descriptor),
        TEST(an_error_is_one_json_text),
        TEST(the_control_socket_is_guarded_by_its_mode),
        TEST(a_taken_port_is_named),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
