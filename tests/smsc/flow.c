#include "tests/smsc/flow.h"

#include "base/mem.h"
#include "base/random.h"
#include "base/text_file.h"
#include "tests/smsc/alphabet.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { WORD_BYTES = 256 };

struct parser {
    struct flow *flow;
    const char *name;
    unsigned line;
    const char *at; /* in the current line */
    char word[WORD_BYTES];
    bool quoted; /* the word stood in quotes */
    bool failed;
};

static void __attribute__((format(printf, 2, 3))) fail(struct parser *p, const char *format, ...)
{
    va_list list;

    if (p->failed)
        return;
    p->failed = true;
    fprintf(stderr, "%s:%u: ", p->name, p->line);
    va_start(list, format);
    vfprintf(stderr, format, list);
    va_end(list);
    fputc('\n', stderr);
}

static void read_quoted(struct parser *p)
{
    size_t size = 0;

    p->quoted = true;
    for (p->at++; *p->at != '"'; p->at++) {
        char c = *p->at;

        if (c == '\\' && p->at[1] != '\0') {
            c = *++p->at;
            c = c == 'n' ? '\n' : c;
        }
        if (c == '\0' || size + 1 >= sizeof(p->word)) {
            fail(p, c == '\0' ? "the text is not closed by \"" : "the text is too long");
            break;
        }
        p->word[size++] = c;
    }
    if (*p->at == '"')
        p->at++;
    p->word[size] = '\0';
}

/* The next word of the line into p->word; false at its end (or at a # comment). */
static bool next_word(struct parser *p)
{
    size_t size;

    p->quoted = false;
    p->at += strspn(p->at, " \t");
    if (*p->at == '\0' || *p->at == '#' || p->failed)
        return false;
    if (*p->at == '"') {
        read_quoted(p);
        return !p->failed;
    }
    size = strcspn(p->at, " \t");
    if (size >= sizeof(p->word)) {
        fail(p, "the word is too long");
        return false;
    }
    memcpy(p->word, p->at, size);
    p->word[size] = '\0';
    p->at += size;
    return true;
}

static void read_match(struct parser *p, struct flow_match *m)
{
    size_t size;

    memset(m, 0, sizeof(*m));
    if (!next_word(p)) {
        fail(p, "a text is missing");
        return;
    }
    if (!p->quoted && strcmp(p->word, "has") == 0) {
        m->anywhere = true;
        if (!next_word(p))
            fail(p, "a text is missing behind has");
    }
    if (p->failed)
        return;
    if (!alphabet_encode_gsm(p->word, m->gsm, sizeof(m->gsm), &size))
        fail(p, "this text is too long or not GSM 03.38: %s", p->word);
    m->size = (uint8_t)size;
}

/* ---- placeholders ---- */

static const char *const first_names[] = {
    "SITI",   "BUDI",    "AGUS", "SRI",   "DEWI",    "EKO",  "NUR",     "JOKO",
    "RATNA",  "HENDRA",  "YULI", "WAYAN", "MADE",    "RINI", "SLAMET",  "TUTI",
    "ENDANG", "BAMBANG", "IDA",  "DEDI",  "KARTINI", "RUDI", "LESTARI", "ASEP",
};

static const char *const last_names[] = {
    "AMINAH",    "SANTOSO", "WIJAYA", "RAHAYU",     "SUSANTI", "PRASETYO",  "HIDAYAT", "WIDODO",
    "SARI",      "GUNAWAN", "ASTUTI", "SAPUTRA",    "LESTARI", "KURNIAWAN", "WAHYUNI", "SETIAWAN",
    "HANDAYANI", "NUGROHO", "UTAMI",  "FIRMANSYAH", "PERTIWI", "HARTONO",   "YULIANI", "MAULANA",
};

enum {
    FIRST_NAMES = sizeof(first_names) / sizeof(first_names[0]),
    LAST_NAMES = sizeof(last_names) / sizeof(last_names[0]),
};

static uint64_t chance(const struct flow_subscriber *who, unsigned step, uint64_t limit)
{
    struct random_source r = {who->seed ^ who->number * 0x9e3779b97f4a7c15ULL ^ step};

    random_next(&r);
    return random_below(&r, limit);
}

