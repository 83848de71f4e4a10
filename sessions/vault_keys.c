#include "sessions/vault_keys.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <openssl/crypto.h>
#include <openssl/rand.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/whole_file.h"

/* A line holds at most "seal 4294967295 2026-11-24 " and 64 hex digits. */
enum { LINE_BYTES = 128, FILE_BYTES_MAX = VAULT_KEYS_MAX * LINE_BYTES + 4096, KEY_BYTES = 32 };

static const char first_line[] = "warung-keys 1";
static const char plain_comment[] =
    "# Records from before the keys are read, until `warungctl keys seal` has sealed them.\n";

struct fault {
    const char *path;
    char *text;
    size_t text_bytes;
};

static bool fail(const struct fault *f, unsigned line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static bool fail(const struct fault *f, unsigned line, const char *format, ...)
{
    va_list arguments;
    int used = line != 0 ? snprintf(f->text, f->text_bytes, "%s:%u: ", f->path, line)
                         : snprintf(f->text, f->text_bytes, "%s: ", f->path);

    if (used >= 0 && (size_t)used < f->text_bytes) {
        va_start(arguments, format);
        vsnprintf(f->text + used, f->text_bytes - (size_t)used, format, arguments);
        va_end(arguments);
    }
    return false;
}

/* --- its text --- */

static bool is_date(const char *text)
{
    static const char pattern[] = "dddd-dd-dd";

    for (unsigned i = 0; i < sizeof(pattern); i++) {
        if (pattern[i] == 'd' ? text[i] < '0' || text[i] > '9' : text[i] != pattern[i])
            return false;
    }
    return true;
}

static bool parse_seal(struct vault_keys_file *file, char *words, const struct fault *f,
                       unsigned line)
{
    struct vault_keys_row *row = &file->rows[file->count];
    char *rest;
    const char *id = strtok_r(words, " ", &rest), *date = strtok_r(NULL, " ", &rest);
    const char *hex = strtok_r(NULL, " ", &rest);
    uint64_t number;

    if (file->count == VAULT_KEYS_MAX)
        return fail(f, line, "more than %d keys", VAULT_KEYS_MAX);
    if (hex == NULL || strtok_r(NULL, " ", &rest) != NULL)
        return fail(f, line, "a key is: seal ID YYYY-MM-DD and 64 hex digits");
    if (!text_number(id, UINT32_MAX, &number) || number == 0)
        return fail(f, line, "\"%.12s\" is no number of a key", id);
    if (file->count != 0 && number <= file->rows[file->count - 1].id)
        return fail(f, line, "the numbers of keys must grow");
    if (!is_date(date))
        return fail(f, line, "\"%.12s\" is no date like 2026-11-24", date);
    if (!text_unhex(hex, row->octets, sizeof(row->octets)))
        return fail(f, line, "the key itself must be 64 hex digits, a-f small");
    row->id = (uint32_t)number;
    text_copy(row->created, sizeof(row->created), date);
    file->count++;
    return true;
}

static bool parse_line(struct vault_keys_file *file, bool *has_hash, char *text,
                       const struct fault *f, unsigned line)
{
    if (line == 1)
        return strcmp(text, first_line) == 0 || fail(f, line, "this is no keys file");
    if (text[0] == '\0' || text[0] == '#')
        return true;
    if (strncmp(text, "seal ", 5) == 0)
        return parse_seal(file, text + 5, f, line);
    if (strcmp(text, "plain") == 0) {
        file->reads_plain = true;
        return true;
    }
    if (strncmp(text, "hash ", 5) != 0)
        return fail(f, line, "a line begins with \"seal\" or \"hash\"");
    if (*has_hash)
        return fail(f, line, "a second hash key");
    *has_hash = true;
    return text_unhex(text + 5, file->hash, sizeof(file->hash)) ||
           fail(f, line, "the hash key must be 64 hex digits, a-f small");
}

static bool parse_text(struct vault_keys_file *file, char *text, const struct fault *f)
{
    bool has_hash = false;
    unsigned line = 0;
    char *next = text;

    memset(file, 0, sizeof(*file));
    while (next != NULL && (*next != '\0' || line == 0)) {
        char *at = next, *end = strchr(at, '\n');

        next = end != NULL ? end + 1 : NULL;
        if (end != NULL)
            *end = '\0';
        if (!parse_line(file, &has_hash, at, f, ++line))
            return false;
    }
    if (!has_hash)
        return fail(f, 0, "no hash key");
    return file->count != 0 || fail(f, 0, "no seal key");
}

/* --- the file --- */

static bool check_mode(const struct fault *f, const struct stat *st)
{
    if (!S_ISREG(st->st_mode))
        return fail(f, 0, "not a regular file");
    /* A systemd credential shows its access list as group read; the group may read, not write. */
    if ((st->st_mode & (S_IRWXO | S_IWGRP)) != 0)
        return fail(f, 0, "mode %04o: keys must not be open to others (chmod 600)",
                    (unsigned)(st->st_mode & 07777));
    if (st->st_size >= FILE_BYTES_MAX)
        return fail(f, 0, "too large for a keys file");
    return true;
}

static bool read_all(int fd, char text[FILE_BYTES_MAX], const struct fault *f)
{
    size_t size = 0;
    ssize_t got;

    while ((got = read(fd, text + size, FILE_BYTES_MAX - 1 - size)) > 0)
        size += (size_t)got;
    if (got < 0)
        return fail(f, 0, "%s", strerror(errno));
    text[size] = '\0';
    return strlen(text) == size || fail(f, 0, "this is no keys file");
}

static bool read_text(const char *path, char text[FILE_BYTES_MAX], struct stat *st,
                      const struct fault *f)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    bool ok;

    if (fd < 0)
        return fail(f, 0, "%s", strerror(errno));
    ok = fstat(fd, st) == 0 ? check_mode(f, st) : fail(f, 0, "%s", strerror(errno));
    ok = ok && read_all(fd, text, f);
    close(fd);
    return ok;
}

