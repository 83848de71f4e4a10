#include "tests/sim/menus.h"

#include "base/mem.h"
#include "merchants/programme.h"

#include <stdio.h>
#include <string.h>

static void print_fault(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    fprintf(stderr, "%s:%u: %s\n", fault->file, fault->line, fault->text);
}

/* Another version of the menu: other words for the steps, so that a screen tells which it is of. */
static struct menu *make_other_version(const struct menu *menu)
{
    static const char word[] = "Langkah {s}", other[] = "Tahap {s}";
    struct span source = menu_source(menu);
    char *text = mem_alloc(source.size + 1), *to = text;
    const char *from = (const char *)source.data, *end = from + source.size;
    struct menu *made;

    while (from < end) {
        if ((size_t)(end - from) >= sizeof(word) - 1 && memcmp(from, word, sizeof(word) - 1) == 0) {
            to = mempcpy(to, other, sizeof(other) - 1);
            from += sizeof(word) - 1;
        } else {
            *to++ = *from++;
        }
    }
    made = menu_load_source(span_of(text, (size_t)(to - text)), &programme_vocabulary, print_fault,
                            NULL);
    mem_free(text);
    return made;
}

static void say_in_force(struct releases *r, const struct menu *menu)
{
    struct release *release = &r->list[0];

    releases_init(r);
    memcpy(release->id, menu_id(menu), MENU_ID_BYTES);
    text_copy(release->menu, sizeof(release->menu), menu_name(menu));
    release->state = RELEASE_IN_FORCE;
    r->count = 1;
}

bool sim_menus_load(struct sim_menus *m)
{
    static const char *codes[] = {"*384#"}, *sms[] = {"384"};
    struct config_menu shipped = {
        .file = "conf/menus/terususaha.cfg", .codes = {codes, 1}, .sms = {sms, 1}};
    struct config config = {.menus = &shipped, .menu_count = 1, .turn.draft_ttl_s = 7 * 86400};
    const struct menu *menu;
    struct menu *other;

    m->router = router_new();
    if (!router_load(m->router, &config, &programme_vocabulary, print_fault, NULL))
        return false;
    menu = router_at(m->router, 0);
    other = make_other_version(menu);
    if (other == NULL)
        return false;
    say_in_force(&m->versions[0], menu);
    say_in_force(&m->versions[1], other);
    router_add_version(m->router, other);
    return true;
}

void sim_menus_put_in_force(const struct sim_menus *m, unsigned version)
{
    router_apply(m->router, &m->versions[version]);
}

void sim_menus_free(struct sim_menus *m)
{
    for (unsigned i = 0; i < 2; i++)
        releases_fini(&m->versions[i]);
    router_free(m->router);
}
