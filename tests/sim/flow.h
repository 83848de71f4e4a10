/*
 * What the screens of the shipped menu look like, in Indonesian, to a person who registers,
 * corrects or cancels that, or joins a training.
 */
#ifndef WARUNG_SIM_FLOW_H
#define WARUNG_SIM_FLOW_H

#include <stdbool.h>
#include <stddef.h>

enum flow_step {
    FLOW_LANG,
    FLOW_MAIN,
    FLOW_CONSENT,
    FLOW_NAMA, /* from here on an answer is kept as a draft */
    FLOW_NIK,
    FLOW_USAHA,
    FLOW_KATEGORI,
    FLOW_KAB,
    FLOW_KEC,
    FLOW_OMZET,
    FLOW_HP,
    FLOW_PERIKSA,
    FLOW_SELESAI,
    FLOW_RESUME,
    FLOW_DUP,
    FLOW_FIX, /* the status that asks for a correction */
    FLOW_STATUS,
    FLOW_CARI,  /* whose status, behind that: */
    FLOW_PILIH, /* which of them, where more than one is kept */
    FLOW_DATA,  /* also behind DUP, for a 2 that was meant for MAIN */
    FLOW_UBAH,
    FLOW_NAMA_BARU, /* asks for the name of what is registered */
    FLOW_UBAH_OK,
    FLOW_TERKUNCI,
    FLOW_BERHENTI,
    FLOW_YAKIN,
    FLOW_BATAL_OK,
    FLOW_KOSONG, /* nothing is registered */
    FLOW_LATIH,
    FLOW_DETAIL,
    FLOW_SEAT,
    FLOW_LATIH_KOSONG, /* none is planned */
    FLOW_KABARI_OK,
    FLOW_INFO,    /* behind DETAIL, for a 2 that was meant for MAIN */
    FLOW_BANTUAN, /* pushed by an officer: nobody chooses it */
    FLOW_REFUSED, /* three times: all seats are taken */
    FLOW_BUSY,
    FLOW_WAIT, /* ends the dialogue; the result comes by itself */
    FLOW_UNKNOWN,
    FLOW_STEP_COUNT
};

enum flow_step flow_recognise(const char *screen);
const char *flow_step_name(enum flow_step step);
enum flow_wish {
    FLOW_WISH_REGISTER,
    FLOW_WISH_STATUS,
    FLOW_WISH_SEAT,
    FLOW_WISH_CORRECT,
    FLOW_WISH_CANCEL,
};
/* What the subscriber types; NULL = nothing more, hangs up. */
const char *flow_answer(enum flow_step step, enum flow_wish wish);
/* Is it shown only to who has a registration? */
bool flow_is_of_registration(enum flow_step step);
/* May `next` be the screen that follows an answer to `step`? */
bool flow_may_follow(enum flow_step step, enum flow_step next);
/* The number of the training that a screen, or a place, names (tests/sim/seats.h); 0 = of none. */
unsigned flow_training(const char *screen);
/* Which of the two versions (menus.c) the words of a screen are of; -1 = it does not tell. */
int flow_version(const char *screen);
/* The digits of the registration number on the screen, the last when it has sent one; false when
 * there is none. */
bool flow_regno(const char *screen, char *regno, size_t regno_bytes);

#endif