bool vault_keys_read(struct vault_keys_file *file, const char *path, char *error,
                     size_t error_bytes)
{
    struct fault f = {.path = path, .text = error, .text_bytes = error_bytes};
    char text[FILE_BYTES_MAX];
    struct stat st;
    bool ok = read_text(path, text, &st, &f) && parse_text(file, text, &f);

    OPENSSL_cleanse(text, sizeof(text));
    return ok;
}

/* --- making and adding --- */

static void append_hex(char *line, size_t line_bytes)
{
    uint8_t octets[KEY_BYTES];
    int ok = RAND_bytes(octets, sizeof(octets));
    size_t size = strlen(line);

    assert(ok == 1 && size + 2 * KEY_BYTES + 1 <= line_bytes);
    (void)ok;
    text_hex(line + size, octets, KEY_BYTES);
    OPENSSL_cleanse(octets, sizeof(octets));
}

static void make_seal_line(char line[LINE_BYTES], uint32_t id)
{
    time_t now = time(NULL);
    struct tm day;

    gmtime_r(&now, &day);
    snprintf(line, LINE_BYTES, "seal %u %04d-%02d-%02d ", id, (day.tm_year + 1900) % 10000,
             day.tm_mon + 1, day.tm_mday);
    append_hex(line, LINE_BYTES);
}

static bool fail_to_create(const struct fault *f)
{
    if (errno == EEXIST)
        return fail(f, 0, "there are keys already; nothing was changed");
    /* So a FAT refuses hard links; the others refuse nothing of this with EPERM. */
    if (errno == EPERM || errno == EOPNOTSUPP)
        return fail(f, 0, "%s: the keys need a file system that has hard links and rights of files",
                    strerror(errno));
    return fail(f, 0, "%s", strerror(errno));
}

