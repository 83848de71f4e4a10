// A changed menu: dialogues end on the version that they began with, also across a restart; new dials
// take the new one; a faulty file changes nothing.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { openMainMenu } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { ROOT, until } = require('./lib/process');

const HELP = /^Bantuan:/;
const CHANGED = /^Bantuan baru:/;

async function withMenu(name, body) {
    await withScene(name, async (scene) => {
        const { gateway, folder } = scene;
        fs.mkdirSync(`${folder}/menus`);
        fs.copyFileSync(path.join(ROOT, 'conf/regions.cfg'), `${folder}/regions.cfg`);
        const menu = `${folder}/menus/terususaha.cfg`;
        const text = fs.readFileSync(path.join(ROOT, 'conf/menus/terususaha.cfg'), 'utf8');
        assert.ok(text.includes('"Bantuan:'), 'the text that this test changes');
        fs.writeFileSync(menu, text);
        gateway.settings.menus = [{ file: menu, codes: ['*384#'], sms: ['384'] }];
        await gateway.start();
        await scene.centre.isBound();
        const change = () => fs.writeFileSync(menu, text.replace('"Bantuan:', '"Bantuan baru:'));
        await body({ ...scene, menu, text, change });
    }, { start: false });
}

test('a reload while dialogues run', async () => {
    await withMenu('reload-menu', async ({ centre, gateway, menu, text, change }) => {
        const old = centre.phone('6281200000081');
        await openMainMenu(old);
        change();
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.match((await old.answer('5')).text, HELP);
        const fresh = centre.phone('6281200000082');
        await openMainMenu(fresh);
        assert.match((await fresh.answer('5')).text, CHANGED);

        fs.writeFileSync(menu, `${text}\nnonsense = 1;\n`);
        const refused = await gateway.ctl('reload');
        assert.equal(refused.code, 1);
        assert.match(refused.output, /terususaha\.cfg:\d+.*nonsense/);
        const third = centre.phone('6281200000083');
        await openMainMenu(third);
        assert.match((await third.answer('5')).text, CHANGED);

        fs.writeFileSync(menu, text); // taken back
        assert.equal((await gateway.ctl('reload')).code, 0);
        const fourth = centre.phone('6281200000084');
        await openMainMenu(fourth);
        assert.match((await fourth.answer('5')).text, HELP);
    });
});

test('a restart with a changed menu in the middle of a dialogue', async () => {
    await withMenu('restart-menu', async ({ centre, gateway, redis, change }) => {
        const old = centre.phone('6281200000085');
        await openMainMenu(old);
        await until('the version in the store', async () => /menus/.test(await redis.command('--scan', '--pattern', '*:menus')));
        change();
        assert.equal(await gateway.stop(), 0);
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await until('the new session', () => centre.sessions.length === 1);
        assert.match((await old.answer('5')).text, HELP);
        const fresh = centre.phone('6281200000086');
        await openMainMenu(fresh);
        assert.match((await fresh.answer('5')).text, CHANGED);
        assert.equal((await gateway.ctlJson('status')).menus.length, 1);
    });
});
