#include "gateway/admin/api.h"

#include <jansson.h>
#include <stdlib.h>

#include "base/isotime.h"
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

static json_t *describe_menu(const struct menu *menu)
{
    char version[2 * MENU_ID_BYTES + 1];
    const uint8_t *id = menu_id(menu);

    for (int i = 0; i < MENU_ID_BYTES; i++)
        sprintf(version + 2 * i, "%02x", id[i]);
    return json_pack("{s:s, s:s}", "name", menu_name(menu), "version", version);
}

void api_on_status(void *ctx, struct http_call *call)
{
    const struct gateway *g = ctx;
    json_t *menus = json_array();
    const struct menu *menu;

    for (unsigned i = 0; (menu = router_at(gateway_router(g), i)) != NULL; i++)
        json_array_append_new(menus, describe_menu(menu));
    api_reply(call, json_pack("{s:s, s:s, s:s, s:b, s:o, s:i, s:o}", "instance",
                              gateway_config(g)->instance, "version", WARUNG_VERSION, "state",
                              gateway_state_name(gateway_state(g)), "store_ready",
                              (int)store_is_ready(gateway_store(g)), "started_at",
                              api_time(gateway_counters(g)->started_ms), "turns_live",
                              (int)turn_live(gateway_turns(g)), "menus", menus));
}
