#include "merchants/rules.h"

#include "base/utf8.h"
#include "merchants/merchant.h"
#include "merchants/nik.h"
#include "merchants/regno.h"

#include <ctype.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MIN = 2, LETTERS_MIN = 2, WORDY_DIGITS_MIN = 4 };

/* What a letter of Latin-1 is without its accent; 0 when it is none. */
static char base_letter(uint32_t code_point)
{
    /* U+00C0 to U+00FF; a space stands for what has no one-letter base. */
    static const char bases[] = "AAAAAAACEEEEIIIIDNOOOOO OUUUUY  aaaaaaaceeeeiiiidnooooo ouuuuy y";

    if (code_point < 0xC0 || code_point > 0xFF || bases[code_point - 0xC0] == ' ')
        return 0;
    return bases[code_point - 0xC0];
}

/* An accent by itself, which some phones and computers write behind its letter. */
static bool is_accent(uint32_t code_point)
{
    return code_point >= 0x300 && code_point <= 0x36F;
}

/* Marks that phones put in place of those on a typewriter. */
static uint32_t plain_mark(uint32_t code_point)
{
    switch (code_point) {
    case 0x60:   /* grave accent */
    case 0xB4:   /* acute accent */
    case 0x2018: /* curly quotes */
    case 0x2019:
        return '\'';
    case 0x2013: /* dashes */
    case 0x2014:
        return '-';
    case '\t':
    case '\n':
    case '\r':
    case 0xA0: /* no-break space */
        return ' ';
    default:
        return code_point;
    }
}

static bool is_ascii_letter(uint32_t c)
{
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
}

/* Letters with accents that GSM 03.38 has, so that a phone can show them. */
static bool is_gsm_letter(uint32_t c)
{
    static const uint16_t letters[] = {0xC4, 0xC5, 0xC6, 0xC7, 0xC9, 0xD1, 0xD6, 0xD8,
                                       0xDC, 0xDF, 0xE0, 0xE4, 0xE5, 0xE6, 0xE8, 0xE9,
                                       0xEC, 0xF1, 0xF2, 0xF6, 0xF8, 0xF9, 0xFC};

    for (size_t i = 0; i < sizeof(letters) / sizeof(letters[0]); i++) {
        if (letters[i] == c)
            return true;
    }
    return false;
}

/* A text being put together: trimmed, with single spaces, counted in characters. */
struct text {
    char *bytes; /* MENU_VALUE_BYTES: 60 characters of two octets always fit */
    size_t size;
    unsigned characters;
    unsigned letters;
    bool has_space; /* one is due before the next character */
};

static bool text_add(struct text *t, uint32_t c, bool is_letter)
{
    if (c == ' ') {
        t->has_space = t->characters > 0;
        return true;
    }
    if (t->has_space) {
        t->bytes[t->size++] = ' ';
        t->characters++;
        t->has_space = false;
    }
    if (t->characters >= MERCHANT_NAME_CHARACTERS_MAX)
        return false;
    t->size += utf8_put(c, t->bytes + t->size);
    t->characters++;
    t->letters += is_letter;
    return true;
}

/* Nothing of a refused text is left in the value. */
static const char *text_refuse(const struct text *t)
{
    t->bytes[0] = '\0';
    return "ISI";
}

static const char *text_finish(const struct text *t)
{
    t->bytes[t->size] = '\0';
    return t->characters >= NAME_MIN && t->letters >= LETTERS_MIN ? NULL : text_refuse(t);
}

const char *rule_name(const char *typed, char value[MENU_VALUE_BYTES])
{
    struct text t = {.bytes = value};

    while (*typed != '\0') {
        uint32_t c = plain_mark(utf8_next(&typed));

        if (is_accent(c) && t.letters > 0)
            continue;
        if (base_letter(c) != 0)
            c = (unsigned char)base_letter(c);
        if (c >= 'a' && c <= 'z')
            c -= 'a' - 'A';
        if (c >= 0x80 || (!is_ascii_letter(c) && strchr(" '.,-", (int)c) == NULL))
            return text_refuse(&t);
        if (!text_add(&t, c, is_ascii_letter(c)))
            return text_refuse(&t);
    }
    return text_finish(&t);
}

const char *rule_business(const char *typed, char value[MENU_VALUE_BYTES])
{
    struct text t = {.bytes = value};

    while (*typed != '\0') {
        uint32_t c = plain_mark(utf8_next(&typed));
        bool is_letter;

        if (is_accent(c) && t.letters > 0)
            continue;
        if (!is_gsm_letter(c) && base_letter(c) != 0)
            c = (unsigned char)base_letter(c);
        is_letter = is_ascii_letter(c) || is_gsm_letter(c);
        if (!is_letter && (c >= 0x80 || strchr("0123456789 &'.,-/()", (int)c) == NULL))
            return text_refuse(&t);
        if (!text_add(&t, c, is_letter))
            return text_refuse(&t);
    }
    return text_finish(&t);
}

