// A store that answers too late for the dialogue: the subscriber is told to wait, and the result follows.
'use strict';

const assert = require('node:assert/strict');
const smpp = require('smpp');
const test = require('node:test');

const { OP } = require('./lib/centre');
const { openMainMenu } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { delay, until } = require('./lib/process');

const WAIT = /^Sedang diproses\./;
const CONSENT = /Setuju\?/;
// The link allows 2 seconds; the store is waited for longer than the centre is.
const SLOW = {
    smsc: { dialect: 'quick' },
    dialects: 'dialects = ( { name = "quick"; timers = "2 120 180"; } );',
    request_timeout_ms: 20000,
};

async function withSlowStore(name, body) {
    await withScene(name, async (scene) => {
        const { gateway, redis } = scene;
        gateway.settings.redis.request_timeout_ms = SLOW.request_timeout_ms;
        await gateway.start();
        await scene.centre.isBound();
        const hold = () => redis.process.child.kill('SIGSTOP');
        const release = () => redis.process.child.kill('SIGCONT');
        try {
            await body({ ...scene, hold, release });
        } finally {
            release();
        }
    }, { smsc: SLOW.smsc, dialects: SLOW.dialects, start: false });
}

// From the main menu, with the store held until the subscriber was told to wait; the answer's status.
async function answerLate({ phone, hold, release }) {
    const seen = phone.screens.length;
    hold();
    const sent = phone.send(OP.ANSWER, '1', phone.info);
    const told = await phone.nextScreen(seen);
    assert.match(told.text, WAIT);
    assert.equal(told.ended, true);
    release();
    return sent;
}

test('the wait text, then the result by push; its answers go on', async () => {
    await withSlowStore('late', async ({ centre, gateway, hold, release }) => {
        const phone = centre.phone('6281200000061');
        await openMainMenu(phone);
        const seen = phone.screens.length;
        assert.equal(await answerLate({ phone, hold, release }), 0);
        const result = await phone.nextScreen(seen + 1);
        assert.match(result.text, CONSENT);
        assert.equal(result.info, undefined, 'a dialogue that we open');
        assert.match((await phone.answer('1')).text, /nama lengkap/i);
        await delay(2000); // two sweeps of the outbox
        assert.equal(phone.screens.length, seen + 3);
        assert.equal(centre.sms.length, 0);
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_late_answers_total 1$/m);
        assert.match(text, /^warung_pushes_total 1$/m);
    });
});

test('else by SMS, once', async () => {
    await withSlowStore('late-sms', async ({ centre, hold, release }) => {
        const phone = centre.phone('6281200000062');
        await openMainMenu(phone);
        const seen = phone.screens.length;
        centre.submitStatus = (pdu) =>
            (pdu.ussd_service_op === OP.ASK && !pdu.its_session_info ? smpp.ESME_RX_R_APPN : 0);
        assert.equal(await answerLate({ phone, hold, release }), 0);
        // A question cannot be answered by SMS: it says that nothing is lost, and where to dial.
        assert.match((await centre.smsFor(phone.msisdn)).text, /^Maaf, layanan sedang sibuk\..*\*384#/);
        await delay(2000);
        assert.equal(centre.sms.length, 1);
        assert.equal(phone.screens.length, seen + 1);
    });
});

test('the gateway dies before the result is told: it is told by the next, or not at all, never twice', async () => {
    await withSlowStore('late-kill', async ({ centre, gateway, hold, release }) => {
        const phone = centre.phone('6281200000063');
        await openMainMenu(phone);
        const seen = phone.screens.length;
        hold();
        phone.send(OP.ANSWER, '1', phone.info);
        await phone.nextScreen(seen);
        await gateway.kill();
        release();
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        // Not acknowledged: the centre sends it again. It is stepped, or known.
        assert.equal(await phone.send(OP.ANSWER, '1', phone.info), 0);
        await until('quiet', async () =>
            /^warung_turns_live 0$/m.test((await gateway.get('/metrics')).text));
        assert.ok(phone.screens.length <= seen + 2);
        assert.match((await phone.dial()).text, /./);
    });
});
