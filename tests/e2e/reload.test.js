// A changed menu: dialogues end on the version that they began with, also across a restart; new dials
// take the new one; a faulty file changes nothing.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { ESME_RX_T_APPN } = require('smpp');

const { OP } = require('./lib/centre');
const { HEADING, headingOf, help, withMenu } = require('./lib/menu');
const { openMainMenu } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { BUILD, delay, run, until } = require('./lib/process');

test('a reload while dialogues run', async () => {
    await withMenu('reload-menu', async ({ centre, gateway, menu, text, say }) => {
        const old = centre.phone('6281200000081');
        await openMainMenu(old);
        say('Bantuan baru');
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal(headingOf(await old.answer('5')), HEADING);
        assert.equal(await help(centre.phone('6281200000082')), 'Bantuan baru');

        fs.writeFileSync(menu, `${text}\nnonsense = 1;\n`);
        const refused = await gateway.ctl('reload');
        assert.equal(refused.code, 1);
        assert.match(refused.output, /terususaha\.cfg:\d+.*nonsense/);
        assert.equal(await help(centre.phone('6281200000083')), 'Bantuan baru');

        say(HEADING); // taken back
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal(await help(centre.phone('6281200000084')), HEADING);
    });
});

test('an input that a change of its centre overtakes is taken once, and comes again by the new bind', async () => {
    await withScene('reload-centre', async ({ centre, gateway, redis }) => {
        const phone = centre.phone('6281200000085');
        await phone.dial();
        redis.process.child.kill('SIGSTOP');
        const status = phone.send(OP.ANSWER, '1', phone.info);
        await until('the input at work', async () => /^warung_turns_live 1$/m.test((await gateway.get('/metrics')).text));
        gateway.settings.smsc[0].window = 7;
        await gateway.writeConfiguration();
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=smsc\.leaving/);
        await delay(50); // it unbinds at the end of its loop's turn
        redis.process.child.kill('SIGCONT');
        assert.equal(await status, ESME_RX_T_APPN);
        await until('the new bind', () => centre.binds.length === 2 && centre.sessions.length === 1);
        assert.equal(phone.screens.length, 1);
        assert.match((await phone.answer('1')).text, /^#TerusUsaha Lampung/);
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_turn_steps_total 2$/m);
        assert.match(text, /^warung_turn_replays_total 1$/m);
        assert.match(text, /^warung_turn_failed_screens_total 0$/m);
    });
});

test('what needs a restart keeps its value, and is named at each reload', async () => {
    await withMenu('reload-instance', async ({ gateway }) => {
        const { instance } = await gateway.ctlJson('status');
        gateway.settings.instance = `not-${instance}`;
        await gateway.writeConfiguration();
        for (const times of [1, 2]) {
            const reloaded = await gateway.ctl('reload');
            assert.equal(reloaded.code, 0);
            assert.match(reloaded.stdout, /^reloaded\ninstance is as before until a restart\n/);
            assert.equal((await gateway.ctlJson('status')).instance, instance);
            await until('the key to be named', async () =>
                gateway.log.match(/event=config\.needs_restart key=instance\b/g)?.length === times);
        }
        assert.match((await gateway.get('/metrics')).text, new RegExp(`instance="${instance}"`));
    });
});

test('a fault in the configuration does not hide the gateway that runs', async () => {
    await withScene('reload-fault', async ({ gateway }) => {
        fs.appendFileSync(gateway.file, 'nonsense = 1;\n');
        const fault = /warung\.cfg:\d+: unknown key nonsense/;
        const status = await gateway.ctl('status');
        assert.equal(status.code, 0, status.output);
        assert.match(status.stdout, /^state {5}ready$/m);
        assert.match(status.output, fault);
        assert.match((await gateway.ctl('links')).stdout, /^op1:1 .* bound /m);
        const looked = await gateway.ctl('trace', '--for', '1s');
        assert.equal(looked.code, 0, looked.output);
        assert.equal(looked.output.match(/nonsense/g)?.length, 1, looked.output);
        for (const command of [['reload'], ['merchants', 'list']]) {
            const refused = await gateway.ctl(...command);
            assert.equal(refused.code, 1, refused.output);
            assert.match(refused.output, fault);
        }
        const drained = await gateway.ctl('drain');
        assert.equal(drained.stdout, 'draining\n');
        assert.match(drained.output, fault);
        assert.equal(await gateway.process.ended, 0);
    }, { settings: { control: 'gateway.sock' } });
});

test('what is hardly meant is told by -n and by a reload, and does no harm', async () => {
    await withMenu('reload-doubt', async ({ gateway, menu, text }) => {
        fs.writeFileSync(menu, text.replace('texts = {', 'texts = {\n  SISA = { id = "Sisa"; en = "Rest"; };'));
        gateway.settings.menus[0].codes.push('*385#');
        await gateway.writeConfiguration();
        const checked = await run(path.join(BUILD, 'warungd'), ['-n', '-c', gateway.file]);
        assert.equal(checked.code, 0, checked.output);
        assert.match(checked.output, /warung\.cfg:\d+: warning: no smsc .* \*385# among its codes\n/);
        assert.match(checked.output, /terususaha\.cfg:\d+: column 3: warning: the text SISA is not used/);
        assert.equal((await gateway.ctl('reload')).code, 0);
        for (const what of [/no smsc .* \*385# among its codes/, /the text SISA is not used/])
            await until(`the log to say ${what}`, () => gateway.log.split('\n').some((line) =>
                /level=warning event=config\.doubt /.test(line) && what.test(line)));
        assert.doesNotMatch(gateway.log, /event=config\.fault/);
    });
});

test('a restart with a changed menu in the middle of a dialogue', async () => {
    await withMenu('restart-menu', async ({ centre, gateway, redis, say }) => {
        const old = centre.phone('6281200000085');
        await openMainMenu(old);
        await until('the version in the store', async () => /menus/.test(await redis.command('--scan', '--pattern', '*:menus')));
        say('Bantuan baru');
        assert.equal(await gateway.stop(), 0);
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await until('the new session', () => centre.sessions.length === 1);
        assert.equal(headingOf(await old.answer('5')), HEADING);
        assert.equal(await help(centre.phone('6281200000086')), 'Bantuan baru');
        assert.equal((await gateway.ctlJson('status')).menus.length, 1);
    });
});
