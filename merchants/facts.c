/* What conditions may ask and texts may show. One row a fact: its name, kind, longest value in
 * characters, words, and the function that gives it. */
#include "merchants/reason.h"
#include "merchants/regno.h"
#include "merchants/work.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { FIRST_NAME_MAX = 54 }; /* so that "USAHA " with it is the name of a business */

typedef bool get_fn(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES]);

/* What a status screen tells: of the subscriber's own registration, or of somebody's that was found
 * by its number. */
struct told {
    bool is_own, is_frozen;
    char regno[MERCHANT_REGNO_BYTES];
    enum merchant_status status;
    int64_t submitted_ms;
    char reason[MERCHANT_CODE_BYTES];
};

/* The answer `lihat`, as registration_look_up() keeps it. */
static bool read_looked_up(const char *text, struct told *told)
{
    unsigned status, is_frozen = 0;

    if (sscanf(text, "%11s %u %" SCNd64 " %15s %u", told->regno, &status, &told->submitted_ms,
               told->reason, &is_frozen) < 4 ||
        status >= MERCHANT_STATUS_COUNT)
        return false;
    told->status = (enum merchant_status)status;
    told->is_own = false;
    told->is_frozen = is_frozen != 0;
    return true;
}

static bool find_told(struct programme *p, struct told *told)
{
    const char *looked_up = programme_answer(p, "lihat");
    const struct merchant *m;

    if (p->focus[0] == '\0' && looked_up != NULL)
        return read_looked_up(looked_up, told);
    m = programme_focus(p);
    if (m == NULL)
        return false;
    told->is_own = true;
    told->is_frozen = m->frozen_ms != 0;
    text_copy(told->regno, sizeof(told->regno), m->regno);
    told->status = m->status;
    told->submitted_ms = m->submitted_ms;
    text_copy(told->reason, sizeof(told->reason), m->reason);
    return true;
}

static bool put(char value[MENU_VALUE_BYTES], const char *text)
{
    text_copy(value, MENU_VALUE_BYTES, text);
    return text[0] != '\0';
}

static bool put_flag(char value[MENU_VALUE_BYTES], bool flag)
{
    return put(value, flag ? "1" : "");
}

static bool put_count(char value[MENU_VALUE_BYTES], unsigned count)
{
    text_decimal(value, count);
    return true;
}

static bool put_date(char value[MENU_VALUE_BYTES], int64_t wall_ms)
{
    calendar_format(wall_ms, value);
    return true;
}

/* --- registrations -------------------------------------------------------------------------- */

static bool get_live_count(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put_count(value, subscriber_count_live(&p->subscriber));
}

static bool get_shown_count(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    while (programme_shown(p, place) != NULL)
        place++;
    return put_count(value, place);
}

static bool get_status(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct told told;

    (void)place;
    return find_told(p, &told) && put(value, merchant_status_name(told.status));
}

static bool get_is_own(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct told told;

    (void)place;
    return find_told(p, &told) && put_flag(value, told.is_own);
}

static bool get_is_frozen(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct told told;

    (void)place;
    return find_told(p, &told) && put_flag(value, told.is_frozen);
}

static bool get_is_editable(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_focus(p);

    (void)place;
    return m != NULL && put_flag(value, merchant_is_editable(m));
}

static bool get_regno(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct told told;

    (void)place;
    if (!find_told(p, &told))
        return false;
    regno_format(told.regno, value);
    return true;
}

static bool get_submitted(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct told told;

    (void)place;
    return find_told(p, &told) && put_date(value, told.submitted_ms);
}

/* The last day on which a correction counts: the deadline is its end. */
static bool get_deadline(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_focus(p);

    (void)place;
    return m != NULL && m->deadline_ms != 0 && put_date(value, m->deadline_ms - 1);
}

static bool get_reason(struct programme *p, unsigned english, char value[MENU_VALUE_BYTES])
{
    struct told told;
    const struct reason *reason = find_told(p, &told) ? reason_find(told.reason) : NULL;

    return reason != NULL && put(value, english ? reason->text_en : reason->text_id);
}

