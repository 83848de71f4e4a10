/* The small parts of the store, each alone: buckets, commands, addresses, keys, error replies. */
#include "base/mem.h"
#include "sessions/redis_address.h"
#include "sessions/redis_command.h"
#include "sessions/redis_decode.h"
#include "sessions/redis_encode.h"
#include "sessions/redis_library.h"
#include "sessions/redis_replicas.h"
#include "sessions/store.h"

#include <hiredis/hiredis.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

/* CRC-16/XMODEM's check value, and a slot that Redis's own documentation gives. */
static void test_crc16(void **state)
{
    (void)state;
    assert_int_equal(store_crc16("123456789", 9), 0x31c3);
    assert_int_equal(store_crc16("foo", 3) % REDIS_SLOTS, 12182);
    assert_int_equal(store_crc16("", 0), 0);
}

static void test_bucket_is_below_the_count(void **state)
{
    struct store s = {.buckets = 7};
    unsigned seen[7] = {0};
    char msisdn[16];

    (void)state;
    for (unsigned i = 0; i < 700; i++) {
        snprintf(msisdn, sizeof(msisdn), "62812%08u", i);
        assert_in_range(store_bucket(&s, msisdn), 0, 6);
        seen[store_bucket(&s, msisdn)]++;
    }
    for (unsigned i = 0; i < 7; i++)
        assert_in_range(seen[i], 50, 150);
}

static void test_plain_commits(void **state)
{
    struct store_commit c = {.msisdn = "1", .session = span_of_string("x")};

    (void)state;
    assert_true(store_commit_is_plain(&c));
    c.merchant_checked = true;
    assert_false(store_commit_is_plain(&c));
    c.merchant_checked = false;
    c.settled_count = 1;
    assert_false(store_commit_is_plain(&c));
    c.settled_count = 0;
    c.session = span_of(NULL, 0);
    assert_false(store_commit_is_plain(&c));
}

static void assert_text(struct span octets, const char *text)
{
    assert_int_equal(octets.size, strlen(text));
    assert_memory_equal(octets.data, text, octets.size);
}

static void test_command_is_resp(void **state)
{
    static const char expected[] = "*6\r\n$3\r\nSET\r\n$3\r\na\0b\r\n$0\r\n\r\n$3\r\n-12\r\n"
                                   "$20\r\n-9223372036854775808\r\n$7\r\nverdata\r\n";
    struct redis_command c;

    (void)state;
    redis_command_init(&c);
    redis_command_start(&c, "SET");
    redis_command_add(&c, span_of("a\0b", 3));
    redis_command_add(&c, span_of(NULL, 0));
    redis_command_add_number(&c, -12);
    redis_command_add_number(&c, INT64_MIN);
    redis_command_add_pair(&c, span_of_string("ver"), span_of_string("data"));
    assert_true(span_is_equal(redis_command_end(&c), span_of(expected, sizeof(expected) - 1)));
    redis_command_start(&c, "PING");
    assert_text(redis_command_end(&c), "*1\r\n$4\r\nPING\r\n");
    redis_command_fini(&c);
}

static void test_long_command(void **state)
{
    static char big[100000];
    struct redis_command c;
    struct span octets;

    (void)state;
    memset(big, 'x', sizeof(big));
    redis_command_init(&c);
    redis_command_start(&c, "X");
    for (unsigned i = 0; i < 1200; i++)
        redis_command_add_number(&c, 0);
    redis_command_add(&c, span_of(big, sizeof(big)));
    octets = redis_command_end(&c);
    assert_memory_equal(octets.data, "*1202\r\n$1\r\nX\r\n$1\r\n0\r\n", 21);
    assert_int_equal(octets.size, 7 + 7 + 1200 * 7 + 9 + sizeof(big) + 2);
    redis_command_fini(&c);
}

