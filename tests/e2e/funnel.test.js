// The funnel: what becomes of each screen, told by warungctl and as metrics, without a word of whom.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { MERCHANT, openMainMenu, register } = require('./lib/programme');
const { run, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const COUNTERS = ['answered', 'back', 'timed_out', 'abandoned', 'waiting'];

test('each screen\'s visitors are accounted for', async () => {
    await withScene('funnel', async ({ centre, gateway }) => {
        const phone = (n) => centre.phone(`628121110000${n}`);
        const rows = () => gateway.ctlJson('menu', 'funnel');
        const byScreen = async (name, language) => (await rows())
            .find((r) => r.screen === name && r.language === language);

        await register(phone(1));
        await openMainMenu(phone(2)); // stays until it times out
        const third = phone(3);
        await openMainMenu(third);
        await third.answer('77'); // no such choice
        await third.answer('5'); // help
        await third.answer('0');
        await third.dial(); // without hanging up
        const fourth = phone(4);
        await openMainMenu(fourth);
        for (const _ of [1, 2, 3])
            await fourth.answer('88'); // too many errors
        assert.equal(fourth.screens.at(-1).ended, true);

        const main = await byScreen('MAIN', 'id');
        assert.equal(main.entered, 6); // four first ones, back from help, the new dial
        assert.equal(main.answered, 2);
        assert.equal(main.invalid, 4);
        assert.equal(main.abandoned, 2); // the new dial, too many errors
        assert.equal(main.waiting, 2);
        assert.ok(main.think_ms.count >= 6);
        assert.equal((await rows()).find((r) => r.screen === 'NAMA').answered, 1);
        const help = (await rows()).find((r) => r.back === 1);
        assert.equal(help.entered, 1);

        await until('the time-outs', async () => (await byScreen('MAIN', 'id')).timed_out === 2);
        for (const row of (await rows()).filter((r) => !r.is_end))
            assert.equal(row.entered, COUNTERS.reduce((sum, key) => sum + row[key], 0), row.screen);

        const table = (await gateway.ctl('menu', 'funnel', '--lang', 'id')).stdout;
        assert.match(table, /^MAIN +6 +█{20} +33 % +67 % /m);
        assert.match((await gateway.ctl('menu', 'funnel', '--lang', 'jv')).stdout, /^no screen of that menu, version or language/);
        for (const [what, ...words] of [['menu NOPE', 'versions', '--menu', 'NOPE'],
            ['menu NOPE', 'funnel', '--menu', 'NOPE'], ['version 00000000', 'funnel', '00000000', '--json']]) {
            const { code, stdout, output } = await gateway.ctl('menu', ...words);
            assert.deepEqual([code, stdout, output], [1, '', `warungctl: there is no ${what}: see warungctl menu versions\n`]);
        }
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_menu_screen_events_total\{menu="terususaha",version="[0-9a-f]{16}",language="id",screen="MAIN",event="timed_out"\} 2$/m);
        assert.match(text, /^warung_menu_think_seconds_count\{.*screen="MAIN"\} [6-9]$/m);
        const checked = await run('promtool', ['check', 'metrics'], { input: text });
        assert.equal(checked.output, '');
        for (const secret of ['62812111', MERCHANT.name, MERCHANT.nik])
            assert.equal(`${text}${table}${JSON.stringify(await rows())}`.includes(secret), false, secret);
        assert.equal((await gateway.ctlJson('menu', 'versions'))[0].dialogues, 0);
    }, { settings: { turn: { session_idle_s: 12 } } });
});