static bool get_note(struct programme *p, unsigned english, char value[MENU_VALUE_BYTES])
{
    struct told told;
    const struct reason *note;

    if (!find_told(p, &told))
        return false;
    note = told.is_frozen ? reason_of_freeze() : reason_of_status(told.status);
    return put(value, english ? note->text_en : note->text_id);
}

static bool get_field_to_fix(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_focus(p);
    const struct reason *reason = m != NULL ? reason_find(m->reason) : NULL;

    (void)place;
    return reason != NULL && m->status == MERCHANT_PERLU_PERBAIKAN && put(value, reason->field);
}

/* A field of the registration in focus, by its row. */
static bool get_field(struct programme *p, unsigned row, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_focus(p);

    return m != NULL && put(value, field_value(field_at(row), m));
}

static bool put_last4(char value[MENU_VALUE_BYTES], const char *digits)
{
    size_t size = strlen(digits);

    if (size < 4)
        return put(value, "-");
    snprintf(value, MENU_VALUE_BYTES, "****%s", digits + size - 4);
    return true;
}

static bool get_nik4(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_focus(p);

    (void)place;
    return m != NULL && put_last4(value, m->nik);
}

static bool get_phone4(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put_last4(value, p->msisdn);
}

/* Of a list that the dialogue has kept (answers `pilih1` to `pilih3`, empty where it had ended),
 * else as they stand now. */
static const struct merchant *find_shown(struct programme *p, unsigned place)
{
    static const char *const kept[] = {"pilih1", "pilih2", "pilih3"};
    const char *number = p->state != NULL && place < sizeof(kept) / sizeof(kept[0])
                             ? menu_state_answer(p->state, kept[place])
                             : NULL;
    char regno[REGNO_BYTES];

    if (number == NULL)
        return programme_shown(p, place);
    return regno_parse(number, regno) ? subscriber_find(&p->subscriber, regno) : NULL;
}

static bool get_shown_business(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = find_shown(p, place);

    return m != NULL && put(value, m->business);
}

static bool get_shown_regno(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = programme_shown(p, place);

    if (m == NULL)
        return false;
    regno_format(m->regno, value);
    return true;
}

/* --- the draft and SMS ---------------------------------------------------------------------- */

/* "H.", "MUH.", and as people write them without the full stop: "HJ SITI", "IBU SITI", "I MADE". */
static bool is_title(const char *word, size_t n)
{
    static const char *const titles[] = {
        "HJ",  "HI",   "KH", "HAJI", "HAJJAH", "BAPAK", "BPK", "BP",    "PAK", "IBU",
        "BU",  "TUAN", "TN", "NY",   "NYONYA", "SDR",   "MAS", "MBAK",  "DR",  "DRS",
        "DRA", "DRG",  "IR", "PROF", "UST",    "USTAD", "NI",  "USTADZ"};

    if (n == 1 || (n <= 4 && strncmp(word + n, ". ", 2) == 0))
        return true;
    for (size_t i = 0; i < sizeof(titles) / sizeof(titles[0]); i++)
        if (strlen(titles[i]) == n && strncmp(titles[i], word, n) == 0)
            return true;
    return false;
}

/* "H. BUDI, S.E.": neither the title nor the comma belongs to it. */
static void keep_first_name(char value[MENU_VALUE_BYTES])
{
    static const char marks[] = " .,'-";
    const char *word = value + strspn(value, marks), *next;
    size_t n;

    for (;; word = next) {
        n = strcspn(word, " .,");
        next = word + n + strspn(word + n, marks);
        if (*next == '\0' || !is_title(word, n))
            break;
    }
    if (n > FIRST_NAME_MAX)
        n = FIRST_NAME_MAX;
    memmove(value, word, n);
    value[n] = '\0';
}

