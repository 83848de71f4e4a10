/*
 * warungctl breach: tells the people concerned that their data leaked (UU 27/2022 Art. 46), once
 * each, however often it is run for the same day.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/map.h"
#include "base/mem.h"
#include "gateway/ctl/access.h"
#include "gateway/ctl/when.h"
#include "menus/diff.h"
#include "menus/load.h"
#include "merchants/calendar.h"
#include "merchants/msisdn.h"

struct told {
    struct map_node node;
    char subject[JOURNAL_WORD_BYTES];
};

struct breach {
    struct dossier *dossier;
    char object[JOURNAL_WORD_BYTES]; /* of the journal: "BOCOR-20261127" */
    int64_t day_ms;
    struct map told;   /* subjects told by an earlier run, by another one now, or by this one */
    uint64_t *read_ms; /* of each bucket: its journal has been read so far */
    uint64_t now_ms;   /* ... of the one that is read */
    bool was_told;     /* while we loaded the record */
    unsigned now_told, told_before, unknown, unreadable;
};

/* ---- who has been told ---- */

static bool is_told(const struct breach *b, const char *subject)
{
    return map_find(&b->told, span_of_string(subject)) != NULL;
}

static void note_told(struct breach *b, const char *subject)
{
    struct told *t = mem_zalloc(sizeof(*t));

    text_copy(t->subject, sizeof(t->subject), subject);
    map_add(&b->told, &t->node, span_of_string(t->subject));
}

static void on_entry(void *arg, const struct store_taken *entry)
{
    struct breach *b = arg;
    struct journal_entry e;

    b->now_ms = entry->id.ms;
    if (!journal_decode(&e, entry->body) || strcmp(e.event, PROGRAMME_BREACH_EVENT) != 0 ||
        strcmp(e.object, b->object) != 0 || is_told(b, e.subject))
        return;
    note_told(b, e.subject);
}

/* What its journal has got since it was last read; of the last millisecond more may have come. */
static enum store_result read_bucket(struct breach *b, unsigned bucket)
{
    uint64_t *read_ms = &b->read_ms[bucket];
    enum store_result result;

    b->now_ms = *read_ms;
    result = hand_log_since(b->dossier->hand, bucket, STORE_LOG_JOURNAL,
                            *read_ms > 0 ? (int64_t)*read_ms - 1 : 0, on_entry, b);
    *read_ms = b->now_ms;
    return result;
}

/* For the first of a bucket, behind a write that replicas have confirmed: what an earlier run wrote
 * and this reads is not lost any more in a fail-over. */
static enum store_result read_once(struct breach *b, const char *msisdn)
{
    unsigned bucket = store_bucket(hand_store(b->dossier->hand), msisdn);
    enum store_result result;

    if (b->read_ms[bucket] > 0)
        return STORE_OK;
    result = hand_confirm(b->dossier->hand, msisdn);
    return result == STORE_OK ? read_bucket(b, bucket) : result;
}

static void free_told(struct breach *b)
{
    struct map_node *node;

    while ((node = map_first(&b->told)) != NULL) {
        map_remove(&b->told, node);
        mem_free(MAP_ITEM(node, struct told, node));
    }
    map_fini(&b->told);
}

/* ---- telling ---- */

/* Another officer may be at it, too. What he told by now is in the journal; what he tells from now
 * on changes the record that we have loaded, and meets our commit as a conflict. */
static enum ctl_status owe(struct dossier *d, void *arg)
{
    struct breach *b = arg;
    char subject[VAULT_SUBJECT_BYTES];
    enum store_result result = read_bucket(b, store_bucket(hand_store(d->hand), d->msisdn));

    if (result != STORE_OK)
        return hand_complain(result);
    vault_subject(d->setup.vault, d->msisdn, subject);
    b->was_told = is_told(b, subject);
    if (d->records.merchant_version != 0 && !b->was_told)
        programme_tell_breach(&d->programme, b->object, b->day_ms);
    return CTL_DONE;
}

/* d->msisdn is told. */
static enum ctl_status tell(struct breach *b)
{
    struct dossier *d = b->dossier;
    char subject[VAULT_SUBJECT_BYTES];
    enum ctl_status status = hand_complain(read_once(b, d->msisdn));

    if (status != CTL_DONE)
        return status;
    vault_subject(d->setup.vault, d->msisdn, subject);
    if (is_told(b, subject)) {
        status = hand_complain(hand_confirm(d->hand, d->msisdn)); /* of one that runs beside us */
        b->told_before += status == CTL_DONE;
        return status;
    }
    status = dossier_change(d, owe, b);
    if (status == CTL_REFUSED && d->is_unreadable) {
        b->unreadable++; /* that was told; the others have the same right to know */
        return CTL_DONE;
    }
    if (status != CTL_DONE)
        return status;
    if (b->was_told) {
        b->told_before++;
    } else if (d->records.merchant_version == 0) {
        ctl_complain("no record is held of %s", d->msisdn); /* others must tell them */
        b->unknown++;
    } else {
        note_told(b, subject); /* a list may name them again, by another registration, say */
        b->now_told++;
    }
    return CTL_DONE;
}

