// A copy of the shipped menu that a test may change, and what its help text says then.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');

const { openMainMenu } = require('./programme');
const { withScene } = require('./scene');
const { ROOT } = require('./process');

// The heading of the help screen as it is shipped.
const HEADING = 'Bantuan';

// Runs body(scene) on a gateway with its own copy of the menu. `say(heading)` changes the heading of the
// help screen in the file; `help(phone)` is a phone's whole way there: its heading.
async function withMenu(name, body) {
    await withScene(name, async (scene) => {
        const { gateway, folder } = scene;
        fs.mkdirSync(`${folder}/menus`);
        fs.copyFileSync(path.join(ROOT, 'conf/regions.cfg'), `${folder}/regions.cfg`);
        const menu = `${folder}/menus/terususaha.cfg`;
        const text = fs.readFileSync(path.join(ROOT, 'conf/menus/terususaha.cfg'), 'utf8');
        assert.ok(text.includes(`"${HEADING}:`), 'the text that this test changes');
        fs.writeFileSync(menu, text);
        gateway.settings.menus = [{ file: menu, codes: ['*384#'], sms: ['384'] }];
        await gateway.start();
        await scene.centre.isBound();
        const say = (heading) => fs.writeFileSync(menu, text.replace(`"${HEADING}:`, `"${heading}:`));
        await body({ ...scene, menu, text, say });
    }, { start: false });
}

const headingOf = (screen) => screen.text.split(':')[0];

async function help(phone) {
    await openMainMenu(phone);
    return headingOf(await phone.answer('5'));
}

module.exports = { HEADING, headingOf, help, withMenu };