/* Of the name being typed (a correction's before a draft's), else of the registration; of what was
 * sent, not of a draft beside it. */
static bool get_first_name(struct programme *p, unsigned was_sent, char value[MENU_VALUE_BYTES])
{
    const char *name = programme_answer(p, "baru_nama");

    if (name == NULL && !was_sent)
        name = programme_answer(p, "nama");
    if (name != NULL)
        put(value, name);
    else if (!get_field(p, 0, value))
        return false;
    keep_first_name(value);
    return true;
}

/* The last day on the whole of which it is kept; but while it is there, no day that is over. */
static bool get_draft_end(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    int64_t last_ms;

    (void)place;
    if (p->state == NULL || !p->state->has_draft)
        return false;
    last_ms = p->state->draft_since_ms + p->periods.draft_ms - CALENDAR_DAY_MS;
    return put_date(value, last_ms > p->now_ms ? last_ms : p->now_ms);
}

static bool get_breach(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return p->breach_ms != 0 && put_date(value, p->breach_ms);
}

static bool get_today(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put_date(value, p->now_ms);
}

/* By SMS, fields come one by one: what came before, else what the registration holds (the regency
 * in which a district is looked up). */
static bool get_sms_field(struct programme *p, unsigned row, char value[MENU_VALUE_BYTES])
{
    const struct merchant *m = texting_find_placed(p);

    return m != NULL && put(value, field_value(field_at(row), m));
}

static bool get_field_words(struct programme *p, unsigned english, char value[MENU_VALUE_BYTES])
{
    return p->field != NULL && put(value, english ? p->field->words_en : p->field->words_id);
}

static bool get_example(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return p->field != NULL && put(value, p->field->example);
}

/* --- the number ----------------------------------------------------------------------------- */

static bool get_ticket(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put(value, p->ticket);
}

static bool get_slot(struct programme *p, unsigned english, char value[MENU_VALUE_BYTES])
{
    static const char *const words[2][3] = {{"pagi", "siang", "sore"},
                                            {"morning", "noon", "afternoon"}};

    if (p->slot < '1' || p->slot > '3')
        return false;
    return put(value, words[english][p->slot - '1']);
}

static bool get_is_stopped(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put_flag(value, p->subscriber.info_sms_stopped);
}

/* Short codes and names send SMS too: answering them is how two machines begin to talk. */
static bool get_is_machine(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    (void)place;
    return put_flag(value,
                    strlen(p->msisdn) < 8 || strspn(p->msisdn, "0123456789") != strlen(p->msisdn));
}

/* --- trainings ------------------------------------------------------------------------------ */

/* "Foto produk 28/11": as a line of a list. */
static bool get_listed(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct date date;
    struct seat seat;
    unsigned left;

    if (!joining_read_slot(p, place, &seat, &left))
        return false;
    date = calendar_date_at(seat.at_ms);
    snprintf(value, MENU_VALUE_BYTES, "%s %02u/%02u", seat.title, date.day % 100, date.month % 100);
    return true;
}

/* The number of the page's first training in the whole list. */
static bool get_page_first(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    unsigned count;

    (void)place;
    return put_count(value, joining_read_page(p, &count) + 1);
}

static bool get_has_more(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    unsigned count, first = joining_read_page(p, &count);

    (void)place;
    return put_flag(value, first + JOINING_PAGE < count);
}

/* The training that is meant: this turn's, else the one chosen in the dialogue. */
static bool find_seat(const struct programme *p, struct seat *seat, unsigned *left)
{
    const char *chosen = programme_answer(p, "latih_pilih");

    *left = 0;
    *seat = p->seat;
    return p->seat.id[0] != '\0' ||
           (chosen != NULL && joining_read_slot(p, (unsigned)(chosen[0] - '1'), seat, left));
}

static bool get_title(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct seat seat;
    unsigned left;

    (void)place;
    return find_seat(p, &seat, &left) && put(value, seat.title);
}

