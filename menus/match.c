#include "menus/match.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/utf8.h"

enum {
    FOLDED_BYTES = 128,
    PREFIX_LETTERS_MIN = 3,
    END_LETTERS_MIN = 4,
    GUESS_EDITS_MAX = 2,
    GUESS_SHORT_LETTERS = 6, /* names up to here: one edit */
};

/* Octets of the blank at `at`; 0 = it is none. Some phones and pages write no-break spaces. */
static size_t blank_bytes(const char *at)
{
    if (*at == '\xC2')
        return at[1] == '\xA0' ? 2 : 0;
    return *at != '\0' && strchr(" \t\n\r\f\v", *at) != NULL;
}

/* Behind the blanks at *at; is a line break among them? */
static bool skip_blanks(const char **at)
{
    bool has_break = false;

    for (size_t bytes; (bytes = blank_bytes(*at)) != 0; *at += bytes)
        has_break = has_break || **at == '\n';
    return has_break;
}

void menu_match_clean_lines(const char *input, char *typed, size_t typed_bytes, bool *is_cut)
{
    size_t n = 0;

    *is_cut = false;
    skip_blanks(&input);
    while (*input != '\0') {
        bool is_blank = blank_bytes(input) != 0;
        char c = *input;

        if (is_blank)
            c = skip_blanks(&input) ? '\n' : ' ';
        else
            input++;
        if (is_blank && *input == '\0')
            break;
        if (n + 1 == typed_bytes) {
            *is_cut = true;
            break;
        }
        typed[n++] = c;
    }
    typed[n] = '\0';
}

static bool is_emoji(uint32_t c)
{
    return (c >= 0x1F000 && c < 0x1FC00) || (c >= 0x2190 && c < 0x2C00) || c == 0x200D ||
           c == 0xFE0F;
}

void menu_match_cut_emoji(char *text)
{
    char *end = text;

    for (const char *at = text; *at != '\0';) {
        uint32_t c = utf8_next(&at);

        if (!is_emoji(c) && c != ' ' && c != '\n')
            end = text + (at - text);
    }
    *end = '\0';
}

char *menu_match_join_lines(char *text)
{
    for (char *c = text; *c != '\0'; c++)
        if (*c == '\n')
            *c = ' ';
    return text;
}

void menu_match_clean(const char *input, char *typed, size_t typed_bytes, bool *is_cut)
{
    menu_match_clean_lines(input, typed, typed_bytes, is_cut);
    menu_match_join_lines(typed);
}

/* Behind "no", "no." or "nomor", where blanks may stand. */
static const char *skip_number_word(const struct menu *menu, const char *typed)
{
    for (unsigned i = 0; i < menu->number_word_count; i++) {
        size_t n = strlen(menu->number_words[i]);
        const char *rest = typed + n;

        if (strncasecmp(typed, menu->number_words[i], n) != 0)
            continue;
        rest += *rest == '.';
        rest += strspn(rest, " ");
        if (isdigit((unsigned char)*rest))
            return rest;
    }
    return typed;
}

unsigned menu_match_number(const struct menu *menu, const char *typed)
{
    const char *at = skip_number_word(menu, typed);
    unsigned number = 0, digits = 0;

    for (; *at >= '0' && *at <= '9'; at++) {
        if (++digits > 4)
            return 0;
        number = number * 10 + (unsigned)(*at - '0');
    }
    if (*at == '.' || *at == ')')
        at++;
    return *at == '\0' ? number : 0;
}

void menu_match_fold(const char *text, char *folded, size_t folded_bytes)
{
    size_t n = 0;

    for (; *text != '\0' && n + 1 < folded_bytes; text++) {
        unsigned char c = (unsigned char)*text;

        if (isalnum(c) || c >= 0x80)
            folded[n++] = (char)tolower(c);
    }
    folded[n] = '\0';
}

void menu_match_fold_keyword(const char *text, char *folded, size_t folded_bytes)
{
    bool is_cut;

    menu_match_clean(text, folded, folded_bytes, &is_cut);
    for (; *folded != '\0'; folded++)
        *folded = (char)toupper((unsigned char)*folded);
}