static enum ctl_status tell_all(struct breach *b)
{
    struct hand_items items;
    enum store_result result =
        hand_list(b->dossier->hand, (const char *const[]){STORE_PEOPLE_SET, NULL}, &items);
    enum ctl_status status = hand_complain(result);

    for (size_t i = 0; i < items.count && status == CTL_DONE; i++) {
        text_copy(b->dossier->msisdn, sizeof(b->dossier->msisdn), items.items[i].msisdn);
        status = tell(b);
    }
    hand_items_free(&items);
    return status;
}

/* A carriage return alone, or a NUL (of wide characters), would hide the numbers behind it. */
static bool is_plain(const char *line, size_t bytes)
{
    size_t end = strcspn(line, "\r\n");

    if (end + strspn(line + end, "\r\n") == bytes)
        return true;
    ctl_complain("what follows \"%.*s\" in one line is not read: save the list as plain text",
                 (int)end, line);
    return false;
}

/* Behind what Windows puts before a text in UTF-8; of several put together it is within it, too. */
static char *skip_mark(char *line)
{
    return strncmp(line, "\xEF\xBB\xBF", 3) == 0 ? line + 3 : line;
}

/* Not so a mobile number of ours that is too short or too long (else taken for a roamer's), what
 * would be whole with the digits behind it, too ("0812345678 90" would tell somebody else), nor
 * one of two, of which the second would not be told. */
static bool is_whole(const char *word, const char *next)
{
    char regno[MERCHANT_REGNO_BYTES], number[MSISDN_BYTES], joined[64];
    const char *digits = word + (*word == '+');
    bool is_regno = dossier_parse_regno(word, regno), is_next = dossier_parse_regno(next, regno);

    snprintf(joined, sizeof(joined), "%s%s", word, next);
    if (*next != '\0' && is_regno == is_next &&
        (is_regno || dossier_parse_regno(joined, regno) || msisdn_normalise(joined, number) ||
         msisdn_normalise(next, number))) {
        ctl_complain("%s %s: one number or two? Write one a line, without a blank", word, next);
        return false;
    }
    if ((strncmp(digits, "08", 2) != 0 && strncmp(digits, "628", 3) != 0) ||
        msisdn_normalise(word, number))
        return true;
    ctl_complain("%s is no mobile number: it has too few digits, or too many", word);
    return false;
}

/* The next word of a line; "" behind the last. */
static char *take_word(char **line)
{
    char *word = *line + strspn(*line, " \t");
    size_t bytes = strcspn(word, " \t\r\n");

    *line = word + bytes + (word[bytes] != '\0');
    word[bytes] = '\0';
    return word;
}

/* A number or a registration begins each line: appends them to `words`. With a line that is neither
 * (of a spreadsheet, say) the list is not what was meant, and nobody is told by it. */
static enum ctl_status read_lines(FILE *f, const char *path, FILE *words)
{
    char *line = NULL;
    size_t room = 0;
    ssize_t bytes;
    unsigned faults = 0;
    bool is_read;

    while ((bytes = getline(&line, &room, f)) >= 0) {
        char *rest = skip_mark(line), *word;
        bool is_line = is_plain(line, (size_t)bytes);

        word = take_word(&rest);
        if (is_line && (word[0] == '\0' || word[0] == '#'))
            continue;
        if (is_line && dossier_is_number(word) && is_whole(word, take_word(&rest)))
            fprintf(words, "%s\n", word);
        else
            faults++;
    }
    /* The end of the file is everybody; anything else is not. */
    is_read = ferror(f) == 0;
    if (!is_read)
        ctl_complain("cannot read %s: %m", path);
    else if (faults > 0)
        ctl_complain("nobody was told: mend what begins %u lines of %s (or a # before them)",
                     faults, path);
    free(line);
    return is_read && faults == 0 ? CTL_DONE : CTL_REFUSED;
}

static enum ctl_status tell_words(struct breach *b, char *words)
{
    enum ctl_status status = CTL_DONE;
    char regno[MERCHANT_REGNO_BYTES];

    for (char *word; status == CTL_DONE && *words != '\0';) {
        word = strsep(&words, "\n");
        status = dossier_identify(b->dossier, word, regno);
        if (status == CTL_REFUSED) { /* no such registration; the others go on */
            b->unknown++;
            status = CTL_DONE;
        } else if (status == CTL_DONE) {
            status = tell(b);
        }
    }
    return status;
}

