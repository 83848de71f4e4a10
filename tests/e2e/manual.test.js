// "A menu from nothing" of warung-menu(5), typed as it stands there: from an empty file to a live menu; and the
// drawing of the shipped one.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { BUILD, ROOT, run, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MANUAL = path.join(ROOT, 'docs/man/warung-menu.5');

// The examples of the section, and the words of each command of warungctl in it.
function readSection() {
    const [, section] = fs.readFileSync(MANUAL, 'utf8').match(/^\.Sh A MENU FROM NOTHING\n(.*?)^\.Sh/ms);
    const blocks = [...section.matchAll(/^\.Bd -literal\n(.*?)^\.Ed/gms)].map((m) => m[1]);
    const commands = [...section.matchAll(/^\.Ic warungctl (.*?)(?: [:.,])?$/gm)].map((m) => m[1]);
    return { blocks, commands };
}

test('a menu from nothing', async () => {
    const { blocks: [menu, dialogue, entry], commands } = readSection();
    assert.deepEqual(commands.map((c) => c.split(' ').slice(0, 2).join(' ')),
        ['menu check', 'menu play', 'menu test', 'reload', 'menu rollback', 'menu canary']);
    await withScene('manual', async ({ folder, gateway, centre }) => {
        const file = path.join(folder, 'menus/bantuan.cfg');
        const type = (command, input) => run(path.join(BUILD, 'warungctl'),
            ['-c', gateway.file, ...command.split(' ')], { cwd: folder, input });
        const typed = async (command, input) => {
            const { code, output } = await type(command, input);
            assert.equal(code, 0, `${command}\n${output}`);
            return output;
        };
        const [check, play, golden, reload, rollback, canary] = commands;

        fs.mkdirSync(path.dirname(file));
        fs.writeFileSync(file, menu);
        fs.writeFileSync(path.join(folder, 'bantuan.dialog'), dialogue);
        assert.match(await typed(check), /^0 errors, 0 warnings$/m);
        assert.match(await typed(play, '*384#\n1\n'), /Senin sampai Jumat, 08-16\./);
        assert.match(await typed(`${play} --limit 140`, '*384#\n'), /20 of 140 septets/);
        assert.match(await typed(golden), /1 passed, 0 failed/);

        const settings = fs.readFileSync(gateway.file, 'utf8');
        fs.writeFileSync(gateway.file, settings.replace(/^menus = .*$/m, entry));
        await typed(reload);
        const heading = async () => (await centre.phone('6281200000061').dial('*555#')).text.split('\n')[0];
        assert.equal(await heading(), 'Bantuan:');

        fs.writeFileSync(file, menu.replace('Bantuan:', 'Bantuan salah:'));
        await typed(reload);
        assert.equal(await heading(), 'Bantuan salah:');
        await typed(rollback);
        await until('the rollback', async () => await heading() === 'Bantuan:');

        fs.writeFileSync(file, menu.replace('Bantuan:', 'Bantuan baru:'));
        await typed(canary.replace('--percent 5', '--percent 100')); // else this phone may not be among them
        await until('the trial', async () => await heading() === 'Bantuan baru:');
        await typed('menu promote');
        assert.equal(await heading(), 'Bantuan baru:');
    });
});

test('docs/terususaha.svg draws the menu as it is shipped (else: make docs)', async () => {
    const { code, output } = await run(path.join(BUILD, 'warungctl'), ['menu', 'graph', path.join(ROOT, 'conf/menus/terususaha.cfg')]);
    assert.equal(code, 0, output);
    const edges = [...output.matchAll(/^ *"(.*)" -> "(.*?)"/gm)].map(([, from, to]) => `${from}->${to}`);
    const svg = fs.readFileSync(path.join(ROOT, 'docs/terususaha.svg'), 'utf8').replaceAll('&#45;&gt;', '->');
    const drawn = [...svg.matchAll(/<title>(.*->.*)<\/title>/g)].map((m) => m[1]);
    assert.ok(edges.length > 200);
    assert.deepEqual(drawn.sort(), edges.sort());
});