const char *rule_nik(const char *typed, char value[MENU_VALUE_BYTES])
{
    struct nik nik;
    /* The time is only for the age, which is a flag: set when the registration is made. */
    enum nik_verdict verdict = nik_check(typed, 0, &nik);

    if (verdict == NIK_LENGTH && nik.digit_count != NIK_BYTES - 1) {
        snprintf(value, MENU_VALUE_BYTES, "%u", nik.digit_count);
        return "PANJANG";
    }
    value[0] = '\0';
    if (verdict != NIK_OK)
        return "ISI";
    text_copy(value, MENU_VALUE_BYTES, nik.digits);
    return NULL;
}

const char *rule_regno(const char *typed, char value[MENU_VALUE_BYTES])
{
    char regno[REGNO_BYTES];

    value[0] = '\0';
    if (!regno_parse(typed, regno))
        return "SALAH";
    text_copy(value, MENU_VALUE_BYTES, regno);
    return NULL;
}

static unsigned count_digits(const char *text)
{
    unsigned count = 0;

    for (; *text != '\0'; text++)
        count += *text >= '0' && *text <= '9';
    return count;
}

const char *rule_regno_in_words(const char *typed, char value[MENU_VALUE_BYTES])
{
    static const char figures[] = "0123456789";
    char number[MENU_VALUE_BYTES] = "";
    bool has_letters = false;

    value[0] = '\0';
    for (const char *c = typed; *c != '\0'; c++)
        has_letters = has_letters || is_ascii_letter((unsigned char)*c);
    /* The longest is meant: "tgl 2, no 18710000421". */
    while (*(typed += strcspn(typed, figures)) != '\0') {
        size_t bytes = strspn(typed, "0123456789-. ");

        if (bytes > strlen(number))
            snprintf(number, sizeof(number), "%.*s", (int)bytes, typed);
        typed += bytes;
    }
    if (has_letters && count_digits(number) < WORDY_DIGITS_MIN)
        return NULL; /* "2 minggu lalu" */
    return number[0] != '\0' ? rule_regno(number, value) : NULL;
}

const char *rule_last4(const char *typed, char value[MENU_VALUE_BYTES])
{
    char digits[5];
    size_t count = 0;

    value[0] = '\0';
    for (const char *at = typed; *at != '\0'; at++) {
        if (*at == ' ')
            continue;
        if (*at < '0' || *at > '9' || count == 4)
            return "SALAH";
        digits[count++] = *at;
    }
    if (count != 4)
        return "SALAH";
    digits[4] = '\0';
    text_copy(value, MENU_VALUE_BYTES, digits);
    return NULL;
}

/* Digits in a row, however they are parted by single spaces, dots or hyphens, count as one number;
 * any other character ends it. */
const char *rule_sim_registration(const char *typed, char value[MENU_VALUE_BYTES])
{
    unsigned numbers = 0;
    unsigned digits = 0;

    value[0] = '\0';
    for (const char *at = typed;; at++) {
        if (*at >= '0' && *at <= '9') {
            digits++;
            continue;
        }
        if (digits > 0 && digits % 16 != 0 && *at != '\0' && strchr(" .-", *at) != NULL)
            continue;
        numbers += digits / 16;
        digits = 0;
        if (*at == '\0')
            return numbers >= 2 ? NULL : "BUKAN";
    }
}

/* Behind a yes: all others may take it back. */
static const char *const assents[] = {
    "YA",      "IYA",         "SETUJU",  "SAYA",  "BENAR",    "BETUL", "SUDAH", "SEMUA",
    "DATA",    "DAN",         "MAU",     "BOLEH", "BERSEDIA", "SIAP",  "OK",    "OKE",
    "SILAKAN", "SILAHKAN",    "SAJA",    "AJA",   "PAK",      "BAPAK", "BU",    "IBU",
    "KAK",     "KAKAK",       "BANG",    "MAS",   "MBAK",     "MIN",   "ADMIN", "TERIMA",
    "KASIH",   "TERIMAKASIH", "MAKASIH", "TRIMS", "TOLONG",   "MOHON", NULL};
/* ... of which one to store things, to be told of them, or to erase them, speaks, too. */
static const char *const of_storing[] = {"SIMPAN", "DISIMPAN",  "DAFTAR", "DAFTARKAN",
                                         "LANJUT", "LANJUTKAN", NULL};
