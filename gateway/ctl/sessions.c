/*
 * warungctl sessions show
 *
 * Where a subscriber is, never what was typed: answers and the screen may hold names and a NIK.
 */
#include <jansson.h>
#include <stdio.h>

#include "gateway/ctl/access.h"

static json_t *version_text(const uint8_t id[MENU_ID_BYTES])
{
    char text[2 * MENU_ID_BYTES + 1];

    text_hex(text, id, MENU_ID_BYTES);
    return json_string(text);
}

static json_t *describe(const struct dossier *d)
{
    const struct session *s = &d->session;
    const struct menu_state *m = &d->state;
    json_t *answered = json_array();

    for (unsigned i = 0; i < m->answer_count; i++)
        json_array_append_new(answered, json_string(m->answers[i].field));
    return json_pack("{s:s, s:I, s:b, s:s, s:s, s:s, s:i, s:i, s:s, s:o, s:o, s:b, s:s, s:o, s:o, "
                     "s:i}",
                     "msisdn", d->msisdn, "version", (json_int_t)d->records.session_version,
                     "is_open", (int)s->is_open, "link", s->link, "code", s->code, "screen",
                     m->screen, "page", (int)m->page + 1, "errors", (int)m->errors, "language",
                     m->language, "menu_version", version_text(m->menu_id), "updated_at",
                     ctl_time(s->updated_ms), "has_draft", (int)m->has_draft, "draft_screen",
                     m->draft_screen, "draft_since", ctl_time(m->draft_since_ms), "answered",
                     answered, "debts", (int)s->debt_count);
}

static void print_people(const json_t *session)
{
    const char *key;
    json_t *value;

    json_object_foreach((json_t *)session, key, value)
    {
        printf("%-14s", key);
        if (json_is_array(value)) {
            for (size_t i = 0; i < json_array_size(value); i++)
                printf("%s%s", i > 0 ? " " : "", json_string_value(json_array_get(value, i)));
            putchar('\n');
        } else if (json_is_string(value)) {
            printf("%s\n", json_string_value(value));
        } else if (json_is_integer(value)) {
            printf("%lld\n", (long long)json_integer_value(value));
        } else {
            printf("%s\n", json_is_true(value) ? "yes" : json_is_false(value) ? "no" : "-");
        }
    }
}

static enum ctl_status show(struct dossier *d, const struct ctl_call *call)
{
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status = dossier_identify(d, call->words[0], regno);
    json_t *session;

    if (status == CTL_DONE)
        status = dossier_load(d);
    if (status != CTL_DONE)
        return status;
    if (d->records.session_version == 0) {
        ctl_complain("there is no session of %s", d->msisdn);
        return CTL_REFUSED;
    }
    status = access_log(d, "session-show", NULL, "ok");
    if (status != CTL_DONE)
        return status;
    session = describe(d);
    if (call->is_json) {
        ctl_print_json(session);
    } else {
        print_people(session);
    }
    json_decref(session);
    return CTL_DONE;
}

enum ctl_status ctl_sessions_show(const struct ctl_call *call)
{
    return dossier_with(call, show);
}