static bool get_time(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct seat seat;
    unsigned left;

    (void)place;
    if (!find_seat(p, &seat, &left))
        return false;
    training_format_time(seat.at_ms, value);
    return true;
}

static bool get_place(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct seat seat;
    unsigned left;

    (void)place;
    return find_seat(p, &seat, &left) && put(value, seat.place);
}

static bool get_seats_left(struct programme *p, unsigned place, char value[MENU_VALUE_BYTES])
{
    struct seat seat;
    unsigned left;

    (void)place;
    return find_seat(p, &seat, &left) && put_count(value, left);
}

/* --- the table ------------------------------------------------------------------------------ */

static const char *const status_words[] = {
    "DRAF", "TERKIRIM", "DIPERIKSA", "PERLU_PERBAIKAN", "DISETUJUI", "DITOLAK", "DIBATALKAN", NULL,
};
static const char *const field_words[] = {"nama", "nik", "usaha", "jenis", "kab", "telepon", NULL};

enum { ROW_NAMA, ROW_NIK, ROW_USAHA, ROW_JENIS, ROW_KAB, ROW_KEC, ROW_OMZET, ROW_HP };

#define FACTS(FACT)                                                                                \
    /* Registrations of this number that count against the limit, and that menus show. */          \
    FACT("jumlah", NUMBER, 1, NULL, get_live_count, 0)                                             \
    FACT("terdaftar", NUMBER, 1, NULL, get_shown_count, 0)                                         \
    FACT("usaha1", TEXT, 60, NULL, get_shown_business, 0)                                          \
    FACT("usaha2", TEXT, 60, NULL, get_shown_business, 1)                                          \
    FACT("usaha3", TEXT, 60, NULL, get_shown_business, 2)                                          \
    FACT("noreg1", TEXT, 13, NULL, get_shown_regno, 0)                                             \
    FACT("noreg2", TEXT, 13, NULL, get_shown_regno, 1)                                             \
    FACT("noreg3", TEXT, 13, NULL, get_shown_regno, 2)                                             \
    /* The one that is meant: chosen in the dialogue, found by number, or acted upon. */           \
    FACT("status", WORD, 15, status_words, get_status, 0)                                          \
    FACT("milik", FLAG, 1, NULL, get_is_own, 0)                                                    \
    FACT("beku", FLAG, 1, NULL, get_is_frozen, 0)                                                  \
    FACT("noreg", TEXT, 13, NULL, get_regno, 0)                                                    \
    FACT("tgl_kirim", TEXT, 10, NULL, get_submitted, 0)                                            \
    FACT("alasan", TEXT, 38, NULL, get_reason, 0)                                                  \
    FACT("alasan_en", TEXT, 38, NULL, get_reason, 1)                                               \
    FACT("catatan", TEXT, 38, NULL, get_note, 0)                                                   \
    FACT("catatan_en", TEXT, 38, NULL, get_note, 1)                                                \
    /* ... and only of one's own. */                                                               \
    FACT("boleh_ubah", FLAG, 1, NULL, get_is_editable, 0)                                          \
    FACT("perbaiki", WORD, 7, field_words, get_field_to_fix, 0)                                    \
    FACT("tgl_batas", TEXT, 10, NULL, get_deadline, 0)                                             \
    FACT("nama", TEXT, 60, NULL, get_field, ROW_NAMA)                                              \
    FACT("usaha", TEXT, 60, NULL, get_field, ROW_USAHA)                                            \
    FACT("jenis", TEXT, 15, NULL, get_field, ROW_JENIS)                                            \
    FACT("kab", TEXT, 4, NULL, get_field, ROW_KAB)                                                 \
    FACT("kec", TEXT, 6, NULL, get_field, ROW_KEC)                                                 \
    FACT("omzet", TEXT, 1, NULL, get_field, ROW_OMZET)                                             \
    FACT("hp", TEXT, 1, NULL, get_field, ROW_HP)                                                   \
    FACT("nik4", TEXT, 8, NULL, get_nik4, 0)                                                       \
    FACT("hp4", TEXT, 8, NULL, get_phone4, 0)                                                      \
    /* The draft. */                                                                               \
    FACT("nama_depan", TEXT, FIRST_NAME_MAX, NULL, get_first_name, 0)                              \
    FACT("nama_depan_daftar", TEXT, FIRST_NAME_MAX, NULL, get_first_name, 1)                       \
    FACT("tgl_draf", TEXT, 10, NULL, get_draft_end, 0)                                             \
    /* A registration being put together by SMS. */                                                \
    FACT("sms_nama", TEXT, 60, NULL, get_sms_field, ROW_NAMA)                                      \
    FACT("sms_usaha", TEXT, 60, NULL, get_sms_field, ROW_USAHA)                                    \
    FACT("sms_jenis", TEXT, 15, NULL, get_sms_field, ROW_JENIS)                                    \
    FACT("sms_kab", TEXT, 4, NULL, get_sms_field, ROW_KAB)                                         \
    FACT("sms_kec", TEXT, 6, NULL, get_sms_field, ROW_KEC)                                         \
    /* What was changed or is asked for next. */                                                   \
    FACT("isi", TEXT, 14, NULL, get_field_words, 0)                                                \
    FACT("isi_en", TEXT, 14, NULL, get_field_words, 1)                                             \
    FACT("contoh", TEXT, 20, NULL, get_example, 0)                                                 \
    /* Trainings: the page of the list, and the one that is meant. */                              \
    FACT("judul1", TEXT, 30, NULL, get_listed, 0)                                                  \
    FACT("judul2", TEXT, 30, NULL, get_listed, 1)                                                  \
    FACT("judul3", TEXT, 30, NULL, get_listed, 2)                                                  \
    FACT("latih_awal", NUMBER, 2, NULL, get_page_first, 0)                                         \
    FACT("latih_lagi", FLAG, 1, NULL, get_has_more, 0)                                             \
    FACT("judul", TEXT, 24, NULL, get_title, 0)                                                    \
    FACT("waktu", TEXT, 14, NULL, get_time, 0)                                                     \
    FACT("tempat", TEXT, 24, NULL, get_place, 0)                                                   \
    FACT("sisa", NUMBER, 3, NULL, get_seats_left, 0)                                               \
    /* The number and the day. */                                                                  \
    FACT("tiket", TEXT, 8, NULL, get_ticket, 0)                                                    \
    FACT("slot", TEXT, 5, NULL, get_slot, 0)                                                       \
    FACT("slot_en", TEXT, 9, NULL, get_slot, 1)                                                    \
    FACT("sms_berhenti", FLAG, 1, NULL, get_is_stopped, 0)                                         \
    FACT("mesin", FLAG, 1, NULL, get_is_machine, 0)                                                \
    FACT("tgl_bocor", TEXT, 10, NULL, get_breach, 0)                                               \
    FACT("hari_ini", TEXT, 10, NULL, get_today, 0)

#define AS_MENU_FACT(name, kind, max, words, get, place) {name, MENU_FACT_##kind, max, words},
#define AS_GETTER(name, kind, max, words, get, place)    {get, place},

const struct menu_fact programme_fact_table[PROGRAMME_FACT_COUNT] = {FACTS(AS_MENU_FACT)};
static const struct {
    get_fn *get;
    unsigned place;
} getters[] = {FACTS(AS_GETTER)};
_Static_assert(sizeof(getters) / sizeof(getters[0]) == PROGRAMME_FACT_COUNT, "rows of the table");

bool programme_get_fact(struct programme *p, const char *name, char value[MENU_VALUE_BYTES])
{
    value[0] = '\0';
    for (size_t i = 0; i < PROGRAMME_FACT_COUNT; i++) {
        if (!text_is_equal(programme_fact_table[i].name, name))
            continue;
        p->record_used = true;
        return getters[i].get(p, getters[i].place, value);
    }
    return false;
}