/* Writes what stands for `{word}`; false when nothing does. */
static bool expand(const char *word, size_t size, unsigned step, const struct flow_subscriber *who,
                   char *out, size_t out_bytes)
{
    unsigned low, high;

    if (size == 5 && memcmp(word, "phone", size) == 0)
        return snprintf(out, out_bytes, "%s", who->phone) > 0;
    if (size == 1 && *word == 'n')
        return snprintf(out, out_bytes, "%llu", (unsigned long long)who->number) > 0;
    if (size == 4 && memcmp(word, "name", size) == 0)
        return snprintf(out, out_bytes, "%s %s", first_names[who->number % FIRST_NAMES],
                        last_names[who->number / FIRST_NAMES % LAST_NAMES]) > 0;
    if (sscanf(word, "%u..%u}", &low, &high) == 2 && low <= high)
        return snprintf(out, out_bytes, "%llu",
                        (unsigned long long)(low + chance(who, step, high - low + UINT64_C(1)))) >
               0;
    return false;
}

/* Refuses what expand() would leave as it is. */
static void check_placeholders(struct parser *p, const char *answer)
{
    static const struct flow_subscriber nobody = {"0", 0, 0};

    for (const char *at = answer; (at = strchr(at, '{')) != NULL; at++) {
        const char *close = strchr(at, '}');
        char out[WORD_BYTES];

        if (close == NULL ||
            !expand(at + 1, (size_t)(close - at - 1), 0, &nobody, out, sizeof(out)))
            fail(p, "unknown placeholder: %s", at);
    }
}

/* ---- reading ---- */

static void read_answer(struct parser *p, struct flow_step *step)
{
    size_t size;

    if (!next_word(p) || strcmp(p->word, "answer") != 0 || !next_word(p)) {
        fail(p, "`answer TEXT` is missing");
        return;
    }
    if (!text_copy(step->answer, sizeof(step->answer), p->word)) {
        fail(p, "the answer is too long");
        return;
    }
    step->is_fixed = strchr(step->answer, '{') == NULL;
    check_placeholders(p, step->answer);
    if (!step->is_fixed)
        return;
    if (!alphabet_encode_gsm(step->answer, step->gsm, sizeof(step->gsm), &size))
        fail(p, "the answer is not GSM 03.38");
    step->gsm_size = (uint8_t)size;
}

static void read_step(struct parser *p, bool is_optional, bool is_end)
{
    struct flow *f = p->flow;
    struct flow_step *step;

    if (f->step_count == FLOW_STEPS_MAX ||
        (f->step_count != 0 && f->steps[f->step_count - 1].is_end)) {
        fail(p, "no screen may follow here");
        return;
    }
    step = &f->steps[f->step_count++];
    memset(step, 0, sizeof(*step));
    step->is_optional = is_optional;
    step->is_end = is_end;
    read_match(p, &step->match);
    if (!is_end)
        read_answer(p, step);
    else if (next_word(p)) {
        if (strcmp(p->word, "save") == 0)
            read_match(p, &f->save);
        else
            fail(p, "only `save TEXT` may follow here");
    }
    f->inputs++;
}

static void read_dial(struct parser *p)
{
    if (!next_word(p) || !text_copy(p->flow->dial, sizeof(p->flow->dial), p->word))
        fail(p, "dial wants a code such as *384#");
}

static void read_busy(struct parser *p)
{
    if (p->flow->busy_count == FLOW_OTHERS_MAX)
        fail(p, "too many busy texts");
    else
        read_match(p, &p->flow->busy[p->flow->busy_count++]);
}

static void read_line(struct parser *p)
{
    if (!next_word(p))
        return;
    if (strcmp(p->word, "dial") == 0)
        read_dial(p);
    else if (strcmp(p->word, "screen") == 0)
        read_step(p, false, false);
    else if (strcmp(p->word, "maybe") == 0)
        read_step(p, true, false);
    else if (strcmp(p->word, "end") == 0)
        read_step(p, false, true);
    else if (strcmp(p->word, "busy") == 0)
        read_busy(p);
    else if (strcmp(p->word, "sms") == 0) {
        read_match(p, &p->flow->sms);
        p->flow->wants_sms = true;
    } else
        fail(p, "unknown word: %s", p->word);
    if (next_word(p))
        fail(p, "too much on this line: %s", p->word);
}

