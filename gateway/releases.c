#include "gateway/releases.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "base/mem.h"

enum { FORMAT = 2 };

static const char *const state_names[] = {"in force", "on trial", "superseded", "taken back"};

const char *release_state_name(enum release_state state)
{
    return state_names[state];
}

void releases_hex(const uint8_t id[MENU_ID_BYTES], char hex[RELEASES_HEX_BYTES])
{
    text_hex(hex, id, MENU_ID_BYTES);
}

void releases_key(const uint8_t id[MENU_ID_BYTES], char key[RELEASES_KEY_BYTES])
{
    static const char prefix[] = "menu:";

    memcpy(key, prefix, sizeof(prefix));
    releases_hex(id, key + sizeof(prefix) - 1);
}

void releases_init(struct releases *r)
{
    r->count = 0;
    r->file_count = 0;
}

static void forget_numbers(struct release *release)
{
    mem_free(release->numbers);
    release->numbers = NULL;
    release->number_count = 0;
    release->percent = 0;
}

void releases_fini(struct releases *r)
{
    for (unsigned i = 0; i < r->count; i++)
        forget_numbers(&r->list[i]);
    releases_init(r);
}

static void set_numbers(struct release *release, const char (*numbers)[RELEASES_MSISDN_BYTES],
                        unsigned count)
{
    assert(count <= RELEASES_NUMBERS_MAX);
    release->numbers = count > 0 ? mem_dup(numbers, count * sizeof(*numbers)) : NULL;
    release->number_count = (uint8_t)count;
}

void releases_copy(struct releases *to, const struct releases *from)
{
    releases_fini(to);
    *to = *from;
    for (unsigned i = 0; i < to->count; i++)
        set_numbers(&to->list[i], from->list[i].numbers, from->list[i].number_count);
}

/* ---- the record ---- */

static void encode_release(const struct release *release, struct writer *w)
{
    writer_bytes(w, release->id, MENU_ID_BYTES);
    writer_string8(w, release->menu);
    writer_u8(w, (uint8_t)release->state);
    writer_u64(w, (uint64_t)release->since_ms);
    writer_u64(w, (uint64_t)release->used_ms);
    writer_string8(w, release->by);
    writer_u8(w, release->percent);
    writer_u8(w, release->number_count);
    for (unsigned i = 0; i < release->number_count; i++)
        writer_string8(w, release->numbers[i]);
}

void releases_encode(const struct releases *r, struct writer *w)
{
    writer_u8(w, FORMAT);
    writer_u16(w, (uint16_t)r->count);
    for (unsigned i = 0; i < r->count; i++)
        encode_release(&r->list[i], w);
    writer_u16(w, (uint16_t)r->file_count);
    for (unsigned i = 0; i < r->file_count; i++) {
        writer_string8(w, r->files[i].instance);
        writer_string8(w, r->files[i].menu);
        writer_bytes(w, r->files[i].id, MENU_ID_BYTES);
    }
}

static void decode_id(struct reader *in, uint8_t id[MENU_ID_BYTES])
{
    struct span octets = reader_bytes(in, MENU_ID_BYTES);

    if (octets.size == MENU_ID_BYTES)
        memcpy(id, octets.data, MENU_ID_BYTES);
}

static bool decode_release(struct reader *in, struct release *release)
{
    char numbers[RELEASES_NUMBERS_MAX][RELEASES_MSISDN_BYTES];
    uint8_t state, count;

    memset(release, 0, sizeof(*release));
    decode_id(in, release->id);
    reader_string8(in, release->menu, sizeof(release->menu));
    state = reader_u8(in);
    release->since_ms = (int64_t)reader_u64(in);
    release->used_ms = (int64_t)reader_u64(in);
    reader_string8(in, release->by, sizeof(release->by));
    release->percent = reader_u8(in);
    count = reader_u8(in);
    if (state > RELEASE_TAKEN_BACK || count > RELEASES_NUMBERS_MAX)
        return false;
    release->state = (enum release_state)state;
    for (unsigned i = 0; i < count; i++)
        reader_string8(in, numbers[i], sizeof(numbers[i]));
    if (in->failed)
        return false;
    set_numbers(release, numbers, count);
    return true;
}

static bool is_id(const uint8_t *a, const uint8_t *b)
{
    return memcmp(a, b, MENU_ID_BYTES) == 0;
}

const struct release *releases_find(const struct releases *r, const uint8_t id[MENU_ID_BYTES])
{
    for (unsigned i = 0; i < r->count; i++)
        if (is_id(r->list[i].id, id))
            return &r->list[i];
    return NULL;
}

