// Lanes, rate and throttling, as the centre sees them.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { delay, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const NEWS = Array.from({ length: 8 }, (_, i) => `62812000080${i}`);

// Subscribers who want to be told of trainings.
async function ask(centre) {
    for (const msisdn of NEWS)
        assert.match((await centre.phone(msisdn).dial('*384*4*1#')).text, /kami kabari/);
}

// The announcement to them, eight SMS that nobody waits for.
async function announce(gateway) {
    const day = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
    const added = await gateway.ctl('trainings', 'add', `${day}T09:00`, 'Foto produk', 'Balai Metro', '--seats', '9');
    assert.equal(added.code, 0, added.output);
    assert.match(added.output, /^8 subscribers get an SMS$/m);
}

// Every submit_sm from now on waits until the test answers it.
function hold(centre) {
    const held = [];
    centre.submitStatus = (pdu) => {
        held.push(Object.assign(pdu, { arrived: Date.now(), session: centre.sessions[0] }));
        return null;
    };
    held.answer = async (n, status = 0) => {
        const pdu = await until(() => `submit_sm ${n} of ${held.length}`, () => held[n]);
        pdu.session.send(pdu.response(status ? { command_status: status } : { message_id: `m${n}` }));
        return pdu;
    };
    return held;
}

test('screens go before SMS, SMS before announcements', async () => {
    await withScene('lanes', async ({ centre, gateway }) => {
        await ask(centre);
        const held = hold(centre);
        await announce(gateway);
        // One announcement is out and three wait behind it when these two come.
        await until('announcements that wait', async () =>
            /^warung_link_queued\{[^}]*\} 3$/m.test((await gateway.get('/metrics')).text));
        assert.equal(held.length, 1);
        // As a centre does: what could not be taken then comes again.
        await until('the text is taken', async () => await centre.text('6281200000091', 'BANTUAN') === 0);
        const phone = centre.phone('6281200000092');
        phone.info = Buffer.from([9, 0]);
        await until('the dial is taken', async () => await phone.send(1, '*384#', phone.info) === 0);
        for (let n = 0; n < 10; n++)
            await held.answer(n);
        const order = held.map((pdu) => (pdu.ussd_service_op !== undefined ? 'screen'
            : pdu.destination_addr === '6281200000091' ? 'sms' : 'bulk'));
        assert.deepEqual(order, ['bulk', 'screen', 'sms', ...Array(7).fill('bulk')]);
    }, { smsc: { window: 1, receipts: false } });
});

test('no more than so many a second leave', async () => {
    await withScene('tps', async ({ centre, gateway }) => {
        await ask(centre);
        const began = Date.now();
        await announce(gateway);
        for (const msisdn of NEWS)
            await centre.smsFor(msisdn);
        assert.ok(Date.now() - began >= 1300, `${Date.now() - began} ms for eight at five a second`);
    }, { smsc: { tps: 5, receipts: false } });
});

test('throttled, the bind pauses, probes with one, and goes on; nothing is lost', async () => {
    await withScene('throttled', async ({ centre, gateway }) => {
        await ask(centre);
        const held = hold(centre);
        await announce(gateway);
        await until('the first few', () => held.length === 4);
        const refused = held.slice(0, 3), since = Date.now();
        await Promise.all([0, 1, 2].map((n) => held.answer(n, 0x58))); // ESME_RTHROTTLED
        await held.answer(3);
        const probe = await until('the probe', () => held[4]);
        assert.ok(probe.arrived - since >= 690, 'a pause of a second, 30 % more or less');
        await delay(300);
        assert.equal(held.length, 5, 'one probe, and nothing before it is answered');
        for (let n = 4; n < 11; n++)
            await held.answer(n);
        await until('all sent', async () => (await gateway.ctlJson('outbox')).sent === 8);
        assert.equal(held.length, 11, 'eight, and the refused ones again');
        const taken = held.filter((pdu) => !refused.includes(pdu)).map((pdu) => pdu.destination_addr);
        assert.deepEqual(taken.sort(), NEWS);
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_link_throttled_by_peer_total\{[^}]*\} 3$/m);
    }, { smsc: { window: 4, receipts: false } });
});

// "Queue full" may be said of that phone alone: its SMS waits, and nobody else does.
test('a phone whose queue is full holds up no screens', async () => {
    await withScene('full-phone', async ({ centre, gateway }) => {
        await ask(centre);
        const full = NEWS[0], tries = [];
        centre.submitStatus = (pdu) => {
            if (pdu.destination_addr !== full)
                return 0;
            tries.push(Date.now());
            return 0x14; // ESME_RMSGQFUL
        };
        await announce(gateway);
        await until('the first tries', () => tries.length === 3);
        for (let n = 0; n < 8; n++) {
            const phone = centre.phone('6281200000093'), began = Date.now();
            const screen = await phone.dial();
            assert.match(screen.text, /TerusUsaha/);
            assert.ok(Date.now() - began < 2000, `${Date.now() - began} ms for a screen, after ${tries.length} tries`);
            await delay(1000);
        }
        assert.ok(tries.length <= 6, `${tries.length} tries`);
    }, { smsc: { receipts: false } });
});
