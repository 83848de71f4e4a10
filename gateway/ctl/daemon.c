/*
 * warungctl status | links | drain | reload: over the control socket of the running gateway.
 */
#include <curl/curl.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"
#include "gateway/ctl/command.h"
#include "gateway/ctl/table.h"

enum { REPLY_BYTES_MAX = 4 * 1024 * 1024, TIMEOUT_S = 60 };

struct reply {
    long status;
    char *text;
    size_t size;
};

static size_t on_octets(char *octets, size_t size, size_t count, void *arg)
{
    struct reply *reply = arg;
    size_t bytes = size * count;

    if (reply->size + bytes > REPLY_BYTES_MAX)
        return 0;
    reply->text = mem_realloc_array(reply->text, reply->size + bytes + 1, 1);
    memcpy(reply->text + reply->size, octets, bytes);
    reply->size += bytes;
    reply->text[reply->size] = '\0';
    return bytes;
}

static CURLcode perform(const char *socket, const char *path, bool is_order, struct reply *reply)
{
    CURL *curl = curl_easy_init();
    char url[128];
    CURLcode code;

    if (curl == NULL)
        return CURLE_FAILED_INIT;
    snprintf(url, sizeof(url), "http://warungd%s", path);
    curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, socket);
    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)TIMEOUT_S);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_octets);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, reply);
    if (is_order)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, "");
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply->status);
    curl_easy_cleanup(curl);
    return code;
}

/* What the gateway says; NULL and *status after telling why. The caller's reference. */
static json_t *ask(const struct ctl_call *call, const char *path, bool is_order,
                   enum ctl_status *status)
{
    struct config *config = config_load(call->config, config_print_fault, stderr);
    struct reply reply = {0};
    json_t *json = NULL;
    CURLcode code;

    *status = CTL_REFUSED;
    if (config == NULL)
        return NULL;
    code = perform(config->control, path, is_order, &reply);
    if (code != CURLE_OK) {
        *status = CTL_UNREACHABLE;
        ctl_complain("no gateway answers at %s: %s",
                     config->control[0] != '\0' ? config->control : "(control is empty)",
                     curl_easy_strerror(code));
    } else {
        json = json_loads(reply.text != NULL ? reply.text : "", 0, NULL);
    }
    if (json != NULL && reply.status >= 400) {
        ctl_complain("%s", json_string_value(json_object_get(json, "error")));
        json_decref(json);
        json = NULL;
    } else if (code == CURLE_OK && json == NULL) {
        ctl_complain("the gateway's answer could not be read");
    }
    mem_free(reply.text);
    config_free(config);
    return json;
}

static void print_json(const json_t *value)
{
    json_dumpf(value, stdout, JSON_INDENT(2));
    putchar('\n');
}

static const char *text_of(const json_t *object, const char *key)
{
    const char *text = json_string_value(json_object_get(object, key));

    return text != NULL ? text : "";
}

static void print_links(const json_t *links)
{
    struct table *t = table_new((const char *const[]){"LINK", "ROLE", "STATE", "SINCE", "IN FLIGHT",
                                                      "QUEUED", "RECEIVED", "SENT", "TIMEOUTS",
                                                      "RECONNECTS", "LAST CLOSED FOR", NULL});
    static const char *const numbers[] = {"in_flight",   "queued",   "messages_in",
                                          "submits_out", "timeouts", "reconnects"};
    size_t index;
    json_t *link;

    json_array_foreach(links, index, link)
    {
        char cells[6][24];

        for (int i = 0; i < 6; i++)
            snprintf(cells[i], sizeof(cells[i]), "%lld",
                     (long long)json_integer_value(json_object_get(link, numbers[i])));
        table_add(t, (const char *const[]){text_of(link, "link"), text_of(link, "role"),
                                           text_of(link, "state"), text_of(link, "since"), cells[0],
                                           cells[1], cells[2], cells[3], cells[4], cells[5],
                                           text_of(link, "reason")});
    }
    table_print(t);
}

enum ctl_status ctl_links(const struct ctl_call *call)
{
    enum ctl_status status;
    json_t *links = ask(call, "/api/v1/links", false, &status);

    if (links == NULL)
        return status;
    if (call->is_json)
        print_json(links);
    else
        print_links(links);
    json_decref(links);
    return CTL_DONE;
}

static void print_status(const json_t *s)
{
    size_t index;
    json_t *menu;

    printf("instance  %s\nversion   %s\nstate     %s\nstore     %s\nstarted   %s\nat work   %lld\n",
           text_of(s, "instance"), text_of(s, "version"), text_of(s, "state"),
           json_is_true(json_object_get(s, "store_ready")) ? "ready" : "not available",
           text_of(s, "started_at"),
           (long long)json_integer_value(json_object_get(s, "turns_live")));
    json_array_foreach(json_object_get(s, "menus"), index, menu)
        printf("menu      %s, version %s\n", text_of(menu, "name"), text_of(menu, "version"));
}

enum ctl_status ctl_status(const struct ctl_call *call)
{
    enum ctl_status status;
    json_t *json = ask(call, "/api/v1/status", false, &status);

    if (json == NULL)
        return status;
    if (call->is_json)
        print_json(json);
    else
        print_status(json);
    json_decref(json);
    return CTL_DONE;
}

static enum ctl_status order(const struct ctl_call *call, const char *path, const char *done)
{
    enum ctl_status status;
    json_t *json = ask(call, path, true, &status);

    if (json == NULL)
        return status;
    if (call->is_json)
        print_json(json);
    else
        puts(done);
    json_decref(json);
    return CTL_DONE;
}

enum ctl_status ctl_drain(const struct ctl_call *call)
{
    return order(call, "/api/v1/drain", "draining");
}

enum ctl_status ctl_reload(const struct ctl_call *call)
{
    /* The faults in full: the gateway's answer only says that there are some. */
    struct setup setup;

    if (!ctl_load_setup(call, &setup))
        return CTL_REFUSED;
    setup_free(&setup);
    return order(call, "/api/v1/reload", "reloaded");
}
