#include "tests/smsc/trace.h"

#include "tests/smsc/alphabet.h"
#include "tests/smsc/wire.h"

#include <string.h>

enum { TRACE_TEXT_BYTES = 1024 };

static void print_text(FILE *out, const struct wire_message *m)
{
    char text[TRACE_TEXT_BYTES];

    alphabet_decode(alphabet_of(m->data_coding), m->text, text, sizeof(text));
    fputs(" text=\"", out);
    for (const char *p = text; *p != '\0'; p++) {
        if (*p == '\n')
            fputs("\\n", out);
        else
            fputc((unsigned char)*p < ' ' ? '.' : *p, out);
    }
    fputc('"', out);
}

static void print_message(FILE *out, const struct wire_message *m)
{
    fprintf(out, " %.*s>%.*s", (int)m->source.digits.size, (const char *)m->source.digits.data,
            (int)m->destination.digits.size, (const char *)m->destination.digits.data);
    if (m->ussd_service_op != WIRE_NONE)
        fprintf(out, " op=%d", m->ussd_service_op);
    if (m->its_session_info != WIRE_NONE)
        fprintf(out, " its=0x%04x", (unsigned)m->its_session_info);
    if (m->esm_class != 0)
        fprintf(out, " esm_class=0x%02x", m->esm_class);
    fprintf(out, " dcs=%u", m->data_coding);
    print_text(out, m);
}

bool trace_describe(FILE *out, struct span pdu)
{
    struct wire_header h;
    struct wire_message m;

    if (wire_look(pdu, WIRE_PDU_BYTES_MAX, &h) != WIRE_WHOLE)
        return false;
    fprintf(out, "%s", wire_command_name(h.command_id));
    if (strcmp(wire_command_name(h.command_id), "unknown") == 0)
        fprintf(out, " 0x%08x", h.command_id);
    fprintf(out, " seq=%u", h.sequence_number);
    if (h.command_id & WIRE_RESPONSE)
        fprintf(out, " status=%s(0x%x)", wire_status_name(h.command_status), h.command_status);
    if ((h.command_id == WIRE_SUBMIT_SM || h.command_id == WIRE_DELIVER_SM ||
         h.command_id == WIRE_DATA_SM) &&
        wire_message_decode(h.command_id,
                            span_of(pdu.data + WIRE_HEADER_BYTES, pdu.size - WIRE_HEADER_BYTES),
                            &m) == WIRE_OK)
        print_message(out, &m);
    return true;
}

void trace_pdu(FILE *out, unsigned session, bool sent, struct span pdu)
{
    struct wire_header h;

    if (wire_look(pdu, WIRE_PDU_BYTES_MAX, &h) != WIRE_WHOLE)
        return;
    fprintf(out, "%u %c ", session, sent ? '>' : '<');
    trace_describe(out, pdu);
    fputc('\n', out);
    fflush(out);
}