static void test_addresses(void **state)
{
    static const char *const good[] = {"unix:/run/redis.sock", "127.0.0.1:6379", "[::1]:1"};
    static const char *const bad[] = {"",
                                      "unix:",
                                      "redis:6379",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      "127.0.0.1:0",
                                      "127.0.0.1:65536",
                                      "127.0.0.1:+1",
                                      "127.0.0.1:1x",
                                      "::1:6379",
                                      "[::1]",
                                      "[]:1",
                                      ":6379",
                                      "300.0.0.1:1"};
    struct redis_address a, b;
    char text[REDIS_ADDRESS_BYTES], path[200] = "unix:/";

    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        assert_true(redis_address_parse(good[i], &a));
        assert_string_equal(redis_address_text(&a, text, sizeof(text)), good[i]);
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(redis_address_parse(bad[i], &a));
    memset(path + 6, 'x', 107);
    assert_false(redis_address_parse(path, &a)); /* sun_path would cut it */
    assert_true(redis_address_set(&a, "127.0.0.1", 6379));
    assert_true(redis_address_parse("127.0.0.1:6379", &b));
    assert_true(redis_address_is_equal(&a, &b));
    assert_false(redis_address_set(&a, "localhost", 6379));
}

/* All keys of a bucket share the tag, and the tag decides the slot. */
static void test_tags(void **state)
{
    struct redis_tag tag;

    (void)state;
    redis_tag_init(&tag, 7, 256);
    assert_string_equal(tag.text, "{b007}");
    assert_int_equal(tag.slot, store_crc16("b007", 4) % REDIS_SLOTS);
    redis_tag_init(&tag, 0, 1);
    assert_string_equal(tag.text, "{b000}");
    redis_tag_init(&tag, 12345, 16384);
    assert_string_equal(tag.text, "{b12345}");
    assert_int_equal(redis_shared_slot("menu"), store_crc16("w:menu", 6) % REDIS_SLOTS);
}

static void test_plain_commit_as_a_command(void **state)
{
    struct store_commit commit = {.msisdn = "62812",
                                  .session_version = 0x0102030405060708,
                                  .session = span_of_string("data"),
                                  .session_ttl_s = 60};
    struct redis_command c;
    struct redis_tag tag;

    (void)state;
    redis_command_init(&c);
    redis_tag_init(&tag, 7, 256);
    redis_encode_commit(&c, &tag, &commit, 0x0102030405060709);
    assert_text(redis_command_end(&c),
                "*7\r\n$5\r\nFCALL\r\n$8\r\nw_commit\r\n$1\r\n1\r\n$13\r\n{b007}s:62812\r\n"
                "$8\r\n\1\2\3\4\5\6\7\10\r\n$12\r\n\1\2\3\4\5\6\7\11data\r\n$2\r\n60\r\n");
    commit = (struct store_commit){
        .msisdn = "62813", .session = span_of_string("new"), .session_ttl_s = 9};
    redis_encode_commit(&c, &tag, &commit, 0);
    assert_text(redis_command_end(&c),
                "*7\r\n$5\r\nFCALL\r\n$8\r\nw_commit\r\n$1\r\n1\r\n$13\r\n{b007}s:62813\r\n"
                "$0\r\n\r\n$3\r\nnew\r\n$1\r\n9\r\n");
    redis_command_fini(&c);
}

/* What a function's call is made of, for a call of several. */
static void test_parts_of_a_function_call(void **state)
{
    struct redis_command call, other;

    (void)state;
    redis_command_init(&call);
    redis_command_init(&other);
    redis_command_start_function(&call, "f", 2);
    redis_command_add_string(&call, "k");
    redis_command_add_string(&call, "key");
    redis_command_add_number(&call, 7);
    assert_int_equal(redis_command_arg_count(&call), 1);
    redis_command_start(&other, "A");
    redis_command_add_args(&other, &call);
    redis_command_add_keys(&other, &call);
    assert_text(redis_command_end(&other), "*4\r\n$1\r\nA\r\n$1\r\n7\r\n$1\r\nk\r\n$3\r\nkey\r\n");
    redis_command_start_function(&call, "none", 0);
    assert_int_equal(redis_command_arg_count(&call), 0);
    redis_command_start(&other, "A");
    redis_command_add_keys(&other, &call);
    redis_command_add_args(&other, &call);
    assert_text(redis_command_end(&other), "*1\r\n$1\r\nA\r\n");
    redis_command_fini(&call);
    redis_command_fini(&other);
}