bool menu_match_join_letters(char *text)
{
    size_t n = 0;

    for (const char *at = text; *at != '\0'; at++) {
        if (!isalpha((unsigned char)*at) || isalnum((unsigned char)at[1]))
            return false;
        text[n++] = *at;
        at += strspn(at + 1, " .-!");
    }
    text[n] = '\0';
    return n >= PREFIX_LETTERS_MIN;
}

static unsigned smallest(unsigned a, unsigned b, unsigned c)
{
    unsigned m = a < b ? a : b;

    return m < c ? m : c;
}

unsigned menu_match_distance(const char *a, const char *b, unsigned limit)
{
    unsigned rows[3][FOLDED_BYTES + 1];
    size_t n = strlen(a), m = strlen(b);
    unsigned *before = rows[0], *above = rows[1], *here = rows[2];

    if (n > FOLDED_BYTES || m > FOLDED_BYTES || n > m + limit || m > n + limit)
        return limit + 1;
    for (unsigned j = 0; j <= m; j++)
        above[j] = j;
    for (unsigned i = 1; i <= n; i++) {
        unsigned best = here[0] = i, *spare = before;

        for (unsigned j = 1; j <= m; j++) {
            here[j] =
                smallest(above[j] + 1, here[j - 1] + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                here[j] = smallest(here[j], before[j - 2] + 1, here[j]);
            if (here[j] < best)
                best = here[j];
        }
        if (best > limit)
            return limit + 1;
        before = above;
        above = here;
        here = spare;
    }
    return above[m] <= limit ? above[m] : limit + 1;
}

/* Codes are written with or without their dots and hyphens. */
static bool is_code(const char *code, const char *folded)
{
    char folded_code[FOLDED_BYTES];

    menu_match_fold(code, folded_code, sizeof(folded_code));
    return folded_code[0] != '\0' && strcmp(folded_code, folded) == 0;
}

/* Of name and word the longer counts: "ktbung" is Katibung; "lanjut" and "batal" are not Lamut and
 * Balam. */
static unsigned edits_of(size_t name_letters, size_t letters)
{
    if (letters < PREFIX_LETTERS_MIN)
        return 0;
    if (name_letters > GUESS_SHORT_LETTERS || letters > GUESS_SHORT_LETTERS)
        return GUESS_EDITS_MAX;
    return 1;
}

static unsigned row_distance(const struct menu_row *row, const char *folded, unsigned limit)
{
    unsigned best = limit + 1;

    for (unsigned i = 0; i < row->key_count; i++) {
        unsigned edits = edits_of(strlen(row->keys[i]), strlen(folded));
        unsigned d = menu_match_distance(row->keys[i], folded, edits);

        if (d <= edits && d < best)
            best = d;
    }
    return best;
}

typedef bool fits_fn(const char *key, const char *folded);

static bool begins_with(const char *key, const char *folded)
{
    return strncmp(key, folded, strlen(folded)) == 0;
}

static bool ends_with(const char *key, const char *folded)
{
    size_t n = strlen(key), m = strlen(folded);

    return n >= m && strcmp(key + n - m, folded) == 0;
}

/* "tj raya" for "tanjungraya": the letters before the blank stand in this order before the rest. */
static bool is_shortened(const char *key, const char *words)
{
    const char *rest = strchr(words, ' ') + 1;
    size_t head = strlen(key) - strlen(rest);

    if (strlen(rest) < PREFIX_LETTERS_MIN || strlen(key) <= strlen(rest) || key[0] != words[0] ||
        !ends_with(key, rest))
        return false;
    for (size_t i = 0; i < head && *words != ' '; i++)
        words += key[i] == *words;
    return *words == ' ';
}

static bool row_fits(const struct menu_row *row, const char *folded, fits_fn *fits)
{
    for (unsigned i = 0; i < row->key_count; i++)
        if (fits(row->keys[i], folded))
            return true;
    return false;
}

/* The only row at the smallest distance, of at most `limit`. */
static const struct menu_row *nearest_row(const struct menu_table *table,
                                          const struct menu_row_group *group, const char *folded,
                                          unsigned limit, bool *is_guess)
{
    const struct menu_row *found = NULL;
    unsigned best = limit + 1;

    for (unsigned i = 0; i < group->count; i++) {
        const struct menu_row *row = &table->rows[group->first + i];
        unsigned d = row_distance(row, folded, limit);

        if (d < best) {
            best = d;
            found = row;
        } else if (d == best) {
            found = NULL;
        }
    }
    *is_guess = best > 0;
    return best <= limit ? found : NULL;
}

static const struct menu_row *only_row(const struct menu_table *table,
                                       const struct menu_row_group *group, const char *folded,
                                       fits_fn *fits, unsigned *matches)
{
    const struct menu_row *found = NULL;

    *matches = 0;
    for (unsigned i = 0; i < group->count; i++)
        if (row_fits(&table->rows[group->first + i], folded, fits)) {
            found = &table->rows[group->first + i];
            ++*matches;
        }
    return *matches == 1 ? found : NULL;
}

/* "Barat" for Lampung Barat, which is nearer to Balam than to any whole name: the end of a name is
 * no misspelling of another. It may be one of its own row: "umbia" is Rumbia, not Putra Rumbia. */
static bool is_end_of_another(const struct menu_table *table, const struct menu_row_group *group,
                              const struct menu_row *row, const char *folded)
{
    unsigned matches = 0;

    if (strlen(folded) >= END_LETTERS_MIN && !row_fits(row, folded, ends_with))
        only_row(table, group, folded, ends_with, &matches);
    return matches != 0;
}

/* "Tj.Raya" becomes "tj raya". Returns what stands behind the blank. */
static const char *fold_words(const char *typed, char words[FOLDED_BYTES])
{
    size_t n = 0;

    while (isspace((unsigned char)*typed) || ispunct((unsigned char)*typed))
        typed++;
    while (n + 2 < FOLDED_BYTES && (isalnum((unsigned char)typed[n]) || typed[n] & 0x80))
        n++;
    snprintf(words, FOLDED_BYTES, "%.*s", (int)n, typed);
    menu_match_fold(words, words, FOLDED_BYTES);
    words[n] = ' ';
    menu_match_fold(typed + n, words + n + 1, FOLDED_BYTES - n - 1);
    return words + n + 1;
}

/* "Barat" for Metro Barat; "Kec. Metro Barat". */
static const struct menu_row *part_row(const struct menu_table *table,
                                       const struct menu_row_group *group, const char *folded,
                                       const char *rest)
{
    const struct menu_row *row;
    unsigned matches = 0;
    bool is_guess;

    if (strlen(folded) < END_LETTERS_MIN)
        return NULL;
    row = only_row(table, group, folded, ends_with, &matches);
    if (row != NULL || matches != 0)
        return row;
    /* a word too many, and letters wrong: "Anak Tuha" is not Tuba */
    row = nearest_row(table, group, rest, strlen(rest) > END_LETTERS_MIN, &is_guess);
    return row != NULL && is_guess && is_end_of_another(table, group, row, rest) ? NULL : row;
}

const struct menu_row *menu_match_row(const struct menu_table *table,
                                      const struct menu_row_group *group, const char *typed,
                                      bool takes_names, bool *is_guess)
{
    char folded[FOLDED_BYTES], words[FOLDED_BYTES];
    const struct menu_row *row, *shortened;
    const char *rest;
    unsigned matches = 0;

    *is_guess = false;
    menu_match_fold(typed, folded, sizeof(folded));
    if (folded[0] == '\0' || strlen(typed) >= sizeof(folded))
        return NULL;
    for (unsigned i = 0; i < group->count; i++)
        if (is_code(table->rows[group->first + i].code, folded))
            return &table->rows[group->first + i];
    if (!takes_names)
        return NULL;
    row = nearest_row(table, group, folded, GUESS_EDITS_MAX, is_guess);
    if (row != NULL && !*is_guess)
        return row;
    if (strlen(folded) >= PREFIX_LETTERS_MIN) {
        const struct menu_row *begun = only_row(table, group, folded, begins_with, &matches);

        if (begun != NULL) {
            *is_guess = false;
            return begun;
        }
    }
    /* The beginning of several: a guess would be a throw of dice. */
    if (matches != 0)
        return NULL;
    rest = fold_words(typed, words);
    shortened = only_row(table, group, words, is_shortened, &matches);
    if (matches != 0) {
        *is_guess = shortened != NULL;
        return shortened;
    }
    if (row == NULL || is_end_of_another(table, group, row, folded)) {
        row = part_row(table, group, folded, rest);
        *is_guess = row != NULL;
    }
    return row;
}