/* A version stands in the list once: what finds by id relies on it. */
static bool decode_list(struct reader *in, struct releases *r)
{
    unsigned count = reader_u16(in);

    if (count > RELEASES_MAX)
        return false;
    while (r->count < count) {
        struct release *release = &r->list[r->count];
        bool is_known;

        if (!decode_release(in, release))
            return false;
        is_known = releases_find(r, release->id) != NULL;
        r->count++; /* whose numbers are freed with the list */
        if (is_known)
            return false;
    }
    return true;
}

static bool decode_files(struct reader *in, struct releases *r)
{
    unsigned count = reader_u16(in);

    if (count > RELEASES_FILES_MAX)
        return false;
    for (; r->file_count < count && !in->failed; r->file_count++) {
        struct release_file *file = &r->files[r->file_count];

        reader_string8(in, file->instance, sizeof(file->instance));
        reader_string8(in, file->menu, sizeof(file->menu));
        decode_id(in, file->id);
    }
    return !in->failed;
}

bool releases_decode(struct releases *r, struct span record)
{
    struct reader in;

    releases_fini(r);
    if (record.size == 0)
        return true;
    reader_init(&in, record);
    if (reader_u8(&in) == FORMAT && decode_list(&in, r) && decode_files(&in, r) &&
        reader_left(&in) == 0)
        return true;
    releases_fini(r);
    return false;
}

/* ---- finding ---- */

/* The newest in a state. */
static const struct release *find_state(const struct releases *r, const char *menu,
                                        enum release_state state)
{
    for (unsigned i = 0; i < r->count; i++)
        if (r->list[i].state == state && strcmp(r->list[i].menu, menu) == 0)
            return &r->list[i];
    return NULL;
}

const struct release *releases_in_force(const struct releases *r, const char *menu)
{
    return find_state(r, menu, RELEASE_IN_FORCE);
}

const struct release *releases_on_trial(const struct releases *r, const char *menu)
{
    return find_state(r, menu, RELEASE_ON_TRIAL);
}

const struct release *releases_last_good(const struct releases *r, const char *menu)
{
    return find_state(r, menu, RELEASE_SUPERSEDED);
}

bool releases_is_kept(const struct releases *r, const struct release *release)
{
    return release->state == RELEASE_IN_FORCE || release->state == RELEASE_ON_TRIAL ||
           release == releases_last_good(r, release->menu);
}

/* ---- changing ---- */

static void remove_at(struct releases *r, unsigned at)
{
    forget_numbers(&r->list[at]);
    r->count--;
    memmove(&r->list[at], &r->list[at + 1], (r->count - at) * sizeof(r->list[0]));
}

/* Full: the oldest that no new dial needs goes. There is always one: of each menu at most three are
 * kept, and menus are few (CONFIG_MENUS_MAX); those of menus long gone are old. */
static void make_room(struct releases *r)
{
    unsigned at = r->count;

    if (r->count < RELEASES_MAX)
        return;
    while (at > 0 && releases_is_kept(r, &r->list[at - 1]))
        at--;
    remove_at(r, at > 0 ? at - 1 : r->count - 1);
}

/* Changes the state of a version, new or known, and puts it in front. Both who begins and who ends
 * to be used is used now. Menu and id may be those of an entry. */
static struct release *enter(struct releases *r, const char *menu, const uint8_t *id,
                             enum release_state state, const char *by, int64_t now_ms)
{
    const struct release *known = releases_find(r, id);
    struct release entry = {.state = state, .since_ms = now_ms, .used_ms = now_ms};

    memcpy(entry.id, id, MENU_ID_BYTES);
    text_copy(entry.menu, sizeof(entry.menu), menu);
    text_copy(entry.by, sizeof(entry.by), by);
    if (known != NULL)
        remove_at(r, (unsigned)(known - r->list));
    make_room(r);
    memmove(&r->list[1], &r->list[0], r->count * sizeof(r->list[0]));
    r->list[0] = entry;
    r->count++;
    return &r->list[0];
}

/* Takes a version out of use. */
static void leave(struct releases *r, const struct release *release, enum release_state as,
                  const char *by, int64_t now_ms)
{
    if (release != NULL)
        enter(r, release->menu, release->id, as, by, now_ms);
}

void releases_put_in_force(struct releases *r, const char *menu, const uint8_t id[MENU_ID_BYTES],
                           enum release_state leaves_as, const char *by, int64_t now_ms)
{
    const struct release *before = releases_in_force(r, menu);
    uint8_t entering[MENU_ID_BYTES]; /* the caller's may be an entry's, which moves */

    memcpy(entering, id, sizeof(entering));
    if (before != NULL && is_id(before->id, id))
        return;
    leave(r, before, leaves_as, by, now_ms);
    enter(r, menu, entering, RELEASE_IN_FORCE, by, now_ms);
}

