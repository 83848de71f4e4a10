/*
 * warungctl push: a network-initiated dialogue owed to a subscriber. It is written into the store,
 * and the next gateway that looks sends it (gateway/turn/push.h): none has to run now.
 */
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/dossier.h"
#include "gateway/turn/push.h"

/* The code by which the menu is dialled; NULL after telling why there is none. */
static const char *find_code(const struct setup *setup, const char *name, const char *screen)
{
    const struct config *c = setup->config;

    for (unsigned i = 0; i < c->menu_count; i++) {
        const struct menu *menu = router_at(setup->router, i);

        if (strcmp(menu_name(menu), name) != 0)
            continue;
        if (c->menus[i].codes.count == 0) {
            ctl_complain("the menu %s has no code to dial", name);
            return NULL;
        }
        if (menu_can_push(menu, screen))
            return c->menus[i].codes.items[0];
        ctl_complain("the menu %s has no screen and no text %s", name, screen);
        return NULL;
    }
    ctl_complain("no menu is called %s", name);
    return NULL;
}

static bool has_link(const struct config *c, const char *name)
{
    for (size_t i = 0; i < c->smsc_count; i++)
        if (strcmp(c->smsc[i].name, name) == 0)
            return true;
    for (size_t i = 0; i < c->partners.account_count; i++)
        if (strcmp(c->partners.accounts[i].system_id, name) == 0)
            return true;
    ctl_complain("no centre and no partner is called %s", name);
    return false;
}

static enum ctl_status owe(struct dossier *d, const struct push_entry *entry)
{
    char subject[VAULT_SUBJECT_BYTES];
    struct store_commit commit = {.msisdn = d->msisdn, .owed_count = 1, .subject = subject};
    uint8_t octets[STORE_OWED_BYTES_MAX];
    enum store_result result;
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    if (!push_encode(entry, d->setup.vault, &w)) {
        ctl_complain("the push cannot be sealed");
        return CTL_REFUSED;
    }
    vault_subject(d->setup.vault, d->msisdn, subject);
    commit.owed[0] = writer_span(&w);
    result = hand_commit(d->hand, &commit);
    return result == STORE_OK ? CTL_DONE : (enum ctl_status)hand_complain(result);
}

static enum ctl_status push(struct dossier *d, const struct ctl_call *call)
{
    const struct config *c = d->setup.config;
    unsigned for_s = call->for_s != 0 ? call->for_s : c->turn.push_expiry_s;
    struct push_entry entry = {.expires_ms = clock_wall_ms() + (int64_t)for_s * 1000};
    const char *code = find_code(&d->setup, call->menu, call->screen);
    char regno[MERCHANT_REGNO_BYTES];
    enum ctl_status status;

    if (code == NULL || (call->link != NULL && !has_link(c, call->link)))
        return CTL_REFUSED;
    status = dossier_identify(d, call->words[0], regno);
    if (status != CTL_DONE)
        return status;
    text_copy(entry.msisdn, sizeof(entry.msisdn), d->msisdn);
    text_copy(entry.link, sizeof(entry.link), call->link != NULL ? call->link : "");
    text_copy(entry.code, sizeof(entry.code), code);
    if (!text_copy(entry.screen, sizeof(entry.screen), call->screen))
        return CTL_REFUSED;
    status = access_log(d, "push", call->screen, "owed");
    if (status == CTL_DONE)
        status = owe(d, &entry);
    if (status != CTL_DONE)
        return status;
    if (call->is_json)
        printf("{\"msisdn\": \"%s\", \"menu\": \"%s\", \"screen\": \"%s\", \"for_s\": %u}\n",
               d->msisdn, call->menu, call->screen, for_s);
    else
        printf("owed to %s for %u seconds\n", d->msisdn, for_s);
    return CTL_DONE;
}

enum ctl_status ctl_push(const struct ctl_call *call)
{
    enum ctl_status status = CTL_USAGE;
    struct dossier *d;

    if (call->menu == NULL || call->screen == NULL) {
        ctl_complain("push needs --menu and --screen");
        return CTL_USAGE;
    }
    d = dossier_open(call, &status);
    if (d == NULL)
        return status;
    status = push(d, call);
    dossier_close(d);
    return status;
}
