/* Long SMS: parts come one by one, and the last of them is the input (docs/decisions/0006). */
#include "gateway/turn/run.h"

#include "base/log.h"
#include "base/map.h"
#include "gateway/smpp/text.h"

#include <string.h>

/* Parts with another address, reference, width or total are no parts of the same message. The link
 * is not looked at: parts of one message come by several binds, and by several links of one
 * operator. */
static uint64_t name_message(const struct dialect_input *in)
{
    const uint8_t octets[] = {(uint8_t)(in->part.reference >> 8), (uint8_t)in->part.reference,
                              in->part.width, in->part.total};

    return map_hash(span_of_string(in->code), map_hash(span_of(octets, sizeof(octets)), 0));
}

static void arm_timer(struct run *run)
{
    struct step *step = run->step;
    int64_t oldest_ms = parts_oldest_ms(&run->work->parts);
    int64_t keep_ms = (int64_t)run->settings->parts_keep_s * 1000;

    step->timers[step->timer_count++] = (struct store_timer){
        .kind = PARTS_TIMER, .due_ms = oldest_ms != 0 ? oldest_ms + keep_ms + 1 : 0};
}

static void refuse(struct run *run)
{
    log_warning("sms.too_long", LOG_MSISDN("msisdn", run->msisdn),
                LOG_U("parts", run->input->part.total));
    run->step->command_status = ESME_RX_R_APPN;
}

/* The message as it was before it was cut. */
static void take_whole(struct run *run, const struct step_records *records)
{
    struct dialect_input *whole = &run->work->whole;

    *whole = *run->input;
    memset(&whole->part, 0, sizeof(whole->part));
    text_join_parts(run->work->joined);
    text_copy(whole->text, sizeof(whole->text), run->work->joined);
    text_trim_end(whole->text);
    run->input = whole;
    run_take_input(run, records);
    arm_timer(run);
}

void run_take_part(struct run *run, const struct step_records *records)
{
    const struct dialect_input *in = run->input;
    struct part part = {.message = name_message(in),
                        .fingerprint = in->fingerprint,
                        .number = in->part.number,
                        .total = in->part.total};

    run->step->is_part = true;
    if (part.total > run->settings->parts_max) {
        refuse(run);
        return;
    }
    switch (parts_take(&run->work->parts, &part, in->text, run->now_ms, run->work->joined)) {
    case PARTS_COPY: /* written again, so that WAIT covers the first one's commit too */
        run->step->is_replay = true;
        run_encode_session(run);
        return;
    case PARTS_TOO_LONG:
        refuse(run);
        break;
    case PARTS_KEPT:
        break;
    case PARTS_COMPLETE:
        run->step->is_part = false;
        take_whole(run, records);
        return;
    }
    run_encode_session(run);
    arm_timer(run);
}

void run_drop_parts(struct run *run, const struct step_records *records)
{
    run_encode_session(run); /* without those that expired when it was loaded */
    arm_timer(run);
    if (records->session.size == 0)
        run->step->session = span_of(NULL, 0);
}