static void check_whole(struct parser *p)
{
    const struct flow *f = p->flow;

    if (*f->dial == '\0')
        fail(p, "there is no dial line");
    if (f->step_count == 0 || !f->steps[f->step_count - 1].is_end)
        fail(p, "there is no end line");
}

struct flow *flow_parse(const char *name, const char *text)
{
    struct parser p = {.flow = mem_zalloc(sizeof(struct flow)), .name = name};
    char *copy = mem_strdup(text);
    char *rest = copy;
    char *line;

    while (!p.failed && (line = strsep(&rest, "\n")) != NULL) {
        p.line++;
        p.at = line;
        read_line(&p);
    }
    check_whole(&p);
    mem_free(copy);
    if (!p.failed)
        return p.flow;
    flow_free(p.flow);
    return NULL;
}

/* The Makefile names the file as a dependency of this object. */
__asm__(".pushsection .rodata\n"
        ".global flow_of_the_program\n"
        "flow_of_the_program:\n"
        ".incbin \"tests/smsc/flows/register.flow\"\n"
        ".byte 0\n"
        ".popsection\n");
extern const char flow_of_the_program[];

struct flow *flow_load(const char *file)
{
    struct flow *flow = NULL;
    const char *why;
    char *text;

    if (file[0] == '\0')
        return flow_parse("register.flow", flow_of_the_program);
    text = text_file_read(file, &why);
    if (text != NULL)
        flow = flow_parse(file, text);
    else
        fprintf(stderr, "%s: %s\n", file, why);
    mem_free(text);
    return flow;
}

void flow_free(struct flow *f)
{
    mem_free(f);
}

/* ---- recognising ---- */

static bool stands_at(const struct flow_match *m, const uint8_t *at)
{
    for (unsigned i = 0; i < m->size; i++)
        if (m->gsm[i] != at[i] && m->gsm[i] != '?')
            return false;
    return true;
}

/* Where the match begins; -1 when nowhere. */
static long find(const struct flow_match *m, struct span gsm)
{
    size_t last = gsm.size - m->size;

    if (gsm.size < m->size)
        return -1;
    if (!m->anywhere)
        return m->size == 0 || stands_at(m, gsm.data) ? 0 : -1;
    for (size_t at = 0; at <= last; at++)
        if (stands_at(m, gsm.data + at))
            return (long)at;
    return -1;
}

bool flow_matches(const struct flow_match *m, struct span gsm)
{
    return find(m, gsm) >= 0;
}

bool flow_is_busy(const struct flow *f, struct span gsm)
{
    for (unsigned i = 0; i < f->busy_count; i++)
        if (flow_matches(&f->busy[i], gsm))
            return true;
    return false;
}

void flow_saved(const struct flow *f, struct span gsm, char *word, size_t word_bytes)
{
    struct flow_match anywhere = f->save;
    size_t size = 0;
    long at;

    word[0] = '\0';
    if (f->save.size == 0)
        return;
    anywhere.anywhere = true;
    at = find(&anywhere, gsm);
    if (at < 0)
        return;
    for (size_t i = (size_t)at + f->save.size;
         i < gsm.size && gsm.data[i] > ' ' && size + 1 < word_bytes; i++)
        word[size++] = (char)gsm.data[i];
    word[size] = '\0';
}

/* ---- answering ---- */

size_t flow_answer(const struct flow *f, unsigned step, const struct flow_subscriber *who,
                   uint8_t *gsm, size_t gsm_bytes)
{
    const struct flow_step *s = &f->steps[step];
    char text[WORD_BYTES];
    size_t size = 0;
    size_t encoded;

    if (s->is_fixed && s->gsm_size <= gsm_bytes) {
        memcpy(gsm, s->gsm, s->gsm_size);
        return s->gsm_size;
    }
    for (const char *p = s->answer; *p != '\0' && size + 1 < sizeof(text); p++) {
        const char *close = *p == '{' ? strchr(p, '}') : NULL;

        if (close != NULL &&
            expand(p + 1, (size_t)(close - p - 1), step, who, text + size, sizeof(text) - size)) {
            size += strlen(text + size);
            p = close;
        } else
            text[size++] = *p;
    }
    text[size] = '\0';
    return alphabet_encode_gsm(text, gsm, gsm_bytes, &encoded) ? encoded : 0;
}
