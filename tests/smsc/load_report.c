#include "tests/smsc/load_report.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

static double seconds_of(const struct load *l)
{
    return (double)(l->measured_us - l->measure_us) / 1e6;
}

static double per_second(const struct load *l, uint64_t count)
{
    return seconds_of(l) > 0 ? (double)count / seconds_of(l) : 0;
}

static double cpu_per_step_us(const struct load *l)
{
    return l->steps != 0 ? (double)l->cpu_us / (double)l->steps : 0;
}

/* ---- for people ---- */

static void print_times(const char *name, const struct histogram *h, FILE *out)
{
    fprintf(out, "%-10s p50 %.3f  p90 %.3f  p99 %.3f  p99.9 %.3f  max %.3f ms (%" PRIu64 ")\n",
            name, (double)histogram_quantile(h, 0.5) / 1000,
            (double)histogram_quantile(h, 0.9) / 1000, (double)histogram_quantile(h, 0.99) / 1000,
            (double)histogram_quantile(h, 0.999) / 1000, (double)h->max / 1000, h->count);
}

static void print_mode(const struct load *l, FILE *out)
{
    if (l->is_open_loop)
        fprintf(out, "open loop: %u inputs/s wanted, %u ms from one to the next, %.1f s measured\n",
                l->options->rate, l->options->think_ms, seconds_of(l));
    else
        fprintf(out, "closed loop: %zu dialogues at once, %.1f s measured\n",
                crowd_at_once(l->crowd), seconds_of(l));
}

static void print_faults(const struct faults *f, FILE *out)
{
    if (!f->is_any)
        return;
    fputs("faults    ", out);
    for (int i = 0; i < FAULT_COUNT; i++)
        if (f->threshold[i] != 0)
            fprintf(out, " %s %" PRIu64, fault_name((enum fault)i), f->struck[i]);
    fputc('\n', out);
}

static void print_ledger(const struct ledger_sum *s, FILE *out)
{
    fprintf(out,
            "ledger: %" PRIu64 " inputs, %" PRIu64 " lost, %" PRIu64 " double, %" PRIu64 " wrong, "
            "%" PRIu64 " sms missing; %s\n",
            s->inputs, s->lost, s->doubled, s->wrong, s->sms_missing,
            s->is_balanced ? "balanced" : "NOT BALANCED");
    fprintf(out,
            "        %" PRIu64 " taken = %" PRIu64 " screens + %" PRIu64 " hang-ups + %" PRIu64
            " lost + %" PRIu64 " explained + %" PRIu64 " eaten - %" PRIu64 " unanswered; %" PRIu64
            " untaken\n",
            s->accepted, s->screens, s->aborts, s->lost, s->explained, s->eaten, s->unanswered,
            s->untaken);
    fprintf(out,
            "        %" PRIu64 " repeats answered, %" PRIu64 " screens shown again, %" PRIu64
            " late\n",
            s->repeats, s->duplicates, s->late);
    fprintf(out,
            "        %" PRIu64 " subscribers, %" PRIu64 " dialogues finished, %" PRIu64
            " busy, %" PRIu64 " sms\n",
            s->subscribers, s->finished, s->busy, s->sms);
}

void load_report_print(const struct load *l, const struct ledger_sum *sum, FILE *out)
{
    struct centre_stats c = centre_stats(l->centre);

    print_mode(l, out);
    fprintf(out, "steps      %" PRIu64 "  %.0f/s\n", l->steps, per_second(l, l->steps));
    fprintf(out, "dialogues  %" PRIu64 " finished  %.0f/s\n", l->finished,
            per_second(l, l->finished));
    if (l->not_started != 0)
        fprintf(out, "           %" PRIu64 " not begun: too many at once\n", l->not_started);
    print_times("screen", &l->screen, out);
    print_times("answer", &l->answer, out);
    fprintf(out,
            "centre     sent %" PRIu64 "  throttled %" PRIu64 "  temporary %" PRIu64
            "  unanswered %" PRIu64 "  cut %" PRIu64 "  refused %" PRIu64 "  turned away %" PRIu64
            "  disconnects %" PRIu64 "  receipts %" PRIu64 "\n",
            c.carrier.sent, c.carrier.throttled, c.carrier.temporary, c.carrier.unanswered,
            c.carrier.cut, c.carrier.refused, c.turned_away, c.disconnects, c.receipts);
    fprintf(out, "own cpu    %.2f us a step\n", cpu_per_step_us(l));
    print_faults(l->faults, out);
    print_ledger(sum, out);
}

/* ---- JSON ---- */

static void json_times(const char *name, const struct histogram *h, FILE *out)
{
    fprintf(out,
            "\"%s\":{\"count\":%" PRIu64 ",\"mean\":%" PRIu64 ",\"p50\":%" PRIu64
            ",\"p90\":%" PRIu64 ",\"p99\":%" PRIu64 ",\"p99_9\":%" PRIu64 ",\"max\":%" PRIu64 "}",
            name, h->count, histogram_mean(h), histogram_quantile(h, 0.5),
            histogram_quantile(h, 0.9), histogram_quantile(h, 0.99), histogram_quantile(h, 0.999),
            h->max);
}

struct number {
    const char *name;
    uint64_t value;
};

