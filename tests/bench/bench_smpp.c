/*
 * What one PDU costs: our codec, the dialect on top of it, and libsmpp34 (docs/decisions/0002).
 *
 *     make build/tests/bench/bench_smpp && build/tests/bench/bench_smpp
 */
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "gateway/smpp/dialect.h"
#include "gateway/smpp/lib.h"

enum { ROUNDS = 200000, REPEATS = 8, PDU_BYTES = 1024 };

struct bench {
    uint8_t octets[PDU_BYTES];
    struct span frame;
    struct smpp_pdu pdu;
    const struct dialect *dialect;
    struct dialect_input input;
    struct dialect_reply reply;
    unsigned sink; /* keeps the compiler from leaving the work out */
};

static void decode(struct bench *b)
{
    b->sink += smpp_pdu_decode(b->frame, &b->pdu) + (unsigned)b->pdu.tlvs.size;
}

static void encode(struct bench *b)
{
    uint8_t octets[PDU_BYTES];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    b->sink += smpp_message_encode(&w, b->pdu.header.command_id, 1, &b->pdu.message, b->pdu.tlvs);
}

static void lib_decode(struct bench *b)
{
    b->sink += smpp_lib_agrees(b->frame, &b->pdu);
}

static void lib_encode(struct bench *b)
{
    uint8_t octets[PDU_BYTES];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    b->sink += smpp_lib_write(&w, b->pdu.header.command_id, 1, &b->pdu.message);
}

static void dialect_in(struct bench *b)
{
    b->sink += dialect_decode(b->dialect, &b->pdu, &b->input) + b->input.text[0];
}

static void dialect_out(struct bench *b)
{
    uint8_t octets[PDU_BYTES];
    struct writer w;

    writer_init(&w, octets, sizeof(octets));
    b->sink += dialect_encode(b->dialect, &b->reply, 1, &w);
}

static double now_ns(void)
{
    struct timespec t;

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static void measure(const char *what, void (*run)(struct bench *), struct bench *b, unsigned rounds)
{
    double best = 0;

    for (unsigned i = 0; i < REPEATS; i++) {
        double start = now_ns(), each;

        for (unsigned j = 0; j < rounds; j++)
            run(b);
        each = (now_ns() - start) / rounds;
        if (i == 0 || each < best)
            best = each;
    }
    printf("%-44s %8.1f ns\n", what, best);
}

static const char menu[] = "TerusUsaha\n1 Daftar\n2 Cek status\n3 Ubah data\n4 Pelatihan\n"
                           "5 Bantuan\n6 Bahasa\n0 Kembali\n98 Lanjut";

static void set_up(struct bench *b, uint32_t command_id)
{
    uint8_t tlv_octets[32];
    struct writer w, tlvs;
    struct smpp_message m = {
        .service_type = span_of_string("USSD"),
        .source = {1, 1, span_of_string("6281200000001")},
        .destination = {0, 1, span_of_string("384")},
        .short_message =
            span_of_string(command_id == SMPP_DELIVER_SM ? "Warung Makan Bu Siti Melati" : menu),
    };

    writer_init(&tlvs, tlv_octets, sizeof(tlv_octets));
    smpp_tlv_write_u8(&tlvs, SMPP_TAG_USSD_SERVICE_OP, 18);
    smpp_tlv_write_u16(&tlvs, SMPP_TAG_ITS_SESSION_INFO, 0x0a02);
    writer_init(&w, b->octets, sizeof(b->octets));
    smpp_message_encode(&w, command_id, 1, &m, writer_span(&tlvs));
    b->frame = writer_span(&w);
    b->dialect = dialect_find("spec34");
    decode(b);
    b->reply = (struct dialect_reply){
        .kind = DIALECT_ASK, .msisdn = "6281200000001", .code = "384", .text = menu};
}

int main(void)
{
    static struct bench deliver, submit;

    set_up(&deliver, SMPP_DELIVER_SM);
    set_up(&submit, SMPP_SUBMIT_SM);
    printf("deliver_sm %zu octets, submit_sm %zu octets; best of %d\n", deliver.frame.size,
           submit.frame.size, REPEATS);
    measure("deliver_sm: decode", decode, &deliver, ROUNDS);
    measure("deliver_sm: libsmpp34, mandatory part", lib_decode, &deliver, ROUNDS / 20);
    measure("deliver_sm: dialect_decode", dialect_in, &deliver, ROUNDS);
    measure("submit_sm: encode", encode, &submit, ROUNDS);
    measure("submit_sm: libsmpp34, mandatory part", lib_encode, &submit, ROUNDS / 20);
    measure("submit_sm: dialect_encode, text and all", dialect_out, &submit, ROUNDS);
    return deliver.sink + submit.sink == 0;
}
