/* What a configuration may say, and is hardly meant. */
#include "gateway/config.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/source.h"
#include "gateway/carrier.h"

struct hearer {
    source_fault_fn *on_doubt;
    void *arg;
};

static void __attribute__((format(printf, 3, 4)))
tell(const struct hearer *h, const struct config_place *place, const char *format, ...)
{
    char text[512] = SOURCE_WARNING;
    va_list args;

    va_start(args, format);
    vsnprintf(text + strlen(text), sizeof(text) - strlen(text), format, args);
    va_end(args);
    h->on_doubt(h->arg, place->file, place->line, 0, text);
}

static bool may_come_through(const struct config_menu *m, const char *peer,
                             const struct config_strings *codes, const char *code)
{
    bool is_peer = m->peers.count == 0;

    for (size_t i = 0; i < m->peers.count; i++)
        is_peer = is_peer || strcmp(m->peers.items[i], peer) == 0;
    return is_peer && carrier_takes(codes, code);
}

static bool is_routed(const struct config *c, const struct config_menu *m, const char *code)
{
    const struct config_partners *p = &c->partners;

    for (size_t i = 0; i < c->smsc_count; i++)
        if (may_come_through(m, c->smsc[i].name, &c->smsc[i].codes, code))
            return true;
    for (size_t i = 0; i < p->account_count; i++)
        if (may_come_through(m, p->accounts[i].system_id, &p->accounts[i].codes, code))
            return true;
    return false;
}

static void doubt_codes(const struct config *c, const struct config_menu *m,
                        const struct config_strings *codes, const struct hearer *h)
{
    for (size_t i = 0; i < codes->count; i++)
        if (!is_routed(c, m, codes->items[i]))
            tell(h, &m->place, "no smsc and no account of this menu has %s among its codes",
                 codes->items[i]);
}

static bool is_taken(const char *listen, const char *other)
{
    const char *port = strrchr(listen, ':');

    return strcmp(listen, other) == 0 && port != NULL && strcmp(port, ":0") != 0;
}

static void doubt_ports(const struct config *c, const struct hearer *h)
{
    const struct config_strings *listen = &c->partners.listen;

    for (size_t i = 0; i < listen->count; i++) {
        bool is_double = is_taken(listen->items[i], c->admin.listen);

        for (size_t j = 0; j < i; j++)
            is_double = is_double || is_taken(listen->items[i], listen->items[j]);
        if (is_double)
            tell(h, &c->at[CONFIG_AT_LISTEN],
                 "partners.listen: %s is taken twice: the gateway will not start",
                 listen->items[i]);
    }
    if (listen->count > 0 && c->partners.account_count == 0)
        tell(h, &c->at[CONFIG_AT_LISTEN], "partners.listen without accounts: nobody can bind");
}

static void doubt_certificate(const struct config_tls *tls, const struct config_place *place,
                              int64_t now_s, const struct hearer *h)
{
    time_t end = (time_t)tls->expires_s;
    char text[32];
    struct tm tm;

    if (!tls->is_on || tls->expires_s == 0 || tls->expires_s > now_s)
        return;
    gmtime_r(&end, &tm);
    strftime(text, sizeof(text), "%Y-%m-%d %H:%M", &tm);
    tell(h, place, "a certificate of %s ended at %s UTC: who checks it will turn us away",
         tls->cert, text);
}

void config_doubt_certificates(const struct config *c, int64_t now_s, source_fault_fn *on_doubt,
                               void *arg)
{
    struct hearer h = {on_doubt, arg};

    for (size_t i = 0; i < c->smsc_count; i++)
        doubt_certificate(&c->smsc[i].tls, &c->smsc[i].place, now_s, &h);
    doubt_certificate(&c->partners.tls, &c->at[CONFIG_AT_PARTNERS_TLS], now_s, &h);
}

/* A partner that comes back after a restart opens all of its binds at once, most from one address.
 */
