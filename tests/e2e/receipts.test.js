// Delivery receipts: what becomes of SMS, told by a centre in its own way and order.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { until } = require('./lib/process');
const { smscEntry, withScene } = require('./lib/scene');
const { Gateway } = require('./lib/warungd');

const MSISDN = '6281200000061';

// A receipt for an SMS that arrived: as text, as TLVs or both. The status of the gateway's answer.
async function tell(centre, sms, { state = 'DELIVRD', id = sms.id, form = 'text', session, esm = 4 } = {}) {
    const codes = { DELIVRD: 2, EXPIRED: 3, UNDELIV: 5, ENROUTE: 1 };
    const response = await centre.request('deliver_sm', {
        source_addr_ton: 1, source_addr_npi: 1, source_addr: sms.msisdn, destination_addr: sms.source,
        esm_class: esm,
        short_message: form === 'tlv' ? '' : `id:${id} sub:001 dlvrd:001 submit date:2611272200 done date:2611272201 stat:${state} err:000 text:halo`,
        ...(form === 'text' ? {} : { receipted_message_id: id, message_state: codes[state] }),
    }, session);
    return response && response.command_status;
}

async function owe(centre, msisdn, text = 'BANTUAN') {
    const seen = centre.sms.filter((s) => s.msisdn === msisdn).length;
    assert.equal(await centre.text(msisdn, text), 0);
    const sms = await centre.smsFor(msisdn, seen);
    return Object.assign(sms, { id: String(centre.nextId) });
}

async function states(gateway, msisdn) {
    return (await gateway.ctlJson('outbox', msisdn)).map((m) => m.state);
}

async function metric(gateway, name) {
    const line = (await gateway.get('/metrics')).text.match(new RegExp(`^warung_${name} (\\S+)$`, 'm'));
    return Number(line[1]);
}

test('receipts are asked for SMS, not for screens, and end the message', async () => {
    await withScene('receipts', async ({ centre, gateway }) => {
        const screen = await centre.phone(MSISDN).dial();
        assert.equal(screen.pdu.registered_delivery, 0);
        for (const [state, word, form] of [['DELIVRD', 'delivered', 'text'], ['UNDELIV', 'failed', 'tlv'],
            ['EXPIRED', 'expired', 'both']]) {
            const sms = await owe(centre, MSISDN);
            assert.equal(sms.pdu.registered_delivery, 1);
            await until('the message is awaited', async () => (await states(gateway, MSISDN)).at(-1) === 'awaited');
            assert.equal(await tell(centre, sms, { state: 'ENROUTE', form }), 0);
            assert.equal((await states(gateway, MSISDN)).at(-1), 'awaited', 'on its way is no end');
            assert.equal(await tell(centre, sms, { state, form }), 0);
            assert.equal((await states(gateway, MSISDN)).at(-1), word, 'what was answered is stored');
        }
        assert.deepEqual(await gateway.ctlJson('outbox'),
            { owed: 3, waiting: 0, awaited: 0, sent: 0, delivered: 1, failed: 1, expired: 1, erased: 0 });
        for (const name of ['sms_delivered_total', 'sms_failed_total', 'sms_expired_total'])
            assert.equal(await metric(gateway, name), 1, name);
        assert.equal(await metric(gateway, 'sms_owed_total'), 3);
        assert.equal(await metric(gateway, 'sms_sent_total'), 3);
        assert.equal(await metric(gateway, 'receipts_total'), 6);
    });
});

test('the centre is told how long an SMS is worth delivering, the phone is not; a receipt by then counts', async () => {
    for (const knob of ['relative', 'absolute', 'none']) {
        await withScene('validity', async ({ centre, gateway }) => {
            const periods = [];
            for (const session of centre.sessions)
                session.on('submit_sm', (pdu) => periods.push(pdu.validity_period));
            await centre.phone(MSISDN).dial();
            const screens = periods.splice(0);
            assert.ok(screens.length > 0 && screens.every((p) => !p), 'a screen is not stored');
            const sms = await owe(centre, MSISDN);
            const [period] = periods;
            if (knob === 'none')
                assert.ok(!period, String(period));
            else // npm's reading of either form
                assert.ok(Math.abs(new Date(period) - Date.now() - 86400000) < 60000, String(period));
            await until('awaited', async () => (await states(gateway, MSISDN)).at(-1) === 'awaited');
            assert.equal(await tell(centre, sms, { state: 'EXPIRED' }), 0);
            assert.equal((await states(gateway, MSISDN)).at(-1), 'expired');
        }, {
            smsc: { dialect: 'own' }, settings: { turn: { sms_expiry_s: 86400 } },
            dialects: `dialects = ( { name = "own"; base = "spec34"; validity = "${knob}"; } );`,
        });
    }
});

test('an id is known in every way of writing it that the dialect names', async () => {
    for (const [dialect, respId, receiptId] of [['auto', '1A2B', '6699'], ['auto', '0000001a2b', '1A2B'],
        ['string', '42', '0042'], ['resp_hex_dlr_dec', '10', '16'], ['resp_dec_dlr_hex', '16', '10']]) {
        await withScene('receipt-ids', async ({ centre, gateway }) => {
            centre.messageId = () => respId;
            const sms = await owe(centre, MSISDN);
            assert.equal(await tell(centre, sms, { id: receiptId }), 0);
            await until(`${receiptId} means ${respId}`, async () => (await states(gateway, MSISDN))[0] === 'delivered');
        }, { smsc: { dialect: 'own' }, dialects: `dialects = ( { name = "own"; base = "spec34"; receipt_ids = "${dialect}"; } );` });
    }
});