static const char *const of_telling[] = {"MULAI", "LAGI",  "LG",       "INFO", "INFORMASI",
                                         "SMS",   "KIRIM", "AKTIFKAN", NULL};
static const char *const of_erasing[] = {"HAPUS", "DIHAPUS", "HAPUSKAN", NULL};

static bool is_among(const char *word, const char *const *words)
{
    while (*words != NULL && strcmp(*words, word) != 0)
        words++;
    return *words != NULL;
}

/* One with an exclamation mark, too, as phones have it among their emoji. */
static bool is_question_mark(uint32_t c)
{
    return c == '?' || c == 0x203D || (c >= 0x2047 && c <= 0x2049);
}

/* Emoji that agree, thank, smile, or colour a hand. All others may take a yes back, and what looks
 * like a letter is one. */
static bool is_kind(uint32_t c)
{
    static const struct {
        uint32_t first, last;
    } kinds[] = {
        {0x2611, 0x2611},   {0x263A, 0x263A},   {0x2665, 0x2665},   {0x2705, 0x2705},
        {0x2713, 0x2714},   {0x2764, 0x2764},   {0xFE0F, 0xFE0F},   {0x1F197, 0x1F197},
        {0x1F339, 0x1F339}, {0x1F3FB, 0x1F3FF}, {0x1F44C, 0x1F44D}, {0x1F44F, 0x1F44F},
        {0x1F493, 0x1F493}, {0x1F495, 0x1F49F}, {0x1F4AA, 0x1F4AA}, {0x1F4AF, 0x1F4AF},
        {0x1F600, 0x1F604}, {0x1F607, 0x1F607}, {0x1F609, 0x1F60A}, {0x1F60D, 0x1F60D},
        {0x1F642, 0x1F642}, {0x1F64B, 0x1F64C}, {0x1F64F, 0x1F64F}, {0x1F917, 0x1F917},
        {0x1F91D, 0x1F91D}, {0x1F970, 0x1F970}, {0x1FAF0, 0x1FAF0}, {0x1FAF6, 0x1FAF6},
    };

    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
        if (c >= kinds[i].first && c <= kinds[i].last)
            return true;
    return false;
}

/* Neither a letter nor a figure: marks, blanks, kind emoji. A question mark asks. */
static bool is_mark(uint32_t c)
{
    return ((c < 0x80 && !isalnum((int)c)) || c == 0xA0 || c == 0xAB || c == 0xBB ||
            (c >= 0x2000 && c < 0x2070) || is_kind(c)) &&
           !is_question_mark(c);
}

/* The next word, in capitals; "" at the end. False, and "", too: what stands there is none. */
static bool next_word(const char **at, char word[16])
{
    const char *begin;
    size_t n = 0;
    uint32_t c;

    do {
        begin = *at;
        c = utf8_next(at);
    } while (c != 0 && is_mark(c));
    *at = begin;
    for (; isalpha((unsigned char)**at) && n < 15; ++*at)
        word[n++] = (char)toupper((unsigned char)**at);
    word[n] = '\0';
    return c == 0 || n > 0;
}

/* The first word; behind the verb where it is copied from the SMS that asks: "Balas MULAI". */
static void first_word(const char **at, char word[16])
{
    next_word(at, word);
    if (strcmp(word, "BALAS") == 0)
        next_word(at, word);
}

/* From `word` on nothing is said but what confirms. `has_words`: it is one. */
static bool is_assent(const char *typed, char word[16], bool has_words, const char *const *own)
{
    while (has_words && word[0] != '\0')
        has_words = (is_among(word, assents) || is_among(word, own)) && next_word(&typed, word);
    return has_words;
}

const char *rule_yes(const char *typed, char value[MENU_VALUE_BYTES])
{
    char word[16];
    bool has_words = next_word(&typed, word);

    value[0] = '\0';
    if (strcmp(word, "SAYA") == 0) /* "saya setuju", and no "saya data" */
        has_words = next_word(&typed, word) && strcmp(word, "SETUJU") == 0;
    if (!has_words ||
        (strcmp(word, "YA") != 0 && strcmp(word, "IYA") != 0 && strcmp(word, "SETUJU") != 0))
        return "BUKAN";
    return is_assent(typed, word, has_words, of_storing) ? NULL : "BUKAN";
}

const char *rule_erase_yes(const char *typed, char value[MENU_VALUE_BYTES])
{
    char word[16];
    bool has_words;

    value[0] = '\0';
    first_word(&typed, word);
    if (strcmp(word, "HAPUS") == 0)
        has_words =
            next_word(&typed, word) && (strcmp(word, "YA") == 0 || strcmp(word, "IYA") == 0);
    else
        has_words = strcmp(word, "HAPUSYA") == 0 && next_word(&typed, word);
    return has_words && is_assent(typed, word, has_words, of_erasing) ? NULL : "BUKAN";
}