/* Only the words that it needs, and the last word about a timer. */
static void test_full_commit_as_a_command(void **state)
{
    struct store_commit commit = {
        .msisdn = "62812",
        .session_version = 0x0102030405060708,
        .session = span_of_string("data"),
        .merchant_checked = true,
        .index = {{.member = "M", .at_ms = 5, .leave_set = "A"}},
        .index_count = 1,
        .timers = {{.kind = "nudge", .due_ms = 7},
                   {.kind = "draft", .due_ms = 8},
                   {.kind = "nudge"}},
        .timer_count = 3,
    };
    struct redis_command c;
    struct redis_tag tag;

    (void)state;
    redis_command_init(&c);
    redis_tag_init(&tag, 7, 256);
    redis_encode_commit_all(&c, &tag, &commit, 0x0102030405060709, 0);
    assert_text(redis_command_end(&c),
                "*20\r\n$5\r\nFCALL\r\n$12\r\nw_commit_all\r\n$1\r\n5\r\n"
                "$13\r\n{b007}s:62812\r\n$13\r\n{b007}m:62812\r\n$7\r\n{b007}r\r\n$7\r\n{b007}t\r\n"
                "$9\r\n{b007}i:A\r\n$10\r\nwc00011100\r\n"
                "$8\r\n\1\2\3\4\5\6\7\10\r\n$12\r\n\1\2\3\4\5\6\7\11data\r\n$1\r\n0\r\n$0\r\n\r\n"
                "$5\r\n62812\r\n$1\r\nM\r\n$1\r\n5\r\n$1\r\nl\r\n"
                "$11\r\nnudge:62812\r\n$1\r\n8\r\n$11\r\ndraft:62812\r\n");
    redis_command_fini(&c);
}

static enum redis_error error_of(const char *text)
{
    char copy[128];
    redisReply reply = {.type = REDIS_REPLY_ERROR, .str = copy, .len = strlen(text)};

    text_copy(copy, sizeof(copy), text);
    return redis_decode_error(&reply);
}

static void test_error_replies(void **state)
{
    redisReply ok = {.type = REDIS_REPLY_INTEGER};

    (void)state;
    assert_int_equal(redis_decode_error(&ok), REDIS_ERROR_NONE);
    assert_int_equal(error_of("MISCONF Errors writing to the AOF file"), REDIS_ERROR_REFUSED);
    assert_int_equal(error_of("OOM command not allowed"), REDIS_ERROR_REFUSED);
    assert_int_equal(error_of("NOREPLICAS Not enough good replicas"), REDIS_ERROR_REFUSED);
    assert_int_equal(error_of("BUSY Redis is busy"), REDIS_ERROR_REFUSED);
    assert_int_equal(error_of("NOPERM this user has no permissions"), REDIS_ERROR_REFUSED);
    assert_int_equal(error_of("NOPERM ACL failure in script: User u"), REDIS_ERROR_HALFWAY);
    assert_int_equal(error_of("ERR The user executing the script can't run this command"),
                     REDIS_ERROR_HALFWAY);
    assert_int_equal(error_of("READONLY You can't write"), REDIS_ERROR_STRANGE);
    assert_int_equal(error_of("LOADING Redis is loading"), REDIS_ERROR_STRANGE);
    assert_int_equal(error_of("ERR Function not found"), REDIS_ERROR_STRANGE);
    assert_int_equal(error_of("MOVED 1 127.0.0.1:1"), REDIS_ERROR_REDIRECT);
    assert_int_equal(error_of("TRYAGAIN Multiple keys"), REDIS_ERROR_REDIRECT);
    /* Who knows what such a one has done: it must be read back. */
    assert_int_equal(error_of("ERR user_function:9: attempt to index"), REDIS_ERROR_OTHER);
    assert_int_equal(error_of("WRONGTYPE Operation"), REDIS_ERROR_OTHER);
}

