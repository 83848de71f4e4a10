#include "gateway/admin/api.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/isotime.h"
#include "base/log.h"
#include "base/version.h"
#include "gateway/gateway.h"

json_t *api_time(int64_t wall_ms)
{
    char text[ISOTIME_BYTES];

    isotime_format(wall_ms, text);
    return json_string(text);
}

void api_reply(struct http_call *call, json_t *value)
{
    char *text = json_dumps(value, JSON_COMPACT);

    if (text == NULL)
        abort(); /* out of memory: names in it are plain ASCII */
    http_reply_text(call, 200, "application/json", text);
    free(text);
    json_decref(value);
}

static json_t *hex_of(const uint8_t id[MENU_ID_BYTES])
{
    char hex[RELEASES_HEX_BYTES];

    releases_hex(id, hex);
    return json_string(hex);
}

/* The version that serves new dials; with the one in force where that cannot be loaded here, with
 * its file's version where that is another, and why; and with a trial. */
static json_t *describe_menu(const struct gateway *g, unsigned index)
{
    const struct menu *menu = router_at(gateway_router(g), index);
    const struct menu *file = router_file_at(gateway_router(g), index);
    const struct releases *releases = gateway_releases(g);
    const struct release *of_file =
        releases != NULL ? releases_find(releases, menu_id(file)) : NULL;
    const struct release *in_force =
        releases != NULL ? releases_in_force(releases, menu_name(menu)) : NULL;
    const struct release *trial =
        releases != NULL ? releases_on_trial(releases, menu_name(menu)) : NULL;
    json_t *json =
        json_pack("{s:s, s:o}", "name", menu_name(menu), "version", hex_of(menu_id(menu)));

    if (in_force != NULL && !menu_id_is(menu, in_force->id))
        json_object_set_new(json, "in_force", hex_of(in_force->id));
    if (menu != file) {
        json_object_set_new(json, "file_version", hex_of(menu_id(file)));
        json_object_set_new(
            json, "file_state",
            json_string(of_file != NULL ? release_state_name(of_file->state) : "unknown"));
    }
    if (trial != NULL && router_trial_at(gateway_router(g), index) != NULL)
        json_object_set_new(json, "trial",
                            json_pack("{s:o, s:i, s:i}", "version", hex_of(trial->id), "percent",
                                      (int)trial->percent, "numbers", (int)trial->number_count));
    return json;
}

static json_t *describe_menus(const struct gateway *g)
{
    json_t *menus = json_array();

    for (unsigned i = 0; router_at(gateway_router(g), i) != NULL; i++)
        json_array_append_new(menus, describe_menu(g, i));
    return menus;
}

static json_t *list_keys(const char *keys)
{
    json_t *list = json_array();

    for (size_t n; *keys != '\0'; keys += n + (keys[n] != '\0')) {
        n = strcspn(keys, " ");
        json_array_append_new(list, json_stringn(keys, n));
    }
    return list;
}

void api_on_reload(void *ctx, struct http_call *call)
{
    struct gateway *g = ctx;

    log_info("admin.reload", LOG_S("user", http_call_user(call)));
    access_log_write(gateway_access_log(g), http_call_user(call), "reload", NULL, NULL, NULL, 0);
    if (gateway_reload(g))
        api_reply(call, json_pack("{s:b, s:o, s:o}", "reloaded", 1, "needs_restart",
                                  list_keys(gateway_needs_restart(g)), "menus", describe_menus(g)));
    else
        http_reply_error(
            call, 409,
            gateway_state(g) == GATEWAY_DRAINING
                ? "the gateway is draining"
                : "a fault that its log names (config.fault); the running configuration stays");
}

void api_on_status(void *ctx, struct http_call *call)
{
    const struct gateway *g = ctx;

    api_reply(call, json_pack("{s:s, s:s, s:s, s:b, s:o, s:i, s:o}", "instance",
                              gateway_config(g)->instance, "version", WARUNG_VERSION, "state",
                              gateway_state_name(gateway_state(g)), "store_ready",
                              (int)store_is_ready(gateway_store(g)), "started_at",
                              api_time(gateway_counters(g)->started_ms), "turns_live",
                              (int)turn_live(gateway_turns(g)), "menus", describe_menus(g)));
}
