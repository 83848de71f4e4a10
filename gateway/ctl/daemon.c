/*
 * warungctl status | drain | reload, and what all commands to the running gateway share.
 */
#include "gateway/ctl/daemon.h"

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/taps.h"

enum {
    REPLY_BYTES_MAX = 2 * TAP_BYTES_MAX, /* a full tap, or the links of 10,000 binds */
    /* A gateway that stands still for longer is ended by systemd's watchdog; any answers within a
     * second. */
    TIMEOUT_S = 10,
};

static size_t on_octets(char *octets, size_t size, size_t count, void *arg)
{
    struct ctl_reply *reply = arg;
    size_t bytes = size * count;

    if (reply->size + bytes > REPLY_BYTES_MAX)
        return 0;
    reply->text = mem_realloc_array(reply->text, reply->size + bytes + 1, 1);
    memcpy(reply->text + reply->size, octets, bytes);
    reply->size += bytes;
    reply->text[reply->size] = '\0';
    return bytes;
}

/* False: *why says what was in the way; of a socket what the system says: that nobody listens there
 * and that we may not connect have different remedies. Of a gateway that stands still the system
 * has taken what we sent: it reads it when it goes on, also long after we have gone. */
static bool perform(const char *socket, const char *path, const char *body, struct ctl_reply *reply,
                    const char **why)
{
    CURL *curl = curl_easy_init();
    char url[128], name[JOURNAL_WORD_BYTES], header[JOURNAL_WORD_BYTES + 16];
    struct curl_slist *headers;
    long os_errno = 0;
    CURLcode code;

    *why = curl_easy_strerror(CURLE_FAILED_INIT);
    if (curl == NULL)
        return false;
    snprintf(url, sizeof(url), "http://warungd%s", path);
    access_user(name);
    snprintf(header, sizeof(header), "Warung-User: %s", name);
    headers = curl_slist_append(NULL, header);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_octets);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    if (body != NULL)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_getinfo(curl, CURLINFO_OS_ERRNO, &os_errno);
    curl_easy_cleanup(curl);
    curl_slist_free_all(headers);
    *why = curl_easy_strerror(code);
    if (code == CURLE_COULDNT_CONNECT && os_errno != 0)
        *why = strerror((int)os_errno);
    else if (code == CURLE_OPERATION_TIMEDOUT && body != NULL)
        *why = "it stands still, and may do this when it goes on";
    else if (code == CURLE_OPERATION_TIMEDOUT)
        *why = "it stands still";
    return code == CURLE_OK;
}

static void tell_refusal(const struct ctl_reply *reply)
{
    json_t *json = json_loads(reply->text != NULL ? reply->text : "", 0, NULL);
    const char *why = json_string_value(json_object_get(json, "error"));

    ctl_complain("%s", why != NULL ? why : "the gateway refused, without a reason");
    json_decref(json);
}

char *ctl_control(const struct ctl_call *call)
{
    return config_load_control(call->config, config_print_fault, stderr);
}

bool ctl_request(const struct ctl_call *call, const char *path, const char *body,
                 struct ctl_reply *reply, enum ctl_status *status)
{
    char *read = call->control == NULL ? ctl_control(call) : NULL;
    const char *control = read != NULL ? read : call->control, *why;

    *reply = (struct ctl_reply){0};
    *status = CTL_REFUSED;
    if (control == NULL)
        return false;
    if (!perform(control, path, body, reply, &why)) {
        *status = CTL_UNREACHABLE;
        ctl_complain("no gateway answers at %s: %s",
                     control[0] != '\0' ? control : "(control is empty)", why);
    } else if (reply->status >= 400) {
        if (reply->status == 503) /* it cannot be done without the store */
            *status = CTL_UNREACHABLE;
        tell_refusal(reply);
    } else {
        *status = CTL_DONE;
    }
    mem_free(read);
    if (*status == CTL_DONE)
        return true;
    mem_free(reply->text);
    return false;
}