/* Answers that no function of ours gives are told as strange, not read. */
static void test_strange_replies(void **state)
{
    struct redis_request request = {.kind = REDIS_LOAD};
    redisReply nil = {.type = REDIS_REPLY_NIL};
    char octets[] = "short";
    redisReply damaged = {.type = REDIS_REPLY_STRING, .str = octets, .len = 5};
    redisReply *pair[] = {&nil, &damaged};
    redisReply array = {.type = REDIS_REPLY_ARRAY, .elements = 2, .element = pair};

    (void)state;
    assert_int_equal(redis_decode_reply(&request, &array), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &nil), REDIS_DECODED_STRANGE);
    pair[1] = &nil;
    assert_int_equal(redis_decode_reply(&request, &array), REDIS_DECODED);
    request.kind = REDIS_COMMIT;
    assert_int_equal(redis_decode_reply(&request, &array), REDIS_DECODED_STRANGE);
    request.kind = REDIS_SWEEP;
    assert_int_equal(redis_decode_sweep(&request, &array), REDIS_DECODED_STRANGE);
}

/* Replies made by hand: integers, strings, nil and arrays of them. */
static redisReply number_reply(long long number)
{
    return (redisReply){.type = REDIS_REPLY_INTEGER, .integer = number};
}

static redisReply bytes_reply(const char *octets, size_t size)
{
    return (redisReply){.type = REDIS_REPLY_STRING, .str = (char *)(uintptr_t)octets, .len = size};
}

static redisReply string_reply(const char *text)
{
    return bytes_reply(text, strlen(text));
}

static redisReply array_reply(redisReply **elements, size_t count)
{
    return (redisReply){.type = REDIS_REPLY_ARRAY, .element = elements, .elements = count};
}

#define FRESH "\0\6aRf$\n\xb1" /* a version */

static void test_full_commit_replies(void **state)
{
    struct redis_request request = {.kind = REDIS_COMMIT_ALL,
                                    .session_written = true,
                                    .session_next = 8,
                                    .merchant_written = true,
                                    .owed_count = 1};
    redisReply fresh = bytes_reply(FRESH "1795514809565-3", 23),
               half = bytes_reply(FRESH "1795514809565", 21), odd = bytes_reply(FRESH "1-2x", 12),
               short_reply = bytes_reply(FRESH, 7), number = number_reply(1),
               bad = string_reply("x");
    redisReply *records[] = {&bad, &bad};
    redisReply conflict = array_reply(records, 2);

    (void)state;
    assert_int_equal(redis_decode_reply(&request, &fresh), REDIS_DECODED);
    assert_int_equal(request.reply.result, STORE_OK);
    assert_true(request.reply.subscriber.session.version == 8);
    assert_true(request.reply.subscriber.merchant.version == 0x0006615266240ab1);
    assert_true(request.reply.owed[0].ms == 1795514809565 && request.reply.owed[0].number == 3);
    assert_int_equal(redis_decode_reply(&request, &half), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &odd), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &short_reply), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &number), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &conflict), REDIS_DECODED_STRANGE);
    request.owed_count = 2; /* an id is missing */
    assert_int_equal(redis_decode_reply(&request, &fresh), REDIS_DECODED_STRANGE);
    request.owed_count = 0; /* one too many */
    assert_int_equal(redis_decode_reply(&request, &fresh), REDIS_DECODED_STRANGE);
}