void releases_try(struct releases *r, const char *menu, const uint8_t id[MENU_ID_BYTES],
                  unsigned percent, const char (*numbers)[RELEASES_MSISDN_BYTES],
                  unsigned number_count, const char *by, int64_t now_ms)
{
    const struct release *before = releases_on_trial(r, menu);
    const struct release *in_force = releases_in_force(r, menu);
    uint8_t entering[MENU_ID_BYTES];
    struct release *trial;

    memcpy(entering, id, sizeof(entering));
    assert(in_force == NULL || !is_id(in_force->id, id));
    if (before != NULL && !is_id(before->id, id))
        leave(r, before, RELEASE_TAKEN_BACK, by, now_ms);
    trial = enter(r, menu, entering, RELEASE_ON_TRIAL, by, now_ms);
    trial->percent = (uint8_t)(percent < 100 ? percent : 100);
    set_numbers(trial, numbers, number_count);
}

void releases_withdraw(struct releases *r, const char *menu, const char *by, int64_t now_ms)
{
    leave(r, releases_on_trial(r, menu), RELEASE_TAKEN_BACK, by, now_ms);
}

void releases_refresh(struct releases *r, const char *menu, int64_t now_ms)
{
    for (unsigned i = 0; i < r->count; i++)
        if (strcmp(r->list[i].menu, menu) == 0 && releases_is_kept(r, &r->list[i]))
            r->list[i].used_ms = now_ms;
}

void releases_expire(struct releases *r, int64_t now_ms)
{
    /* What was taken back is remembered for as long as there is room: its file may still lie
     * somewhere. */
    for (unsigned i = r->count; i-- > 0;)
        if (r->list[i].state != RELEASE_TAKEN_BACK &&
            r->list[i].used_ms < now_ms - (int64_t)RELEASES_KEEP_S * 1000)
            remove_at(r, i);
}

/* True when the instance has not read this version of the file before. */
static bool note_file(struct releases *r, const char *instance, const char *menu, const uint8_t *id)
{
    struct release_file file;
    unsigned at = 0;
    bool is_known;

    while (at < r->file_count &&
           (strcmp(r->files[at].instance, instance) != 0 || strcmp(r->files[at].menu, menu) != 0))
        at++;
    is_known = at < r->file_count;
    if (is_known && is_id(r->files[at].id, id))
        return false;
    memset(&file, 0, sizeof(file));
    text_copy(file.instance, sizeof(file.instance), instance);
    text_copy(file.menu, sizeof(file.menu), menu);
    memcpy(file.id, id, MENU_ID_BYTES);
    if (!is_known && r->file_count < RELEASES_FILES_MAX)
        r->file_count++;
    else if (!is_known)
        at--;
    memmove(&r->files[1], &r->files[0], at * sizeof(r->files[0]));
    r->files[0] = file;
    /* The file of an instance that nobody has seen: new only when its version is. */
    return is_known || releases_find(r, id) == NULL;
}

enum releases_offer releases_offer(struct releases *r, const char *instance, const char *menu,
                                   const uint8_t id[MENU_ID_BYTES], int64_t now_ms)
{
    bool is_new = note_file(r, instance, menu, id);
    const struct release *known = releases_find(r, id);
    const struct release *in_force = releases_in_force(r, menu);

    if (in_force != NULL && in_force == known)
        return RELEASES_SAME;
    if (in_force != NULL && known != NULL && known->state == RELEASE_TAKEN_BACK)
        return RELEASES_TAKEN_BACK;
    if (in_force != NULL && known != NULL && known->state == RELEASE_ON_TRIAL)
        return RELEASES_TRIED;
    if (in_force != NULL && !is_new)
        return RELEASES_UNCHANGED;
    releases_put_in_force(r, menu, id, RELEASE_SUPERSEDED, instance, now_ms);
    return RELEASES_PUBLISHED;
}

/* ---- who tries ---- */

/* FNV-1a, its high bits stirred in: by the version too, so that not the same people try each. */
static unsigned share_of(const struct release *trial, const char *msisdn)
{
    uint64_t h = 14695981039346656037u;

    for (unsigned i = 0; i < MENU_ID_BYTES; i++)
        h = (h ^ trial->id[i]) * 1099511628211u;
    for (; *msisdn != '\0'; msisdn++)
        h = (h ^ (uint8_t)*msisdn) * 1099511628211u;
    h ^= h >> 32;
    h *= 0x9e3779b97f4a7c15u;
    return (unsigned)((h >> 32) % 100);
}

bool release_is_for(const struct release *trial, const char *msisdn)
{
    for (unsigned i = 0; i < trial->number_count; i++)
        if (strcmp(trial->numbers[i], msisdn) == 0)
            return true;
    return share_of(trial, msisdn) < trial->percent;
}