test('a receipt that overtakes its response is matched, and so is one for another gateway', async () => {
    await withScene('receipt-overtakes', async ({ centre, gateway, redis, folder }) => {
        // The response comes only when the receipt has been answered.
        let held;
        centre.submitStatus = (pdu) => {
            held = pdu;
            return null;
        };
        assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        await until('a submit_sm', () => held);
        const sms = { msisdn: MSISDN, source: '384', id: 'A1' };
        assert.equal(await tell(centre, sms), 0);
        assert.equal(await metric(gateway, 'receipts_early_total'), 1);
        centre.sessions[0].send(held.response({ message_id: 'A1' }));
        await until('delivered', async () => (await states(gateway, MSISDN))[0] === 'delivered');

        // The gateway that sent it is gone; another one, on its own bind, is told.
        centre.submitStatus = () => 0;
        const second = await owe(centre, MSISDN, 'STATUS');
        await until('awaited', async () => (await states(gateway, MSISDN)).at(-1) === 'awaited');
        await gateway.kill();
        await until('no session', () => centre.sessions.length === 0);
        const other = new Gateway(`${folder}/redis`, redis, { smsc: [smscEntry(centre)], instance: 'other' });
        await other.start();
        try {
            await centre.isBound();
            assert.equal(await tell(centre, second), 0);
            assert.deepEqual((await states(other, MSISDN)).slice(-1), ['delivered']);
        } finally {
            assert.equal(await other.stop(), 0);
        }
    });
});

test('a receipt is acknowledged only when it is stored', async () => {
    await withScene('receipt-durable', async ({ centre, gateway, redis }) => {
        const sms = await owe(centre, MSISDN);
        await until('awaited', async () => (await states(gateway, MSISDN))[0] === 'awaited');
        await redis.kill();
        assert.equal(await tell(centre, sms), 0x64, 'ESME_RX_T_APPN: the centre says it again');
        await redis.start();
        await until('the store is back', async () => (await gateway.get('/readyz')).status === 200);
        assert.equal((await states(gateway, MSISDN))[0], 'awaited');
        assert.equal(await tell(centre, sms), 0);
        assert.equal((await states(gateway, MSISDN))[0], 'delivered');
        assert.ok(await metric(gateway, 'receipts_refused_total') >= 1);
    });
});

test('an SMS that waits for a centre to take it is among the subscriber\'s', async () => {
    await withScene('receipts-waiting', async ({ centre, gateway }) => {
        await owe(centre, MSISDN);
        await until('awaited', async () => (await states(gateway, MSISDN))[0] === 'awaited');
        centre.submitStatus = () => 0x64; // ESME_RX_T_APPN: later
        for (const phone of [MSISDN, '6281200000072'])
            assert.equal(await centre.text(phone, 'STATUS'), 0);
        // A push is owed in the same place, and is no SMS.
        assert.equal((await gateway.ctl('push', MSISDN, '--menu', 'terususaha', '--screen', 'MAIN')).code, 0);
        assert.deepEqual(await states(gateway, MSISDN), ['awaited', 'waiting']);
        const { stdout, output } = await gateway.ctl('outbox', MSISDN);
        assert.match(stdout, /Z +waiting +\d{4}-/);
        assert.match(gateway.log, /event=outbox.put_off .*link=op1:1 .*command_status=ESME_RX_T_APPN/);
        assert.equal(output, stdout); // nothing to complain of
    });
});

test('without receipts an SMS ends as sent; without news it expires', async () => {
    await withScene('receipts-off', async ({ centre, gateway }) => {
        const sms = await owe(centre, MSISDN);
        assert.equal(sms.pdu.registered_delivery, 0);
        await until('sent', async () => (await states(gateway, MSISDN))[0] === 'sent');
    }, { smsc: { receipts: false } });
    await withScene('receipts-silent', async ({ centre, gateway, redis }) => {
        await owe(centre, MSISDN);
        await until('awaited', async () => (await states(gateway, MSISDN))[0] === 'awaited');
        // The wait takes a minute at least: the time is put back instead, as a clock would run on.
        const key = (await redis.command('KEYS', '*x:*')).trim();
        const script = `local x = cmsgpack.unpack(redis.call('GET', KEYS[1]))
            x[1][1][6] = '1000' -- LIMIT of the first message: sessions/functions.lua
            return redis.call('SET', KEYS[1], cmsgpack.pack(x))`;
        assert.equal((await redis.command('EVAL', script, '1', key)).trim(), 'OK');
        await redis.command('ZADD', key.replace(/x:.*/, 't'), '1000', `lapse:${key.replace(/.*x:/, '')}`);
        await until('expired', async () => (await states(gateway, MSISDN))[0] === 'expired');
        assert.equal(await metric(gateway, 'sms_expired_total'), 1);
    }, { settings: { turn: { sms_expiry_s: 60, receipt_margin_s: 0 } } });
});