static void test_sweep_replies(void **state)
{
    struct redis_request request = {.kind = REDIS_SWEEP};
    redisReply id = string_reply("5-1"), two = number_reply(2), body = string_reply("sms"),
               due = string_reply("nudge:62812"), plain = string_reply("nudge");
    redisReply *taken_rows[] = {&id, &two, &body}, *due_rows[] = {&due};
    redisReply taken = array_reply(taken_rows, 3), dues = array_reply(due_rows, 1);
    redisReply *elements[] = {&taken, &dues};
    redisReply reply = array_reply(elements, 2);

    (void)state;
    assert_int_equal(redis_decode_sweep(&request, &reply), REDIS_DECODED);
    assert_int_equal(request.sweep.taken_count, 1);
    assert_int_equal(request.sweep.taken[0].deliveries, 2);
    assert_true(span_is_equal(request.sweep.taken[0].body, span_of_string("sms")));
    assert_string_equal(request.sweep.due[0].kind, "nudge");
    assert_string_equal(request.sweep.due[0].msisdn, "62812");
    mem_free(request.kept);
    due_rows[0] = &plain; /* a timer of nobody */
    assert_int_equal(redis_decode_sweep(&request, &reply), REDIS_DECODED_STRANGE);
    mem_free(request.kept);
    due_rows[0] = &two;
    assert_int_equal(redis_decode_sweep(&request, &reply), REDIS_DECODED_STRANGE);
    mem_free(request.kept);
    taken_rows[2] = &two; /* an entry without a body */
    assert_int_equal(redis_decode_sweep(&request, &reply), REDIS_DECODED_STRANGE);
    mem_free(request.kept);
}

static void test_list_replies(void **state)
{
    struct redis_request request = {.kind = REDIS_LIST, .limit = 1};
    redisReply member = string_reply("R1"), score = string_reply("17"),
               owner = string_reply("1 62812"), nobody = string_reply("62812"),
               nil = {.type = REDIS_REPLY_NIL};
    redisReply *rows[] = {&member, &score, &owner, &member, &score, &owner};
    redisReply reply = array_reply(rows, 6);
    struct store_listed items[1];
    struct store_list list;

    (void)state;
    assert_int_equal(redis_decode_list(&request, &reply, items, &list), REDIS_DECODED);
    assert_int_equal(list.count, 1);
    assert_true(list.more);
    assert_string_equal(items[0].msisdn, "62812");
    assert_true(items[0].at_ms == 17);
    rows[2] = &nobody;
    assert_int_equal(redis_decode_list(&request, &reply, items, &list), REDIS_DECODED_STRANGE);
    rows[1] = &nil;
    assert_int_equal(redis_decode_list(&request, &reply, items, &list), REDIS_DECODED_STRANGE);
    reply.elements = 5;
    assert_int_equal(redis_decode_list(&request, &reply, items, &list), REDIS_DECODED_STRANGE);
    request.kind = REDIS_FIND;
    assert_int_equal(redis_decode_list(&request, &nobody, items, &list), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_list(&request, &nil, items, &list), REDIS_DECODED);
    assert_int_equal(list.count, 0);
}

/* Key by key, while a slot moves. */
static void test_loads_key_by_key(void **state)
{
    struct redis_request request = {.kind = REDIS_LOAD_SESSION, .load_result = STORE_CONFLICT};
    redisReply record = string_reply("\1\1\1\1\1\1\1\1data"), bad = string_reply("x");

    (void)state;
    assert_int_equal(redis_decode_reply(&request, &bad), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &record), REDIS_DECODED_HALF);
    request.kind = REDIS_LOAD_MERCHANT;
    assert_int_equal(redis_decode_reply(&request, &bad), REDIS_DECODED_STRANGE);
    assert_int_equal(redis_decode_reply(&request, &record), REDIS_DECODED);
    assert_int_equal(request.reply.result, STORE_CONFLICT);
    assert_true(span_is_equal(request.reply.subscriber.session.data, span_of_string("data")));
    assert_true(request.reply.subscriber.merchant.version == 0x0101010101010101);
    mem_free(request.kept);
    request.kept = NULL;
    request.kind = REDIS_SHARED_LOAD;
    assert_int_equal(redis_decode_reply(&request, &bad), REDIS_DECODED_STRANGE);
    request.kind = REDIS_RESERVE;
    assert_int_equal(redis_decode_reply(&request, &bad), REDIS_DECODED_STRANGE);
}