const char *rule_start(const char *typed, char value[MENU_VALUE_BYTES])
{
    char word[16];

    value[0] = '\0';
    first_word(&typed, word);
    return strcmp(word, "MULAI") == 0 && is_assent(typed, word, true, of_telling) ? NULL : "BUKAN";
}

/* What tells of a name, or begins another field, and stands in none; `of_business`: nor in that of
 * a business. */
static bool is_of_sentence(const char *word, bool of_business)
{
    static const struct {
        const char *word;
        bool in_business;
    } words[] = {
        {"SALAH", true},      {"KELIRU", true},   {"SESUAI", true},     {"KTP", true},
        {"SUDAH", true},      {"SDH", true},      {"BELUM", true},      {"TIDAK", true},
        {"TDK", true},        {"TUTUP", true},    {"KENAPA", true},     {"MENGAPA", true},
        {"BAGAIMANA", true},  {"GIMANA", true},   {"KAPAN", true},      {"TOLONG", true},
        {"MOHON", true},      {"MAAF", true},     {"TERIMA", false},    {"DIGANTI", true},
        {"DIUBAH", true},     {"DIRUBAH", true},  {"PERBAIKI", true},   {"DIPERBAIKI", true},
        {"PERBAIKAN", true},  {"HAPUS", true},    {"DIHAPUS", true},    {"HAPUSKAN", true},
        {"BATAL", true},      {"BATALKAN", true}, {"DIBATALKAN", true}, {"DISIMPAN", true},
        {"JANGAN", false},    {"JGN", false},     {"PINDAH", true},     {"BLM", true},
        {"NGGAK", false},     {"ENGGAK", false},  {"BENAR", false},     {"BEDA", false},
        {"BERBEDA", false},   {"BUKAN", false},   {"GAK", false},       {"GANTI", false},
        {"UBAH", false},      {"KURANG", false},  {"APA", false},       {"YG", false},
        {"MAKASIH", false},   {"USAHA", false},   {"JENIS", false},     {"KAB", false},
        {"KABUPATEN", false}, {"KEC", false},     {"KECAMATAN", false},
    };

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (strcmp(words[i].word, word) == 0)
            return words[i].in_business || !of_business;
    return false;
}

/* The next run of letters, in capitals; "" at the end. */
static const char *next_letters(const char *at, char word[16])
{
    size_t n = 0;

    while (*at != '\0' && !isalpha((unsigned char)*at))
        at++;
    for (; isalpha((unsigned char)*at); at++)
        if (n < 15)
            word[n++] = (char)toupper((unsigned char)*at);
    word[n] = '\0';
    return at;
}

/* The end of the line, or lines, below which nothing but thanks stands: no part of a sentence.
 * NULL: something else does, or nothing. */
static const char *find_thanks(const char *typed)
{
    char word[16];

    for (const char *line = strchr(typed, '\n'); line != NULL; line = strchr(line + 1, '\n')) {
        const char *at = line;
        bool has_words = next_word(&at, word);

        if (is_assent(at, word, has_words, of_storing))
            return line;
    }
    return NULL;
}

const char *rule_sentence(const char *typed, char value[MENU_VALUE_BYTES])
{
    /* Behind "jasa" it is what the business does: "jasa pindah rumah", "jasa hapus tato". */
    static const char *const services[] = {"PINDAH", "HAPUS", NULL};
    const char *thanks = find_thanks(typed);
    char word[16];
    bool of_business, is_front, is_service = false;

    value[0] = '\0';
    typed = next_letters(typed, word);
    of_business = strcmp(word, "USAHA") == 0;
    if (!of_business && strcmp(word, "NAMA") != 0)
        return "BUKAN";
    typed = next_letters(typed, word);
    if (!of_business && strcmp(word, "USAHA") == 0) { /* "nama usaha" */
        of_business = true;
        typed = next_letters(typed, word);
    }
    is_front = word[0] != '\0' && strpbrk(typed, "0123456789") == NULL;
    for (; word[0] != '\0' && (thanks == NULL || typed <= thanks);
         typed = next_letters(typed, word)) {
        if (is_of_sentence(word, of_business) && !(is_service && is_among(word, services)))
            return NULL;
        is_service = of_business && strcmp(word, "JASA") == 0;
        is_front = is_front && (strcmp(word, "SAYA") == 0 || strcmp(word, "LENGKAP") == 0);
    }
    return is_front ? NULL : "BUKAN"; /* "nama lengkap": only what stands before a name */
}

const char *rule_anything(const char *typed, char value[MENU_VALUE_BYTES])
{
    (void)typed;
    value[0] = '\0';
    return NULL;
}
