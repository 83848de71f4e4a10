// Network-initiated USSD: warungctl push, and what centres and subscribers do with it.
'use strict';

const assert = require('node:assert/strict');
const smpp = require('smpp');
const test = require('node:test');

const { OP } = require('./lib/centre');
const { noneHas, withLiar } = require('./lib/liar');
const { withScene } = require('./lib/scene');
const { until } = require('./lib/process');

const MENU = ['--menu', 'terususaha', '--screen'];

async function push(gateway, phone, screen, ...more) {
    const result = await gateway.ctl('push', phone.msisdn, ...MENU, screen, ...more);
    assert.equal(result.code, 0, result.output);
}

async function metric(gateway, name) {
    const { text } = await gateway.get('/metrics');
    return Number(text.match(new RegExp(`^warung_${name} (\\d+)$`, 'm'))[1]);
}

test('a question is answered through the menu; a notice asks nothing', async () => {
    await withScene('push', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000051');
        await push(gateway, phone, 'MAIN');
        const question = await phone.nextScreen(0);
        assert.match(question.text, /^#TerusUsaha Lampung \(gratis\)/);
        assert.equal(question.op, OP.ASK);
        assert.equal(question.info, undefined, 'the centre names the dialogue');
        assert.equal(question.pdu.source_addr, '384');
        const consent = await phone.answer('1');
        assert.match(consent.text, /Setuju\?/);
        assert.equal(consent.op, OP.ASK);
        assert.equal(consent.info[0], phone.info[0]);
        // The end of a dialogue that we opened is a notice (row 1 of the dialects: op 3, end bit).
        let last = consent;
        for (const answer of ['2', '0'])
            last = last.ended ? last : await phone.answer(answer);

        const notice = centre.phone('6281200000052');
        await push(gateway, notice, 'KELUAR', '--link', 'op1');
        const shown = await notice.nextScreen(0);
        assert.equal(shown.op, OP.NOTIFY);
        assert.match(shown.text, /^Terima kasih\./);
        assert.equal(await notice.send(OP.NOTIFY_ACK, '', notice.info), 0);
        assert.equal(await metric(gateway, 'pushes_total'), 2);
    });
});

test('a busy subscriber, a busy centre, a refusal, and no time left', async () => {
    await withScene('push-busy', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000053');
        await phone.dial();
        await push(gateway, phone, 'MAIN', '--for', '1s');
        await until('the push to expire', async () => await metric(gateway, 'pushes_expired_total') === 1);
        assert.equal(phone.screens.length, 1);
        assert.match((await phone.answer('1')).text, /^#TerusUsaha Lampung/, 'the dialogue goes on');
        assert.equal(await phone.send(OP.HANG_UP, '', phone.info), 0);

        centre.submitStatus = () => smpp.ESME_RX_R_APPN;
        await push(gateway, phone, 'MAIN');
        await until('the refusal', async () => await metric(gateway, 'push_failures_total') === 1);
        assert.match(gateway.log, /event=push\.not_shown .*outcome=refused/);

        // Throttled: it waits, and comes later.
        let throttled = 0;
        centre.submitStatus = () => (throttled++ === 0 ? smpp.ESME_RTHROTTLED : 0);
        await push(gateway, phone, 'MAIN', '--again');
        const question = await until('the question', () => phone.screens[2]);
        assert.equal(question.op, OP.ASK);
        assert.equal(throttled, 2);
        assert.match((await phone.answer('1')).text, /Setuju\?/);
    });
});

test('who is erased while a push waits for the end of his dialogue is left alone, and no record of him begins', async () => {
    await withScene('push-erased', async ({ centre, gateway, redis }) => {
        const phone = centre.phone('6281200000058');
        const live = (count) => until(`${count} turns`, async () =>
            (await gateway.get('/metrics')).text.includes(`\nwarung_turns_live ${count}\n`));
        await phone.dial();
        await live(0);
        await push(gateway, phone, 'MAIN');
        await live(1); // it waits
        const erased = await gateway.ctl('erase', phone.msisdn);
        assert.equal(erased.code, 0, erased.output);
        assert.match((await centre.smsFor(phone.msisdn)).text, /sudah dihapus/);
        await live(0);
        assert.equal(phone.screens.length, 1);
        assert.doesNotMatch(await redis.dump(), /6281200000058/);
    });
});

