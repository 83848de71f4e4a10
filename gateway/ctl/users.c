/*
 * warungctl users add | list | remove: the file that lets people use the API.
 */
#include <errno.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mem.h"
#include "base/whole_file.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/table.h"

enum { LINE_BYTES = 256 };

/* The users file as lines. */
struct file {
    char *path;
    int lock; /* its folder's, -1 = none */
    char (*lines)[LINE_BYTES];
    size_t count;
};

static bool read_file(struct file *f)
{
    FILE *in = fopen(f->path, "re");

    bool is_good = in != NULL || errno == ENOENT;

    while (in != NULL) {
        f->lines = mem_realloc_array(f->lines, f->count + 1, LINE_BYTES);
        if (fgets(f->lines[f->count], LINE_BYTES, in) == NULL)
            break;
        f->lines[f->count][strcspn(f->lines[f->count], "\n")] = '\0';
        f->count++;
    }
    /* Of half a file the other half would be gone when it is written back. */
    is_good = is_good && (in == NULL || !ferror(in));
    if (!is_good)
        ctl_complain("cannot read %s: %s", f->path, strerror(errno));
    if (in != NULL)
        fclose(in);
    return is_good;
}

/* A file that the gateway would refuse stays as it is. */
static bool read_good_file(struct file *f)
{
    char error[512];
    struct auth *auth = auth_load(f->path, error, sizeof(error));

    if (auth == NULL)
        ctl_complain("%s", error);
    auth_free(auth);
    return auth != NULL && read_file(f);
}

/* To be closed in any case. */
static bool open_file(const struct ctl_call *call, struct file *f, bool is_to_change)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);

    *f = (struct file){.lock = -1};
    if (config == NULL)
        return false;
    f->path = mem_strdup(config->admin.users_file);
    config_free(config);
    if (f->path[0] == '\0') {
        ctl_complain("admin.users_file is empty");
        return false;
    }
    if (is_to_change && (f->lock = whole_file_lock(f->path)) < 0) {
        ctl_complain("cannot change %s: %s", f->path, strerror(errno));
        return false;
    }
    return read_good_file(f);
}

static void close_file(struct file *f)
{
    if (f->lock >= 0)
        close(f->lock);
    mem_free(f->path);
    mem_free(f->lines);
}

/* Those of the file that there is; a new one gets its folder's group: root makes it, and warungd,
 * which is a user of its own in that group, has to read it. */
static bool find_rights(const struct file *f, struct stat *like)
{
    if (stat(f->path, like) == 0)
        return true;
    if (errno != ENOENT || fstat(f->lock, like) != 0)
        return false;
    like->st_mode = 0640;
    like->st_uid = geteuid();
    if (geteuid() != 0)
        like->st_gid = getegid();
    return true;
}

static bool write_file(const struct file *f)
{
    size_t room = f->count * LINE_BYTES + 1, size = 0;
    char *text = mem_zalloc(room);
    struct stat like;
    bool is_written;

    for (size_t i = 0; i < f->count; i++)
        size += (size_t)snprintf(text + size, room - size, "%s\n", f->lines[i]);
    is_written = find_rights(f, &like) && whole_file_replace(f->path, span_of_string(text), &like);
    if (!is_written)
        ctl_complain("cannot write %s: %s", f->path, strerror(errno));
    mem_free(text);
    return is_written;
}

/* The line of a user; f->count when there is none. */
static size_t find_user(const struct file *f, const char *name)
{
    size_t length = strlen(name);

    for (size_t i = 0; i < f->count; i++) {
        const char *line = f->lines[i] + strspn(f->lines[i], " \t");

        if (strncmp(line, name, length) == 0 && (line[length] == ' ' || line[length] == '\t'))
            return i;
    }
    return f->count;
}

static bool is_good_name(const char *name)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "._-@";

    if (name[0] != '\0' && strlen(name) < AUTH_NAME_BYTES && strspn(name, allowed) == strlen(name))
        return true;
    ctl_complain("a name has 1 to %d letters, digits and . _ - @", AUTH_NAME_BYTES - 1);
    return false;
}

