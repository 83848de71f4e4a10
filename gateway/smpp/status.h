/*
 * SMPP 3.4 command_status values (section 5.1.3), their names and what a sender does about them.
 */
#ifndef WARUNG_SMPP_STATUS_H
#define WARUNG_SMPP_STATUS_H

#include <stdbool.h>
#include <stdint.h>

enum smpp_status {
    ESME_ROK = 0x00,
    ESME_RINVMSGLEN = 0x01,
    ESME_RINVCMDLEN = 0x02,
    ESME_RINVCMDID = 0x03,
    ESME_RINVBNDSTS = 0x04,
    ESME_RALYBND = 0x05,
    ESME_RINVPRTFLG = 0x06,
    ESME_RINVREGDLVFLG = 0x07,
    ESME_RSYSERR = 0x08,
    ESME_RINVSRCADR = 0x0A,
    ESME_RINVDSTADR = 0x0B,
    ESME_RINVMSGID = 0x0C,
    ESME_RBINDFAIL = 0x0D,
    ESME_RINVPASWD = 0x0E,
    ESME_RINVSYSID = 0x0F,
    ESME_RCANCELFAIL = 0x11,
    ESME_RREPLACEFAIL = 0x13,
    ESME_RMSGQFUL = 0x14,
    ESME_RINVSERTYP = 0x15,
    ESME_RINVNUMDESTS = 0x33,
    ESME_RINVDLNAME = 0x34,
    ESME_RINVDESTFLAG = 0x40,
    ESME_RINVSUBREP = 0x42,
    ESME_RINVESMCLASS = 0x43,
    ESME_RCNTSUBDL = 0x44,
    ESME_RSUBMITFAIL = 0x45,
    ESME_RINVSRCTON = 0x48,
    ESME_RINVSRCNPI = 0x49,
    ESME_RINVDSTTON = 0x50,
    ESME_RINVDSTNPI = 0x51,
    ESME_RINVSYSTYP = 0x53,
    ESME_RINVREPFLAG = 0x54,
    ESME_RINVNUMMSGS = 0x55,
    ESME_RTHROTTLED = 0x58,
    ESME_RINVSCHED = 0x61,
    ESME_RINVEXPIRY = 0x62,
    ESME_RINVDFTMSGID = 0x63,
    ESME_RX_T_APPN = 0x64,
    ESME_RX_P_APPN = 0x65,
    ESME_RX_R_APPN = 0x66,
    ESME_RQUERYFAIL = 0x67,
    ESME_RINVOPTPARSTREAM = 0xC0,
    ESME_ROPTPARNOTALLWD = 0xC1,
    ESME_RINVPARLEN = 0xC2,
    ESME_RMISSINGOPTPARAM = 0xC3,
    ESME_RINVOPTPARAMVAL = 0xC4,
    ESME_RDELIVERYFAILURE = 0xFE,
    ESME_RUNKNOWNERR = 0xFF,
};

/* What a response's status asks of the sender: our reading, since SMPP 3.4 does not say, and no two
 * gateways agree. */
enum smpp_status_class {
    SMPP_CLASS_OK,
    SMPP_CLASS_SLOW_DOWN,   /* RTHROTTLED, RMSGQFUL: pause the bind */
    SMPP_CLASS_TEMPORARY,   /* try the message again later, a limited number of times */
    SMPP_CLASS_SESSION,     /* bind again */
    SMPP_CLASS_CREDENTIALS, /* stop and raise an alarm */
    SMPP_CLASS_PERMANENT,   /* fail the message; also everything unknown */
};

/* "ESME_RTHROTTLED"; "0x000004ff" style for a value without a name is the caller's business: this
 * gives "ESME_VENDOR" for 0x400-0x4FF and "ESME_UNKNOWN" for the rest. */
const char *smpp_status_name(uint32_t status);
enum smpp_status_class smpp_status_class(uint32_t status);

/* What one peer means by some statuses: its vendor's, or such as it uses in its own way. */
enum { SMPP_STATUSES_MAX = 16 };
struct smpp_statuses {
    struct {
        uint32_t status;
        uint32_t status_class; /* enum smpp_status_class */
    } items[SMPP_STATUSES_MAX];
    unsigned count;
};

/* Replaces what was said of that status. False when there is no room. */
bool smpp_statuses_set(struct smpp_statuses *own, uint32_t status,
                       enum smpp_status_class status_class);
/* By the peer's own, else by smpp_status_class(). */
enum smpp_status_class smpp_statuses_class(const struct smpp_statuses *own, uint32_t status);

#endif
