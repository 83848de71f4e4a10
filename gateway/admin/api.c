#include "gateway/admin/api.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "base/isotime.h"
#include "base/version.h"
#include "gateway/gateway.h"

static json_t *time_text(int64_t wall_ms)
{
    char text[ISOTIME_BYTES];

    isotime_format(wall_ms, text);
    return json_string(text);
}

/* Takes the value. */
static void reply(struct http_call *call, json_t *value)
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
    reply(call,
          json_pack("{s:s, s:s, s:s, s:b, s:o, s:i, s:o}", "instance", gateway_config(g)->instance,
                    "version", WARUNG_VERSION, "state", gateway_state_name(gateway_state(g)),
                    "store_ready", (int)store_is_ready(gateway_store(g)), "started_at",
                    time_text(gateway_counters(g)->started_ms), "turns_live",
                    (int)turn_live(gateway_turns(g)), "menus", menus));
}

static json_t *describe_link(const char *peer, const char *role, const struct link *link)
{
    const struct link_counters *n = link_counters(link);

    return json_pack("{s:s, s:s, s:s, s:s, s:i, s:i, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I, s:I}",
                     "peer", peer, "role", role, "link", link_name(link), "state",
                     link_state_name(link_state(link)), "in_flight", (int)link_in_flight(link),
                     "queued", (int)link_queued(link), "pdus_in", (json_int_t)n->pdus_in,
                     "pdus_out", (json_int_t)n->pdus_out, "messages_in", (json_int_t)n->messages_in,
                     "submits_out", (json_int_t)n->submits_out, "throttled_in",
                     (json_int_t)n->throttled_in, "throttled_out", (json_int_t)n->throttled_out,
                     "malformed_in", (json_int_t)n->malformed_in, "timeouts",
                     (json_int_t)n->timeouts, "reconnects", (json_int_t)n->reconnects);
}

static void add_partner_link(void *list, struct link *link)
{
    json_t *object = describe_link(link_account(link), "partner", link);
    char address[NETADDR_TEXT_BYTES];

    link_peer(link, address);
    json_object_set_new(object, "address", json_string(address));
    json_array_append_new(list, object);
}

static void add_centre_link(json_t *list, const struct centre *c, unsigned index)
{
    json_t *object = describe_link(centre_name(c), "smsc", centre_link(c, index));

    json_object_set_new(object, "since", time_text(centre_link_since_ms(c, index)));
    json_object_set_new(object, "reason", json_string(centre_link_reason(c, index)));
    json_array_append_new(list, object);
}

void api_on_links(void *ctx, struct http_call *call)
{
    const struct gateway *g = ctx;
    json_t *list = json_array();
    struct centre *c;

    for (unsigned i = 0; (c = centres_at(gateway_centres(g), i)) != NULL; i++)
        for (unsigned j = 0; j < centre_link_count(c); j++)
            add_centre_link(list, c, j);
    partners_each_link(gateway_partners(g), add_partner_link, list);
    reply(call, list);
}