/* Before the file has its hash: nobody could ever say a token that was not shown. */
static bool show_token(const struct ctl_call *call, enum auth_role role, const char *token)
{
    if (call->is_json)
        printf("{\"name\":\"%s\",\"role\":\"%s\",\"token\":\"%s\"}\n", call->words[0],
               auth_role_name(role), token);
    else
        printf("%s\n", token);
    if (fflush(stdout) == 0)
        return true;
    ctl_complain("cannot write the token: %s; %s was not added", strerror(errno), call->words[0]);
    return false;
}

static enum ctl_status add(struct file *f, const struct ctl_call *call, enum auth_role role)
{
    const char *name = call->words[0];
    char token[AUTH_TOKEN_BYTES], hash[AUTH_HASH_BYTES];

    if (find_user(f, name) < f->count) {
        ctl_complain("there is a user %s already", name);
        return CTL_REFUSED;
    }
    if (!auth_make_token(token, hash)) {
        ctl_complain("the system gives no random numbers");
        return CTL_REFUSED;
    }
    f->lines = mem_realloc_array(f->lines, f->count + 1, LINE_BYTES);
    snprintf(f->lines[f->count++], LINE_BYTES, "%s %s %s", name, auth_role_name(role), hash);
    if (!show_token(call, role, token) || !write_file(f))
        return CTL_REFUSED;
    fprintf(stderr, "The token is shown this once. `warungctl reload` lets %s in.\n", name);
    return CTL_DONE;
}

static void log_change(const struct ctl_call *call, const char *event)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);

    if (config != NULL)
        access_log_files(config, event, call->words[0]);
    config_free(config);
}

enum ctl_status ctl_users_add(const struct ctl_call *call)
{
    enum auth_role role;
    enum ctl_status status;
    struct file f;

    if (call->role == NULL || !auth_role_parse(call->role, &role)) {
        ctl_complain("--role is viewer, officer or admin");
        return CTL_USAGE;
    }
    if (!is_good_name(call->words[0]))
        return CTL_USAGE;
    status = open_file(call, &f, true) ? add(&f, call, role) : CTL_REFUSED;
    close_file(&f);
    if (status == CTL_DONE)
        log_change(call, "user-add");
    return status;
}

enum ctl_status ctl_users_remove(const struct ctl_call *call)
{
    enum ctl_status status = CTL_REFUSED;
    struct file f;
    size_t at;

    if (open_file(call, &f, true)) {
        at = find_user(&f, call->words[0]);
        if (at == f.count) {
            ctl_complain("there is no user %s", call->words[0]);
        } else {
            memmove(f.lines[at], f.lines[at + 1], (f.count - at - 1) * LINE_BYTES);
            f.count--;
            if (write_file(&f)) {
                printf("removed %s; `warungctl reload` shuts the door\n", call->words[0]);
                status = CTL_DONE;
            }
        }
    }
    close_file(&f);
    if (status == CTL_DONE)
        log_change(call, "user-remove");
    return status;
}

static void list(const struct file *f, const struct ctl_call *call)
{
    struct table *t = table_new((const char *const[]){"NAME", "ROLE", NULL});
    json_t *json = json_array();

    for (size_t i = 0; i < f->count; i++) {
        char name[LINE_BYTES], role[LINE_BYTES];

        if (sscanf(f->lines[i], "%255s %255s", name, role) != 2 || name[0] == '#')
            continue;
        table_add(t, (const char *const[]){name, role});
        json_array_append_new(json, json_pack("{s:s, s:s}", "name", name, "role", role));
    }
    if (call->is_json) {
        ctl_print_json(json);
        table_free(t);
    } else {
        table_print(t);
    }
    json_decref(json);
}

enum ctl_status ctl_users_list(const struct ctl_call *call)
{
    struct file f;
    bool is_open = open_file(call, &f, false);

    if (is_open)
        list(&f, call);
    close_file(&f);
    return is_open ? CTL_DONE : CTL_REFUSED;
}