test('killed before it was sent, a push is sent by the next gateway, once', async () => {
    await withScene('push-kill', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000054');
        await gateway.kill();
        await push(gateway, phone, 'MAIN'); // no gateway runs
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await phone.nextScreen(0);
        // The centre shows it and dies with its answer; a dialogue that was answered is not repeated.
        const other = centre.phone('6281200000055');
        centre.submitStatus = (pdu) => {
            other.onScreen(pdu, pdu.short_message.message);
            return null;
        };
        await push(gateway, other, 'MAIN');
        await other.nextScreen(0);
        centre.submitStatus = () => 0;
        await gateway.kill();
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        assert.match((await other.answer('1')).text, /Setuju\?/);
        await until('the entry to be forgotten', async () => {
            const { text } = await gateway.get('/metrics');
            return /^warung_turns_live 0$/m.test(text);
        });
        assert.equal(other.screens.length, 2);
        assert.equal(phone.screens.length, 1);
    });
});

test('the response names the dialogue where the dialect says so; aborts are confirmed', async () => {
    const dialects = `dialects = ( { name = "named"; ni_session_from = "resp_message_id"; session_mask = "0xFFFF";
        end_bit = "none"; abort_ack_op = "0x32"; } );`;
    await withScene('push-named', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000056');
        centre.nextId = 41; // the message_id "42" is the name
        await push(gateway, phone, 'MAIN');
        await phone.nextScreen(0);
        await until('the name in the record', async () => {
            const session = await gateway.ctlJson('sessions', 'show', phone.msisdn);
            return session.is_open;
        });
        phone.info = Buffer.from('42');
        assert.match((await phone.answer('1')).text, /Setuju\?/);
        assert.equal(await phone.send(OP.HANG_UP, '', phone.info), 0);
        const ack = await phone.nextScreen(2);
        assert.equal(ack.op, 0x32);
        assert.equal(ack.text.toString(), '');
    }, { smsc: { dialect: 'named' }, dialects });
});

test('what cannot be pushed is said at once', async () => {
    await withScene('push-wrong', async ({ gateway }) => {
        const phone = '6281200000057';
        for (const [args, text] of [
            [['--menu', 'terususaha', '--screen', 'NIRVANA'], /no screen and no text NIRVANA/],
            [['--menu', 'terususaha', '--screen', 'HAPUS'], /no screen and no text HAPUS that may be pushed/],
            [['--menu', 'terususaha', '--screen', 'DATA_BOLEH'], /no screen and no text DATA_BOLEH that may be pushed/],
            [['--menu', 'nirvana', '--screen', 'MAIN'], /no menu is called nirvana/],
            [['--menu', 'terususaha', '--screen', 'MAIN', '--link', 'op9'], /no centre and no partner is called op9/],
        ]) {
            const result = await gateway.ctl('push', phone, ...args);
            assert.equal(result.code, 1);
            assert.match(result.output, text);
        }
        assert.equal((await gateway.ctl('push', phone, '--menu', 'terususaha')).code, 2);
        assert.equal((await gateway.ctl('push', phone, ...MENU, 'MAIN', '--for', '25h')).code, 2);
        assert.deepEqual(await gateway.ctlJson('push', phone, ...MENU, 'MAIN', '--for', '2m'),
            { msisdn: phone, menu: 'terususaha', screen: 'MAIN', for_s: 120, is_new: true });
    });
});

test('a push that no replica has is not told owed before', async () => {
    await withScene('push-unsure', async (scene) => {
        await withLiar(scene, async (liar, ctl) => {
            noneHas(liar, /w_commit_all|confirm/);
            for (let i = 0; i < 2; i++) {
                const { code, output } = await ctl('push', '6281200000052', ...MENU, 'MAIN', '--for', '60s');
                assert.equal(code, 3, output);
            }
        }, 'wait_replicas = 1; ');
    });
});
