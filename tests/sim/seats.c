#include "tests/sim/seats.h"

#include "merchants/programme.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

/* So far ahead that no reminder falls into a history. The same for a number at all times: who does
 * not know whether it is planned plans it again. */
static const int64_t seats_first_ms = INT64_C(1790000000000);

struct training seats_make(const struct world *w, unsigned number)
{
    struct training made = {.title = "Foto produk", .seats = (uint16_t)w->seats};

    made.at_ms = seats_first_ms + number * (int64_t)86400000;
    snprintf(made.place, sizeof(made.place), "Balai Desa %u", number);
    return made;
}

void seats_plan(struct world *w, struct memory_data *data)
{
    struct training planned = seats_make(w, 1);
    struct trainings trainings = {.count = 0};
    struct vault *vault = vault_new_plain();
    uint8_t plain[TRAININGS_BYTES_MAX], sealed[TRAININGS_BYTES_MAX + VAULT_OVERHEAD_BYTES];
    char id[TRAINING_ID_BYTES];
    struct store_reply reply;
    struct writer in, out;

    if (trainings_add(&trainings, &planned, world_wall_ms(w), id) != TRAINING_DONE)
        assert(!"a training that can be planned");
    assert(strcmp(id, SEATS_FIRST_ID) == 0);
    writer_init(&in, plain, sizeof(plain));
    trainings_encode(&trainings, &in);
    writer_init(&out, sealed, sizeof(sealed));
    if (!vault_seal(vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, writer_span(&in), &out))
        assert(!"room for a sealed record");
    memory_data_shared_commit(data, PROGRAMME_TRAININGS_KEY, 0, writer_span(&out), 0, &reply);
    vault_free(vault);
}

/* Others may be there, too: of commands whose outcome was not known. */
static bool is_planned(const struct trainings *trainings, unsigned number)
{
    for (unsigned i = 0; i < trainings->count; i++)
        if (flow_training(trainings->items[i].place) == number)
            return true;
    return false;
}

void seats_begin(struct seats *s, const struct world *w, struct memory_data *data,
                 struct vault *vault, unsigned number)
{
    uint8_t plain[TRAININGS_BYTES_MAX];
    struct store_reply reply;
    struct writer writer;

    *s = (struct seats){.world = w};
    memory_data_shared_load(data, PROGRAMME_TRAININGS_KEY, &reply);
    writer_init(&writer, plain, sizeof(plain));
    if (reply.subscriber.session.version != 0 &&
        (!vault_open(vault, VAULT_SHARED, PROGRAMME_TRAININGS_KEY, reply.subscriber.session.data,
                     &writer) ||
         !trainings_decode(&s->trainings, writer_span(&writer))))
        world_violation(w, "trainings that cannot be read", "-", "");
    if (w->seats != 0 && !is_planned(&s->trainings, number))
        world_violation(w, "a training that was planned is not there", "-", "");
}

/* Takes the claim of each seat out, so that what is left is nobody's. */
void seats_compare(struct seats *s, const struct phone *phone, const struct subscriber *record,
                   bool comes_by_sms)
{
    struct training *t = &s->trainings.items[0];
    bool is_gone = phone->seat_number != flow_training(t->place);
    uint16_t taken = t->taken;

    for (unsigned i = 0; i < record->seat_count; i++)
        if (strcmp(record->seats[i].id, t->id) != 0)
            world_violation(s->world, "a seat of a training that is called off", phone->msisdn,
                            record->seats[i].id);
    if (phone->seat == SEAT_TAKEN && !is_gone && record->seat_count == 0)
        world_violation(s->world, "a confirmed seat is gone", phone->msisdn, "");
    if (phone->seat == SEAT_TAKEN && is_gone && phone->unseated == 0 && comes_by_sms)
        world_violation(s->world, "a training is called off, and nobody said so", phone->msisdn,
                        "");
    if (phone->seat == SEAT_NONE && record->seat_count != 0)
        world_violation(s->world, "a seat that was given back, or never asked for", phone->msisdn,
                        "");
    training_release(t, phone->msisdn);
    if (t->taken + record->seat_count != taken)
        world_violation(s->world, "seats that are taken and those that are known differ",
                        phone->msisdn, "");
}

void seats_end(const struct seats *s)
{
    const struct training *t = &s->trainings.items[0];
    char detail[64];

    snprintf(detail, sizeof(detail), "%u of %u", t->taken, (unsigned)t->seats);
    if (t->taken != 0)
        world_violation(s->world, "seats that are taken by nobody", "-", detail);
}
