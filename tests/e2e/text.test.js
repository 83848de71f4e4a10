// Alphabets as they leave: UCS-2 where a language asks for it, GSM with foldings else; long SMS in every
// way of cutting, each link in its own.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');

const { Centre } = require('./lib/centre');
const { ROOT, until } = require('./lib/process');
const { smscEntry, withScene } = require('./lib/scene');

const MENUS = [{ file: path.join(ROOT, 'tests/menus/alphabets.cfg'), codes: ['*384#'], sms: ['384'] }];
const UCS2 = 8, GSM = 0;

test('a language in UCS-2: screens and SMS, in and out', async () => {
    await withScene('ucs2', async ({ centre }) => {
        const phone = centre.phone('6281200000071');
        const english = await phone.dial();
        assert.match(english.text, /^Welcome\n1\. Arabic/);
        assert.equal(english.pdu.data_coding, GSM);
        const arabic = await phone.answer('1');
        assert.match(arabic.text, /^أهلا بك\n1\. العربية/);
        assert.equal(arabic.pdu.data_coding, UCS2);
        await phone.answer('2');
        // What is typed in UCS-2 comes back in it, letter by letter.
        const seen = phone.screens.length;
        await centre.request('deliver_sm', {
            service_type: 'USSD', source_addr_ton: 1, source_addr_npi: 1, source_addr: phone.msisdn,
            destination_addr: '*384#', data_coding: UCS2, short_message: 'زينب 😀', ussd_service_op: 18,
            its_session_info: phone.info,
        });
        const hello = await phone.nextScreen(seen);
        assert.equal(hello.text, 'مرحبا زينب 😀!');
        assert.equal(hello.pdu.data_coding, UCS2);
        assert.equal(await centre.text(phone.msisdn, 'LONG'), 0);
        const sms = await centre.smsFor(phone.msisdn);
        assert.equal(sms.pdu.data_coding, UCS2);
        assert.match(sms.text, /^أسعار اليوم/);
    }, { settings: { menus: MENUS } });
});

test('in a GSM language what the alphabet lacks is folded, and what it has stays', async () => {
    await withScene('folding', async ({ centre }) => {
        const phone = centre.phone('6281200000072');
        await phone.dial();
        await phone.answer('2');
        const seen = phone.screens.length;
        // Curly quotes, a dash, marks that are not in the table; é and [ are.
        await centre.request('deliver_sm', {
            service_type: 'USSD', source_addr_ton: 1, source_addr_npi: 1, source_addr: phone.msisdn,
            destination_addr: '*384#', data_coding: UCS2, short_message: '“José” Ŷã – [d’Or]', ussd_service_op: 18,
            its_session_info: phone.info,
        });
        const hello = await phone.nextScreen(seen);
        assert.equal(hello.pdu.data_coding, GSM);
        assert.equal(hello.text, 'Hello "José" Ya - [d\'Or]!');
    }, { settings: { menus: MENUS } });
});

test('an SMS is folded likewise; in a language that asks for UCS-2 not a letter is', async () => {
    await withScene('folding-sms', async ({ centre }) => {
        const phone = centre.phone('6281200000073');
        const write = async (name) => {
            const seen = centre.sms.length;
            const { command_status } = await centre.request('deliver_sm', {
                source_addr_ton: 1, source_addr_npi: 1, source_addr: phone.msisdn, destination_addr: '384',
                data_coding: UCS2, short_message: `NAME ${name}`,
            });
            assert.equal(command_status, 0);
            return centre.smsFor(phone.msisdn, seen);
        };
        const name = '“José” Ŷã – [d’Or]';
        const folded = await write(name);
        assert.equal(folded.pdu.data_coding, GSM);
        assert.equal(folded.text, 'Hello "José" Ya - [d\'Or]!');
        // What no folding knows is one character still, and the message stays GSM.
        const strange = await write('Ж😀漢');
        assert.equal(strange.pdu.data_coding, GSM);
        assert.equal(strange.text, 'Hello ???!');
        await phone.dial();
        await phone.answer('1');
        const whole = await write(name);
        assert.equal(whole.pdu.data_coding, UCS2);
        assert.equal(whole.text, `مرحبا ${name}!`);
        assert.equal((await write('Ж😀漢')).text, 'مرحبا Ж😀漢!');
    }, { settings: { menus: MENUS } });
});

// Each way: how a part tells its place, and how long the longest is.
const WAYS = {
    udh8: (pdu) => {
        const [udh] = pdu.short_message.udh;
        assert.equal(pdu.esm_class & 0x40, 0x40);
        assert.deepEqual([...udh.subarray(0, 2)], [0, 3]);
        return { reference: udh[2], total: udh[3], number: udh[4] };
    },
    udh16: (pdu) => {
        const [udh] = pdu.short_message.udh;
        assert.equal(pdu.esm_class & 0x40, 0x40);
        assert.deepEqual([...udh.subarray(0, 2)], [8, 4]);
        return { reference: udh[2] << 8 | udh[3], total: udh[4], number: udh[5] };
    },
    sar: (pdu) => {
        assert.equal(pdu.esm_class & 0x40, 0);
        return { reference: pdu.sar_msg_ref_num, total: pdu.sar_total_segments, number: pdu.sar_segment_seqnum };
    },
    payload: (pdu) => {
        assert.ok(pdu.message_payload);
        return { reference: 0, total: 1, number: 1 };
    },
};

test('a long SMS leaves each link in its own way of cutting, and no pair is torn', async () => {
    const centres = {};
    for (const way of Object.keys(WAYS))
        centres[way] = await new Centre().listen();
    const smsc = Object.entries(centres).map(([way, centre]) => smscEntry(centre, { name: way, dialect: `by_${way}` }));
    const dialects = `dialects = ( ${Object.keys(WAYS).map((way) => `{ name = "by_${way}"; sms_parts = "${way}"; }`)
        .join(', ')} );`;
    try {
        await withScene('cutting', async ({ gateway }) => {
            await gateway.start();
            let n = 0;
            for (const [way, place] of Object.entries(WAYS)) {
                const centre = centres[way], msisdn = `62812000000${80 + n++}`;
                await centre.isBound();
                assert.equal(await centre.text(msisdn, 'LONG'), 0);
                const first = place((await centre.smsFor(msisdn)).pdu);
                const parts = await until(`${first.total} parts by ${way}`, () => {
                    const all = centre.sms.filter((sms) => sms.msisdn === msisdn);
                    return all.length === first.total && all;
                });
                assert.equal(first.total, way === 'payload' ? 1 : 2);
                const places = parts.map((sms) => place(sms.pdu));
                assert.deepEqual(places.map((p) => p.number), parts.map((_, i) => i + 1));
                assert.ok(places.every((p) => p.reference === first.reference && p.total === first.total));
                const text = parts.map((sms) => sms.text).join('');
                assert.match(text, /^Prices of today .* 42000.*\[\+4%\]\. Ask tomorrow\.$/);
                if (way !== 'payload')
                    assert.equal(parts[0].text.length, 152, 'not through the [');
                assert.ok(parts.every((sms) => sms.pdu.data_coding === GSM));
            }
        }, { settings: { menus: MENUS, smsc }, dialects, start: false });
    } finally {
        for (const centre of Object.values(centres))
            await centre.close();
    }
});