static enum ctl_status tell_lines(struct breach *b, FILE *f, const char *path)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *words = open_memstream(&text, &bytes);
    enum ctl_status status = words != NULL ? read_lines(f, path, words) : CTL_REFUSED;

    if (words == NULL || fclose(words) != 0) {
        ctl_complain("cannot keep what %s says: %m", path);
        status = CTL_REFUSED;
    } else if (status == CTL_DONE && bytes == 0) { /* of a search that failed, say */
        ctl_complain("nobody was told: %s names nobody", path);
        status = CTL_REFUSED;
    }
    if (status == CTL_DONE)
        status = tell_words(b, text);
    free(text);
    return status;
}

static enum ctl_status tell_listed(struct breach *b, const char *path)
{
    enum ctl_status status;
    FILE *f;

    if (strcmp(path, "-") == 0)
        return tell_lines(b, stdin, path);
    f = fopen(path, "re");
    if (f == NULL) {
        ctl_complain("cannot open %s: %m", path);
        return CTL_USAGE;
    }
    status = tell_lines(b, f, path);
    fclose(f);
    return status;
}

static void note_text(void *arg, const struct menu_diff_entry *entry)
{
    bool *is_changed = arg;

    *is_changed |= strcmp(entry->name, "SMS_BOCOR") == 0;
}

static void pass_line(void *arg, char sign, const char *text)
{
    (void)arg;
    (void)sign;
    (void)text;
}

static void pass_fault(void *arg, const struct menu_fault *fault)
{
    (void)arg;
    (void)fault; /* whoever took the version in force for the file has told of it */
}

/* The text goes to everybody, and nobody can take it back: not the one of before, where somebody
 * has changed it in the file and no gateway has taken that. */
static bool has_text_of_file(const struct setup *setup, unsigned i)
{
    const char *path = setup->config->menus[i].file;
    struct menu *file = menu_load_file(path, &programme_vocabulary, pass_fault, NULL);
    bool is_changed = false;
    struct menu_diff_listener listener = {note_text, pass_line, &is_changed};

    if (file == NULL) {
        ctl_complain("what SMS_BOCOR of %s says is not known; mend the file and `warungctl reload`",
                     path);
        return false;
    }
    menu_diff(router_at(setup->router, i), file, &listener);
    menu_free(file);
    if (is_changed)
        ctl_complain("SMS_BOCOR of %s is not that of the version in force, which would be sent "
                     "(`warungctl menu diff %s`): `warungctl reload`; where no gateway runs, or "
                     "the file's version was taken back, `warungctl menu canary %s --percent 1` "
                     "and `warungctl menu promote`",
                     path, path, path);
    return !is_changed;
}

static bool has_text_of_files(const struct setup *setup)
{
    unsigned i = 0;

    while (i < setup->config->menu_count && has_text_of_file(setup, i))
        i++;
    return i == setup->config->menu_count;
}

/* The day goes into an SMS to everybody, too. */
static bool read_day(const char *text, struct breach *b)
{
    struct date date;

    if (!when_parse(text, "%Y-%m-%d", &b->day_ms)) {
        ctl_complain("%s is no day such as 2026-11-27", text);
        return false;
    }
    if (b->day_ms > clock_wall_ms()) {
        ctl_complain("%s is still to come", text);
        return false;
    }
    date = calendar_date_at(b->day_ms);
    snprintf(b->object, sizeof(b->object), "BOCOR-%04d%02u%02u", date.year % 10000,
             date.month % 100, date.day % 100);
    return true;
}

enum ctl_status ctl_breach(const struct ctl_call *call)
{
    struct breach b = {.dossier = NULL};
    enum ctl_status status;

    if (!read_day(call->words[0], &b))
        return CTL_USAGE;
    b.dossier = dossier_open(call, &status);
    if (b.dossier == NULL)
        return status;
    if (!has_text_of_files(&b.dossier->setup)) {
        dossier_close(b.dossier);
        return CTL_REFUSED;
    }
    map_init(&b.told, 0);
    b.dossier->is_bulk = true;
    b.read_ms = mem_zalloc(hand_store(b.dossier->hand)->buckets * sizeof(b.read_ms[0]));
    status = access_log_other(b.dossier, "breach-begin", b.object, call->words[1]);
    if (status == CTL_DONE)
        status =
            strcmp(call->words[1], "all") == 0 ? tell_all(&b) : tell_listed(&b, call->words[1]);
    printf(call->is_json
               ? "{\"told\":%u,\"told_before\":%u,\"unknown\":%u,\"unreadable\":%u}\n"
               : "%u get the SMS, %u had it before, %u are not known here, %u cannot be read\n",
           b.now_told, b.told_before, b.unknown, b.unreadable);
    if (status == CTL_DONE && b.unreadable > 0)
        status = CTL_REFUSED;
    free_told(&b);
    mem_free(b.read_ms);
    dossier_close(b.dossier);
    return status;
}
