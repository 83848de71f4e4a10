#include "gateway/smpp/status.h"

#include <stddef.h>

struct status_row {
    uint16_t value;
    uint8_t status_class;
    const char *name;
};

/* SMPP 3.4 section 5.1.3, and those of 5.0 that centres send to 3.4 peers. */
static const struct status_row rows[] = {
    {0x00, SMPP_CLASS_OK, "ESME_ROK"},
    {0x01, SMPP_CLASS_PERMANENT, "ESME_RINVMSGLEN"},
    {0x02, SMPP_CLASS_PERMANENT, "ESME_RINVCMDLEN"},
    {0x03, SMPP_CLASS_PERMANENT, "ESME_RINVCMDID"},
    {0x04, SMPP_CLASS_SESSION, "ESME_RINVBNDSTS"},
    {0x05, SMPP_CLASS_SESSION, "ESME_RALYBND"},
    {0x06, SMPP_CLASS_PERMANENT, "ESME_RINVPRTFLG"},
    {0x07, SMPP_CLASS_PERMANENT, "ESME_RINVREGDLVFLG"},
    {0x08, SMPP_CLASS_TEMPORARY, "ESME_RSYSERR"},
    {0x0A, SMPP_CLASS_PERMANENT, "ESME_RINVSRCADR"},
    {0x0B, SMPP_CLASS_PERMANENT, "ESME_RINVDSTADR"},
    {0x0C, SMPP_CLASS_PERMANENT, "ESME_RINVMSGID"},
    {0x0D, SMPP_CLASS_SESSION, "ESME_RBINDFAIL"},
    {0x0E, SMPP_CLASS_CREDENTIALS, "ESME_RINVPASWD"},
    {0x0F, SMPP_CLASS_CREDENTIALS, "ESME_RINVSYSID"},
    {0x11, SMPP_CLASS_PERMANENT, "ESME_RCANCELFAIL"},
    {0x13, SMPP_CLASS_PERMANENT, "ESME_RREPLACEFAIL"},
    {0x14, SMPP_CLASS_SLOW_DOWN, "ESME_RMSGQFUL"},
    {0x15, SMPP_CLASS_PERMANENT, "ESME_RINVSERTYP"},
    {0x33, SMPP_CLASS_PERMANENT, "ESME_RINVNUMDESTS"},
    {0x34, SMPP_CLASS_PERMANENT, "ESME_RINVDLNAME"},
    {0x40, SMPP_CLASS_PERMANENT, "ESME_RINVDESTFLAG"},
    {0x42, SMPP_CLASS_PERMANENT, "ESME_RINVSUBREP"},
    {0x43, SMPP_CLASS_PERMANENT, "ESME_RINVESMCLASS"},
    {0x44, SMPP_CLASS_PERMANENT, "ESME_RCNTSUBDL"},
    {0x45, SMPP_CLASS_TEMPORARY, "ESME_RSUBMITFAIL"},
    {0x48, SMPP_CLASS_PERMANENT, "ESME_RINVSRCTON"},
    {0x49, SMPP_CLASS_PERMANENT, "ESME_RINVSRCNPI"},
    {0x50, SMPP_CLASS_PERMANENT, "ESME_RINVDSTTON"},
    {0x51, SMPP_CLASS_PERMANENT, "ESME_RINVDSTNPI"},
    {0x53, SMPP_CLASS_CREDENTIALS, "ESME_RINVSYSTYP"},
    {0x54, SMPP_CLASS_PERMANENT, "ESME_RINVREPFLAG"},
    {0x55, SMPP_CLASS_PERMANENT, "ESME_RINVNUMMSGS"},
    {0x58, SMPP_CLASS_SLOW_DOWN, "ESME_RTHROTTLED"},
    {0x61, SMPP_CLASS_TEMPORARY, "ESME_RINVSCHED"},
    {0x62, SMPP_CLASS_PERMANENT, "ESME_RINVEXPIRY"},
    {0x63, SMPP_CLASS_PERMANENT, "ESME_RINVDFTMSGID"},
    {0x64, SMPP_CLASS_TEMPORARY, "ESME_RX_T_APPN"},
    {0x65, SMPP_CLASS_PERMANENT, "ESME_RX_P_APPN"},
    {0x66, SMPP_CLASS_PERMANENT, "ESME_RX_R_APPN"},
    {0x67, SMPP_CLASS_PERMANENT, "ESME_RQUERYFAIL"},
    {0xC0, SMPP_CLASS_PERMANENT, "ESME_RINVOPTPARSTREAM"},
    {0xC1, SMPP_CLASS_PERMANENT, "ESME_ROPTPARNOTALLWD"},
    {0xC2, SMPP_CLASS_PERMANENT, "ESME_RINVPARLEN"},
    {0xC3, SMPP_CLASS_PERMANENT, "ESME_RMISSINGOPTPARAM"},
    {0xC4, SMPP_CLASS_PERMANENT, "ESME_RINVOPTPARAMVAL"},
    {0xFE, SMPP_CLASS_TEMPORARY, "ESME_RDELIVERYFAILURE"},
    {0xFF, SMPP_CLASS_TEMPORARY, "ESME_RUNKNOWNERR"},
    {0x100, SMPP_CLASS_PERMANENT, "ESME_RSERTYPUNAUTH"},
    {0x101, SMPP_CLASS_PERMANENT, "ESME_RPROHIBITED"},
    {0x102, SMPP_CLASS_TEMPORARY, "ESME_RSERTYPUNAVAIL"},
    {0x103, SMPP_CLASS_PERMANENT, "ESME_RSERTYPDENIED"},
    {0x104, SMPP_CLASS_PERMANENT, "ESME_RINVDCS"},
};

static const struct status_row *find_row(uint32_t status)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        if (rows[i].value == status)
            return &rows[i];
    return NULL;
}

const char *smpp_status_name(uint32_t status)
{
    const struct status_row *row = find_row(status);

    if (row != NULL)
        return row->name;
    return status >= 0x400 && status <= 0x4FF ? "ESME_VENDOR" : "ESME_UNKNOWN";
}

enum smpp_status_class smpp_status_class(uint32_t status)
{
    const struct status_row *row = find_row(status);

    return row != NULL ? (enum smpp_status_class)row->status_class : SMPP_CLASS_PERMANENT;
}

bool smpp_statuses_set(struct smpp_statuses *own, uint32_t status,
                       enum smpp_status_class status_class)
{
    unsigned i = 0;

    while (i < own->count && own->items[i].status != status)
        i++;
    if (i == SMPP_STATUSES_MAX)
        return false;
    own->items[i].status = status;
    own->items[i].status_class = status_class;
    if (i == own->count)
        own->count++;
    return true;
}

enum smpp_status_class smpp_statuses_class(const struct smpp_statuses *own, uint32_t status)
{
    for (unsigned i = 0; i < own->count; i++)
        if (own->items[i].status == status)
            return (enum smpp_status_class)own->items[i].status_class;
    return smpp_status_class(status);
}
