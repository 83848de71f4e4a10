// Conservation: the centre's ledger against what Redis holds.
'use strict';

// The faults of a round, as texts; none = nothing lost, nothing double, nothing half.
function judge({ report, accounts, merchants, status }) {
    const faults = [];
    const { ledger } = report;

    if (status !== 0)
        faults.push(`the centre's ledger is not clean: ${JSON.stringify(ledger)}`);
    const of = new Map();
    for (const m of merchants) {
        if (of.has(m.msisdn))
            faults.push(`double: ${m.msisdn} has ${of.get(m.msisdn).regno} and ${m.regno}`);
        of.set(m.msisdn, m);
        for (const field of ['regno', 'msisdn', 'status', 'name', 'business', 'category', 'regency', 'district', 'submitted_at'])
            if (!m[field])
                faults.push(`half: ${m.msisdn} ${m.regno} has no ${field}`);
        if (m.status !== 'TERKIRIM')
            faults.push(`half: ${m.msisdn} ${m.regno} is ${m.status}`);
    }
    const regnos = new Set(merchants.map((m) => m.regno));
    if (regnos.size !== merchants.length)
        faults.push(`double: ${merchants.length} registrations have ${regnos.size} numbers`);
    for (const a of accounts) {
        const m = of.get(a.phone);
        if (a.finished && !m)
            faults.push(`lost: ${a.phone} was told ${a.saved}, and is not registered`);
        else if (a.finished && m.regno !== a.saved.replace(/-/g, ''))
            faults.push(`${a.phone} was told ${a.saved} and has ${m.regno}`);
        // Done and not answered: the last key of a dialogue that was given up, or ended as busy.
        if (!a.finished && m && !a.untaken && !a.explained && !a.busy)
            faults.push(`${a.phone} never saw the end, and has ${m.regno}`);
        of.delete(a.phone);
    }
    for (const msisdn of of.keys())
        faults.push(`${msisdn} is registered and never dialled`);
    return faults;
}

module.exports = { judge };