json_t *ctl_ask(const struct ctl_call *call, const char *path, const char *body,
                enum ctl_status *status)
{
    struct ctl_reply reply;
    json_t *json;

    if (!ctl_request(call, path, body, &reply, status))
        return NULL;
    json = json_loads(reply.text != NULL ? reply.text : "", 0, NULL);
    if (json == NULL) {
        *status = CTL_REFUSED;
        ctl_complain("the gateway's answer could not be read");
    }
    mem_free(reply.text);
    return json;
}

const char *ctl_text(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

long long ctl_number(const json_t *object, const char *key)
{
    return (long long)json_integer_value(json_object_get(object, key));
}

enum ctl_status ctl_order(const struct ctl_call *call, const char *path, const char *body,
                          const char *done)
{
    enum ctl_status status;
    json_t *json = ctl_ask(call, path, body, &status);

    if (json == NULL)
        return status;
    if (call->is_json)
        ctl_print_json(json);
    else
        puts(done);
    json_decref(json);
    return CTL_DONE;
}

static void print_menu(const json_t *menu)
{
    const json_t *trial = json_object_get(menu, "trial");

    printf("menu      %s, version %s\n", ctl_text(menu, "name"), ctl_text(menu, "version"));
    if (json_object_get(menu, "in_force") != NULL)
        printf("          version %s is in force, and cannot be loaded here\n",
               ctl_text(menu, "in_force"));
    if (trial != NULL)
        printf("          on trial: %s, for %lld %% and %lld numbers\n", ctl_text(trial, "version"),
               ctl_number(trial, "percent"), ctl_number(trial, "numbers"));
    if (json_object_get(menu, "file_version") != NULL)
        printf("          its file is version %s, %s: not in force\n"
               "          (to have it: warungctl menu promote %s --menu %s)\n",
               ctl_text(menu, "file_version"), ctl_text(menu, "file_state"),
               ctl_text(menu, "file_version"), ctl_text(menu, "name"));
}

static void print_menus(const json_t *from)
{
    size_t index;
    json_t *menu;

    json_array_foreach(json_object_get(from, "menus"), index, menu) print_menu(menu);
}

static void print_status(const json_t *s)
{
    printf("instance  %s\nversion   %s\nstate     %s\nstore     %s\nstarted   %s\nat work   %lld\n",
           ctl_text(s, "instance"), ctl_text(s, "version"), ctl_text(s, "state"),
           json_is_true(json_object_get(s, "store_ready")) ? "ready" : "not available",
           ctl_text(s, "started_at"), ctl_number(s, "turns_live"));
    print_menus(s);
}

enum ctl_status ctl_status(const struct ctl_call *call)
{
    enum ctl_status status;
    json_t *json = ctl_ask(call, "/api/v1/status", NULL, &status);

    if (json == NULL)
        return status;
    if (call->is_json)
        ctl_print_json(json);
    else
        print_status(json);
    json_decref(json);
    return CTL_DONE;
}

enum ctl_status ctl_drain(const struct ctl_call *call)
{
    return ctl_order(call, "/api/v1/drain", "", "draining");
}

static void print_needs_restart(const json_t *from)
{
    size_t index;
    json_t *key;

    json_array_foreach(json_object_get(from, "needs_restart"), index, key)
        printf("%s is as before until a restart\n", json_string_value(key));
}

enum ctl_status ctl_reload(const struct ctl_call *call)
{
    /* The faults in full: the gateway's answer only says that there are some. */
    enum ctl_status status;
    struct setup setup;
    json_t *json;

    if (!ctl_load_setup(call, SETUP_RELOAD, &setup))
        return CTL_REFUSED;
    setup_free(&setup);
    json = ctl_ask(call, "/api/v1/reload", "", &status);
    if (json == NULL)
        return status;
    if (call->is_json) {
        ctl_print_json(json);
    } else {
        puts("reloaded");
        print_needs_restart(json);
        print_menus(json);
    }
    json_decref(json);
    return CTL_DONE;
}