static void test_library_version(void **state)
{
    (void)state;
    assert_true(redis_library_version(redis_library_code()) >= 1);
    assert_int_equal(redis_library_version(span_of_string("#!lua\nlocal LIBRARY_VERSION = 42\nx")),
                     42);
    assert_int_equal(redis_library_version(span_of_string("local LIBRARY_VERSION = 42")), 0);
    assert_int_equal(redis_library_version(span_of_string("\nlocal LIBRARY_VERSION = ")), 0);
    assert_int_equal(redis_library_version(span_of(NULL, 0)), 0);
}

static void test_callers_that_a_library_serves(void **state)
{
    struct span code = span_of_string("\nlocal LIBRARY_VERSION = 9\nlocal SERVES_FROM = 7\n");

    (void)state;
    assert_false(redis_library_serves(code, 6));
    assert_true(redis_library_serves(code, 7));
    assert_true(redis_library_serves(code, 8));
    assert_true(redis_library_serves(code, 9));
    assert_false(redis_library_serves(code, 10));
    code = span_of_string("\nlocal LIBRARY_VERSION = 9\n");
    assert_true(redis_library_serves(code, 9));
    assert_false(redis_library_serves(code, 8));
    assert_true(
        redis_library_serves(redis_library_code(), redis_library_version(redis_library_code())));
}

static void test_result_names(void **state)
{
    (void)state;
    assert_string_equal(store_result_name(STORE_OK), "ok");
    assert_string_equal(store_result_name(STORE_CONFLICT), "conflict");
    assert_string_equal(store_result_name(STORE_UNAVAILABLE), "unavailable");
    assert_string_equal(store_result_name(STORE_UNKNOWN), "unknown");
}

/* A row of SENTINEL REPLICAS, as RESP: the fields that count, and one that does not. */
static void add_replica(char *resp, size_t bytes, const char *port, const char *run_id,
                        const char *flags, const char *lost_ms)
{
    const char *const words[] = {"name",
                                 "x",
                                 "ip",
                                 "10.0.0.1",
                                 "port",
                                 port,
                                 "runid",
                                 run_id,
                                 "flags",
                                 flags,
                                 "role-reported",
                                 "master",
                                 "down-after-milliseconds",
                                 "1000",
                                 "master-link-down-time",
                                 lost_ms};
    enum { COUNT = sizeof(words) / sizeof(words[0]) };
    size_t used = strlen(resp);

    used += (size_t)snprintf(resp + used, bytes - used, "*%d\r\n", COUNT);
    for (size_t i = 0; i < COUNT; i++)
        used += (size_t)snprintf(resp + used, bytes - used, "$%zu\r\n%s\r\n", strlen(words[i]),
                                 words[i]);
}

static redisReply *parse_resp(const char *resp)
{
    redisReader *reader = redisReaderCreate();
    void *reply = NULL;

    assert_int_equal(redisReaderFeed(reader, resp, strlen(resp)), REDIS_OK);
    assert_int_equal(redisReaderGetReply(reader, &reply), REDIS_OK);
    assert_non_null(reply);
    redisReaderFree(reader);
    return reply;
}

static unsigned count_promotable(const char *port, const char *run_id, const char *flags,
                                 const char *lost_ms)
{
    char resp[1024] = "*1\r\n";
    struct redis_address master;
    redisReply *reply;
    unsigned count = 99;

    assert_true(redis_address_set(&master, "10.0.0.1", 6379));
    add_replica(resp, sizeof(resp), port, run_id, flags, lost_ms);
    reply = parse_resp(resp);
    assert_true(redis_replicas_promotable(reply, &master, NULL, &count));
    freeReplyObject(reply);
    return count;
}

static void test_former_master_that_does_not_know_it(void **state)
{
    struct redis_address master = {.host = "10.0.0.2", .port = 6379};
    struct redis_address former = {.host = "10.0.0.1", .port = 6379};
    char resp[1024] = "*1\r\n";
    redisReply *reply;
    unsigned count;

    (void)state;
    add_replica(resp, sizeof(resp), "6379", "abc", "slave", "0");
    reply = parse_resp(resp);
    assert_true(redis_replicas_promotable(reply, &master, &former, &count));
    assert_int_equal(count, 0);
    former.port = 6380;
    assert_true(redis_replicas_promotable(reply, &master, &former, &count));
    assert_int_equal(count, 1);
    assert_true(redis_replicas_promotable(reply, &master, NULL, &count));
    assert_int_equal(count, 1);
    freeReplyObject(reply);
}

