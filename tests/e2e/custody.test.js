// Processes die; what was acknowledged is there, what is owed is sent, nothing is done twice.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');

const { ANSWERS, answerQuestions, openMainMenu, register, regnoOf } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { OP } = require('./lib/centre');
const { BUILD, Process, delay, freePort, until } = require('./lib/process');

test('kill -9 of the gateway in the middle: the draft goes on at the next question', async () => {
    await withScene('kill9', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000031');
        const answered = 5;
        await answerQuestions(phone, await openMainMenu(phone), 0, answered);
        await gateway.kill();
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        const resume = await phone.dial();
        assert.match(resume.text, /^Pendaftaran Anda belum selesai/);
        const last = await answerQuestions(phone, await phone.answer('1'), answered);
        const regno = regnoOf(last);
        const merchant = await gateway.ctlJson('merchants', 'show', regno);
        assert.equal(merchant.business, ANSWERS[4][1]);
        assert.equal((await gateway.ctlJson('merchants', 'list')).length, 1);
    });
});

test('Redis is killed: the busy screen, no answer is lost, and it goes on when Redis is back', async () => {
    await withScene('redis-gone', async ({ centre, gateway, redis }) => {
        const phone = centre.phone('6281200000032');
        const other = centre.phone('6281200000033');
        let screen = await answerQuestions(phone, await openMainMenu(phone), 0, 4);
        await redis.kill();
        await until('not ready', async () => (await gateway.get('/readyz')).status === 503);
        const busy = await phone.answer(ANSWERS[4][1]);
        assert.match(busy.text, /layanan sedang sibuk/);
        assert.equal(busy.ended, true);
        assert.match((await other.dial()).text, /layanan sedang sibuk/);
        assert.notEqual(await centre.text('6281200000034', 'BANTUAN'), 0,
            'an SMS that cannot be stored is not acknowledged');
        assert.equal((await gateway.get('/healthz')).status, 200);

        await redis.start();
        await until('ready', async () => (await gateway.get('/readyz')).status === 200);
        assert.match((await phone.dial()).text, /^Pendaftaran Anda belum selesai/);
        // The answer that met the busy screen was not taken; the same question is asked again.
        screen = await phone.answer('1');
        regnoOf(await answerQuestions(phone, screen, 4));
        assert.equal(await centre.text('6281200000034', 'BANTUAN'), 0);
        await centre.smsFor('6281200000034');
    });
});

test('an SMS that is owed survives the gateway', async () => {
    await withScene('owed', async ({ centre, gateway }) => {
        const msisdn = '6281200000035';
        const phone = centre.phone(msisdn);
        // The centre takes screens and leaves SMS unanswered: the debt stays.
        centre.submitStatus = (pdu) => (pdu.ussd_service_op === undefined ? null : 0);
        await register(phone);
        await gateway.kill();
        assert.equal(centre.sms.length, 0);
        centre.submitStatus = () => 0;
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        assert.match((await centre.smsFor(msisdn)).text, / terkirim\. /);
        await delay(3000); // three sweeps of the outbox: it is not sent again
        assert.equal(centre.sms.length, 1);
    });
});

test('a gateway that stood still takes nothing that waits on its old connections', async () => {
    await withScene('stalled', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000037');
        await openMainMenu(phone);
        gateway.process.child.kill('SIGSTOP');
        // Another key than the one before: that one's proof may be among what waits.
        const sent = phone.send(OP.ANSWER, '5', phone.info);
        await delay(2500);
        gateway.process.child.kill('SIGCONT');
        assert.equal(await sent, null, 'not answered: the centre will deliver it again');
        await gateway.process.sees(/event=gateway\.stalled ms=[0-9]+/);
        await centre.isBound();
        assert.match((await phone.answer('5')).text, /^Bantuan:/);
    }, { settings: { turn: { answer_window_ms: 1000 } } });
});

test('a message that the centre repeats is answered with the same screen and done once', async () => {
    await withScene('repeat', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000036');
        const check = await answerQuestions(phone, await openMainMenu(phone), 0, ANSWERS.length - 1);
        assert.match(check.text, /Periksa:/);
        // The centre takes the acknowledgement, then the line is cut before it answers for the screen.
        centre.submitStatus = () => null;
        assert.equal(await phone.send(OP.ANSWER, '1', phone.info), 0);
        centre.drop();
        centre.submitStatus = () => 0;
        await centre.isBound();
        const screen = await phone.answer('1');
        assert.equal(screen.ended, true);
        regnoOf(screen);
        assert.equal((await gateway.ctlJson('merchants', 'list')).length, 1);
    });
});

// Where dialogues are this fast, a copy after so many ms would come behind more inputs than a gateway knows.
test('steps with numbers: what a centre brings again that it had an answer to is done once', async () => {
    const dialects = 'dialects = ( { name = "units"; session_out = "echo+unit"; } );\n';
    await withScene('repeats', async ({ gateway }) => {
        const port = await freePort();
        const [entry] = gateway.settings.smsc;
        Object.assign(entry, { port, dialect: 'units', turn_token: 'echo' });
        const load = new Process(path.join(BUILD, 'warung-smsc'), ['load', '--listen', `127.0.0.1:${port}`,
            '--dialogues', 20, '--count', 500, '--fault', 'repeat=5,lose-response=5', '--retry', 30].map(String));
        await gateway.start();
        assert.equal(await load.ended, 0, load.output);
        assert.match(load.output, / [1-9]\d* repeats answered/);
        assert.equal((await gateway.ctlJson('merchants', 'list')).length, 500);
    }, { start: false, dialects });
});