static void doubt_binds(const struct config_partners *p, const struct hearer *h)
{
    for (size_t i = 0; i < p->account_count; i++)
        if (p->accounts[i].max_binds > p->unbound_per_address_max)
            tell(
                h, &p->accounts[i].place,
                "account \"%s\" may have %u binds, and of those that come from one address at once "
                "all but %u are cut off: raise partners.unbound_per_address_max",
                p->accounts[i].system_id, p->accounts[i].max_binds, p->unbound_per_address_max);
}

static const char *centre_of(const struct config_smsc *s)
{
    return s->centre[0] != '\0' ? s->centre : s->name;
}

/* Once an entry: two sites of one centre have two hosts, two centres on a host two accounts. */
static void doubt_centre(const struct config *c, const struct config_smsc *s,
                         const struct hearer *h)
{
    for (const struct config_smsc *other = c->smsc; other < s; other++) {
        if (strcmp(s->host, other->host) != 0 || strcmp(s->system_id, other->system_id) != 0 ||
            strcmp(centre_of(s), centre_of(other)) == 0)
            continue;
        tell(h, &s->place,
             "smsc \"%s\" and \"%s\" are one account at one host, and two centres: what one sends "
             "and the other hears of is not known there; give both the same centre",
             other->name, s->name);
        return;
    }
}

/* A screen leaves by its dial's entry, or not at all; an SMS finds another. */
static void doubt_receiver(const struct config *c, const struct config_smsc *s,
                           const struct hearer *h)
{
    bool takes_dials = false;

    for (size_t i = 0; i < c->menu_count && s->codes.count == 0; i++)
        takes_dials = takes_dials || c->menus[i].codes.count != 0;
    for (size_t i = 0; i < s->codes.count; i++)
        takes_dials = takes_dials || s->codes.items[i][0] == '*' || s->codes.items[i][0] == '#';
    if (s->bind == CONFIG_BIND_RECEIVER && takes_dials)
        tell(h, &s->place,
             "smsc \"%s\" only receives: who dials through it gets no screen, whatever other "
             "entries can send; \"pair\" binds a transmitter, too",
             s->name);
}

/* What is dialled is known as "*384#" or "384", however it came; numbers begin with a country's. */
static void doubt_form(const struct config_place *place, const struct config_strings *codes,
                       const struct config_strings *prefixes, const struct hearer *h)
{
    for (size_t i = 0; i < codes->count; i++) {
        const char *code = codes->items[i];

        if ((code[0] == '*' || code[0] == '#') != (code[strlen(code) - 1] == '#'))
            tell(h, place,
                 "code %s: no input comes for it; a USSD code is as *384#, a short number as 384",
                 code);
    }
    for (size_t i = 0; prefixes != NULL && i < prefixes->count; i++)
        if (prefixes->items[i][0] == '0')
            tell(h, place, "prefix %s: no number begins so; with its country code it is as 62812",
                 prefixes->items[i]);
}

void config_doubt(const struct config *c, source_fault_fn *on_doubt, void *arg)
{
    struct hearer h = {on_doubt, arg};

    doubt_ports(c, &h);
    doubt_binds(&c->partners, &h);
    for (size_t i = 0; i < c->smsc_count; i++) {
        doubt_centre(c, &c->smsc[i], &h);
        doubt_receiver(c, &c->smsc[i], &h);
        doubt_form(&c->smsc[i].place, &c->smsc[i].codes, &c->smsc[i].prefixes, &h);
    }
    for (size_t i = 0; i < c->partners.account_count; i++)
        doubt_form(&c->partners.accounts[i].place, &c->partners.accounts[i].codes,
                   &c->partners.accounts[i].prefixes, &h);
    for (size_t i = 0; i < c->menu_count; i++) {
        doubt_form(&c->menus[i].place, &c->menus[i].codes, NULL, &h);
        doubt_codes(c, &c->menus[i], &c->menus[i].codes, &h);
        doubt_codes(c, &c->menus[i], &c->menus[i].sms, &h);
    }
}