static void test_replicas_that_could_be_promoted(void **state)
{
    struct redis_address master = {.host = "10.0.0.1", .port = 6379};
    redisReply *reply = parse_resp("+OK\r\n");
    unsigned count;

    (void)state;
    assert_int_equal(count_promotable("6380", "abc", "slave", "0"), 1);
    /* On its way to be master, and not yet named: the one that matters. */
    assert_int_equal(count_promotable("6380", "abc", "slave,promoted", "0"), 1);
    assert_int_equal(count_promotable("6379", "abc", "slave,promoted", "0"), 0);
    assert_int_equal(count_promotable("6380", "abc", "s_down,slave", "0"), 0);
    /* As all sentinels see it for a moment when one of them promotes it. */
    assert_int_equal(count_promotable("6380", "abc", "slave,disconnected", "0"), 1);
    assert_int_equal(count_promotable("6380", "abc", "slave", "10001"), 0);
    assert_int_equal(count_promotable("6380", "abc", "slave", "10000"), 1);
    assert_int_equal(count_promotable("6380", "abc", "slave", "-1000"), 1); /* never had it */
    assert_int_equal(count_promotable("6380", "", "slave", "0"), 0);
    assert_int_equal(count_promotable("6380", "abc", "master", "0"), 0);
    assert_false(redis_replicas_promotable(reply, &master, NULL, &count));
    freeReplyObject(reply);
}

static unsigned count_copying(const char *info, bool is_read)
{
    char resp[1024];
    redisReply *reply;
    unsigned count = 99;

    snprintf(resp, sizeof(resp), "$%zu\r\n%s\r\n", strlen(info), info);
    reply = parse_resp(resp);
    assert_int_equal(redis_replicas_copying(reply, &count), is_read);
    freeReplyObject(reply);
    return count;
}

static void test_replicas_that_copy(void **state)
{
    (void)state;
    assert_int_equal(count_copying("# Replication\r\nrole:master\r\nconnected_slaves:3\r\n"
                                   "slave0:ip=10.0.0.1,port=1,state=online,offset=1,lag=0\r\n"
                                   "slave1:ip=10.0.0.1,port=2,state=send_bulk,offset=0,lag=0\r\n"
                                   "slave2:ip=10.0.0.1,port=3,state=wait_bgsave,offset=0,lag=0\r\n"
                                   "slave_priority:100\r\nx:,state=other\r\n",
                                   true),
                     2);
    assert_int_equal(count_copying("role:master\r\nconnected_slaves:0\r\n", true), 0);
    assert_int_equal(count_copying("role:slave\r\n", false), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_crc16),
        cmocka_unit_test(test_bucket_is_below_the_count),
        cmocka_unit_test(test_plain_commits),
        cmocka_unit_test(test_command_is_resp),
        cmocka_unit_test(test_long_command),
        cmocka_unit_test(test_addresses),
        cmocka_unit_test(test_tags),
        cmocka_unit_test(test_plain_commit_as_a_command),
        cmocka_unit_test(test_parts_of_a_function_call),
        cmocka_unit_test(test_full_commit_as_a_command),
        cmocka_unit_test(test_error_replies),
        cmocka_unit_test(test_strange_replies),
        cmocka_unit_test(test_full_commit_replies),
        cmocka_unit_test(test_sweep_replies),
        cmocka_unit_test(test_list_replies),
        cmocka_unit_test(test_loads_key_by_key),
        cmocka_unit_test(test_library_version),
        cmocka_unit_test(test_callers_that_a_library_serves),
        cmocka_unit_test(test_replicas_that_could_be_promoted),
        cmocka_unit_test(test_former_master_that_does_not_know_it),
        cmocka_unit_test(test_replicas_that_copy),
        cmocka_unit_test(test_result_names),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