static void json_numbers(const char *name, const struct number *numbers, size_t count, FILE *out)
{
    fprintf(out, "\"%s\":{", name);
    for (size_t i = 0; i < count; i++)
        fprintf(out, "%s\"%s\":%" PRIu64, i != 0 ? "," : "", numbers[i].name, numbers[i].value);
    fputc('}', out);
}

static void json_centre(const struct load *l, FILE *out)
{
    struct centre_stats c = centre_stats(l->centre);
    const struct number numbers[] = {
        {"sent", c.carrier.sent},
        {"accepted", c.carrier.accepted},
        {"repeated", c.carrier.repeated},
        {"throttled", c.carrier.throttled},
        {"temporary", c.carrier.temporary},
        {"refused", c.carrier.refused},
        {"unanswered", c.carrier.unanswered},
        {"cut", c.carrier.cut},
        {"messages", c.messages},
        {"turned_away", c.turned_away},
        {"binds", c.binds},
        {"disconnects", c.disconnects},
        {"receipts", c.receipts},
    };

    json_numbers("centre", numbers, sizeof(numbers) / sizeof(numbers[0]), out);
}

static void json_faults(const struct load *l, FILE *out)
{
    struct number numbers[FAULT_COUNT];

    for (int i = 0; i < FAULT_COUNT; i++)
        numbers[i] = (struct number){fault_name((enum fault)i), l->faults->struck[i]};
    json_numbers("faults", numbers, FAULT_COUNT, out);
}

static void json_ledger(const struct ledger_sum *s, FILE *out)
{
    const struct number numbers[] = {
        {"subscribers", s->subscribers},
        {"inputs", s->inputs},
        {"accepted", s->accepted},
        {"screens", s->screens},
        {"hang_ups", s->aborts},
        {"repeats", s->repeats},
        {"duplicates", s->duplicates},
        {"lost", s->lost},
        {"double", s->doubled},
        {"wrong", s->wrong},
        {"sms_missing", s->sms_missing},
        {"explained", s->explained},
        {"eaten", s->eaten},
        {"untaken", s->untaken},
        {"unanswered", s->unanswered},
        {"late", s->late},
        {"open", s->open},
        {"finished", s->finished},
        {"busy", s->busy},
        {"sms", s->sms},
        {"balanced", s->is_balanced},
        {"clean", ledger_is_clean(s)},
    };

    json_numbers("ledger", numbers, sizeof(numbers) / sizeof(numbers[0]), out);
}

void load_report_json(const struct load *l, const struct ledger_sum *sum, FILE *out)
{
    fprintf(out,
            "{\"mode\":\"%s\",\"dialogues_at_once\":%zu,\"rate\":%u,\"seconds\":%.3f,"
            "\"steps\":%" PRIu64 ",\"steps_per_s\":%.1f,\"dialogues\":%" PRIu64
            ",\"dialogues_per_s\":%.1f,\"not_started\":%" PRIu64 ",\"cpu_us_per_step\":%.3f,",
            l->is_open_loop ? "open" : "closed", crowd_at_once(l->crowd), l->options->rate,
            seconds_of(l), l->steps, per_second(l, l->steps), l->finished,
            per_second(l, l->finished), l->not_started, cpu_per_step_us(l));
    json_times("screen_us", &l->screen, out);
    fputc(',', out);
    json_times("answer_us", &l->answer, out);
    fputc(',', out);
    json_centre(l, out);
    fputc(',', out);
    json_faults(l, out);
    fputc(',', out);
    json_ledger(sum, out);
    fputs("}\n", out);
}

static void json_row(uint64_t phone, const struct ledger_row *r, bool first, FILE *out)
{
    fprintf(
        out,
        "%s{\"phone\":\"%" PRIu64 "\",\"inputs\":%u,\"accepted\":%u,\"screens\":%u,"
        "\"repeats\":%u,\"duplicates\":%u,\"lost\":%u,\"double\":%u,\"wrong\":%u,"
        "\"explained\":%u,\"eaten\":%u,\"untaken\":%u,\"finished\":%u,\"busy\":%u,\"hang_ups\":%u,"
        "\"sms\":%u,\"saved\":\"%s\"}",
        first ? "" : ",\n", phone, r->inputs, r->accepted, r->screens, r->repeats, r->duplicates,
        r->lost, r->doubled, r->wrong, r->explained, r->eaten, r->untaken, r->finished, r->busy,
        r->aborts, r->sms, r->saved);
}

bool load_report_ledger(const struct load *l, const struct ledger_sum *sum, const char *file)
{
    FILE *out = fopen(file, "w");
    size_t count;
    const struct ledger_row *rows = crowd_rows(l->crowd, &count);
    bool first = true;

    if (out != NULL) {
        fputc('{', out);
        json_ledger(sum, out);
        fputs(",\"subscribers\":[\n", out);
        for (size_t i = 0; i < count; i++)
            if (rows[i].inputs != 0) {
                json_row(l->crowd_settings.first_phone + i, &rows[i], first, out);
                first = false;
            }
        fputs("\n]}\n", out);
    }
    if (out == NULL || ferror(out) || fclose(out) != 0) {
        fprintf(stderr, "warung-smsc: cannot write %s: %s\n", file, strerror(errno));
        return false;
    }
    return true;
}