bool vault_create_file(const char *path, bool reads_plain, char *error, size_t error_bytes)
{
    struct fault f = {.path = path, .text = error, .text_bytes = error_bytes};
    char hash[LINE_BYTES] = "hash ", seal[LINE_BYTES], text[4 * LINE_BYTES];
    bool ok;

    append_hex(hash, sizeof(hash));
    make_seal_line(seal, 1);
    snprintf(
        text, sizeof(text),
        "%s\n# Whoever has this file reads every record; without it nobody does. Keep a copy.\n"
        "%s%s%s\n%s\n",
        first_line, reads_plain ? plain_comment : "", reads_plain ? "plain\n" : "", hash, seal);
    ok = whole_file_create(path, span_of_string(text), 0600) || fail_to_create(&f);
    OPENSSL_cleanse(hash, sizeof(hash));
    OPENSSL_cleanse(seal, sizeof(seal));
    OPENSSL_cleanse(text, sizeof(text));
    return ok;
}

/* Comments and order stay as they are. */
static bool add_line(char text[FILE_BYTES_MAX], const struct vault_keys_file *file,
                     const struct fault *f)
{
    size_t size = strlen(text);

    if (file->count == VAULT_KEYS_MAX || file->rows[file->count - 1].id == UINT32_MAX ||
        size + LINE_BYTES + 2 > FILE_BYTES_MAX)
        return fail(f, 0, "it holds as many keys as it can");
    make_seal_line(text + size, file->rows[file->count - 1].id + 1);
    size += strlen(text + size);
    text[size] = '\n';
    text[size + 1] = '\0';
    return true;
}

static bool replace(const char *path, const char *text, const struct stat *st,
                    const struct fault *f)
{
    return whole_file_replace(path, span_of_string(text), st) || fail(f, 0, "%s", strerror(errno));
}

typedef bool edit_fn(char text[FILE_BYTES_MAX], const struct vault_keys_file *file,
                     const struct fault *f);

/* One at a time: of two that read the same file, the second would take the first one's key away. */
static bool edit_file(const char *path, edit_fn *edit, char *error, size_t error_bytes)
{
    struct fault f = {.path = path, .text = error, .text_bytes = error_bytes};
    char text[FILE_BYTES_MAX], copy[FILE_BYTES_MAX];
    int lock = whole_file_lock(path);
    struct vault_keys_file file;
    struct stat st = {0};
    bool ok = lock >= 0 ? read_text(path, text, &st, &f) : fail(&f, 0, "%s", strerror(errno));
    size_t size = ok ? strlen(text) : 0;

    if (ok) {
        if (size > 0 && text[size - 1] != '\n' && size + 2 <= sizeof(text))
            memcpy(text + size, "\n", 2);
        memcpy(copy, text, sizeof(copy)); /* parsing cuts its text up */
        ok = parse_text(&file, copy, &f) && edit(text, &file, &f) && replace(path, text, &st, &f);
    }
    if (lock >= 0)
        close(lock);
    OPENSSL_cleanse(&file, sizeof(file));
    OPENSSL_cleanse(text, sizeof(text));
    OPENSSL_cleanse(copy, sizeof(copy));
    return ok;
}

bool vault_rotate_file(const char *path, char *error, size_t error_bytes)
{
    return edit_file(path, add_line, error, error_bytes);
}

/* Our own comment goes with it. */
static bool drop_plain(char text[FILE_BYTES_MAX], const struct vault_keys_file *file,
                       const struct fault *f)
{
    static const char line[] = "\nplain\n";
    char *at;

    (void)file;
    (void)f;
    while ((at = strstr(text, plain_comment)) != NULL)
        memmove(at, at + sizeof(plain_comment) - 1, strlen(at + sizeof(plain_comment) - 1) + 1);
    while ((at = strstr(text, line)) != NULL)
        memmove(at, at + sizeof(line) - 2, strlen(at + sizeof(line) - 2) + 1);
    return true;
}

bool vault_refuse_plain_file(const char *path, char *error, size_t error_bytes)
{
    return edit_file(path, drop_plain, error, error_bytes);
}
