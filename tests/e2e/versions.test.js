// Menu versions as an admin handles them: listed, compared, taken back, tried on some, put in force; the
// same on every gateway, and never at the cost of a dialogue.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');

const { Centre } = require('./lib/centre');
const { noneHas, withLiar } = require('./lib/liar');
const { HEADING, headingOf, help, withMenu } = require('./lib/menu');
const { openMainMenu, register } = require('./lib/programme');
const { BUILD, run, until } = require('./lib/process');
const { smscEntry } = require('./lib/scene');
const { Gateway } = require('./lib/warungd');

let lastPhone = 6281300000000;
const newPhone = (centre) => centre.phone(String(++lastPhone));

// New dials of a centre see this heading within the time that gateways take to follow.
async function helpBecomes(centre, heading, phone) {
    await until(`"${heading}" for new dials`, async () => await help(phone ?? newPhone(centre)) === heading);
}

async function ok(gateway, ...args) {
    const result = await gateway.ctl(...args);
    assert.equal(result.code, 0, `warungctl ${args.join(' ')}:\n${result.output}`);
    return result.stdout;
}

async function states(gateway) {
    return (await gateway.ctlJson('menu', 'versions')).map((v) => v.state);
}

async function inForce(gateway) {
    const versions = await gateway.ctlJson('menu', 'versions');
    return versions.find((v) => v.state === 'in_force').version;
}

async function withSecond({ redis, folder, menu }, body) {
    const centre = await new Centre().listen();
    fs.mkdirSync(`${folder}/second`);
    const gateway = new Gateway(`${folder}/second`, redis, {
        instance: 'e2e2', smsc: [smscEntry(centre)],
        menus: [{ file: menu, codes: ['*384#'], sms: ['384'] }],
    });
    try {
        await gateway.start();
        await centre.isBound();
        await body({ centre, gateway });
        assert.equal(await gateway.stop(), 0);
    } finally {
        await gateway.stop().catch(() => {});
        await centre.close();
    }
}

test('a rollback is for every gateway, and stays', async () => {
    await withMenu('rollback', async (first) => {
        const { gateway, centre, say } = first;
        await withSecond(first, async (second) => {
            await inForceIsKnown(gateway);
            const good = await inForce(gateway);
            say('Bantuan salah');
            await ok(gateway, 'reload');
            assert.equal(await help(newPhone(centre)), 'Bantuan salah', 'at once where it was reloaded');
            await helpBecomes(second.centre, 'Bantuan salah');
            const difference = await ok(gateway, 'menu', 'diff', good);
            assert.match(difference, /^screens\/\w+: changed\n(.*\n)*? {2}- .*"Bantuan salah:.*\n {2}\+ .*"Bantuan:/m);

            const entries = await gateway.ctlJson('menu', 'diff', good);
            assert.deepEqual(entries.map((e) => [e.section, e.change, e.lines.length > 1]),
                [['screens', 'changed', true]]);

            const open = newPhone(centre); // a dialogue of the bad version
            await openMainMenu(open);
            assert.match(await ok(second.gateway, 'menu', 'rollback'), new RegExp(`${good} is in force`));
            await helpBecomes(second.centre, HEADING);
            await helpBecomes(centre, HEADING);
            assert.equal(headingOf(await open.answer('5')), 'Bantuan salah', 'ends as it began');

            const reloaded = await ok(gateway, 'reload'); // the bad file is still there
            assert.match(reloaded, /taken back/);
            assert.match(reloaded, /menu promote [0-9a-f]{16} --menu terususaha/, 'that command would do it');
            await ok(second.gateway, 'reload');
            assert.equal(await help(newPhone(centre)), HEADING);
            assert.equal(await help(newPhone(second.centre)), HEADING);
            assert.deepEqual(await states(gateway), ['in_force', 'taken_back']);
            assert.equal((await gateway.ctl('menu', 'rollback')).code, 1, 'nothing good is left before it');

            say('Bantuan lagi');
            await ok(second.gateway, 'reload');
            await helpBecomes(centre, 'Bantuan lagi');
        });
        assert.equal(await gateway.stop(), 0); // and after a restart
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        assert.equal(await help(newPhone(centre)), 'Bantuan lagi');
    });
});

test('a version is tried on some numbers, then put in force or withdrawn', async () => {
    await withMenu('canary', async ({ gateway, centre, folder, menu, text }) => {
        const tried = path.join(folder, 'menus', 'tried.cfg');
        const tester = centre.phone('6281300999999');
        fs.writeFileSync(tried, text.replace(`"${HEADING}:`, '"Bantuan coba:'));
        await inForceIsKnown(gateway);

        assert.equal((await gateway.ctl('menu', 'canary', tried)).code, 2, 'for whom?');
        assert.equal((await gateway.ctl('menu', 'canary', tried, '--numbers', ',')).code, 2, 'for nobody');
        assert.equal((await gateway.ctl('menu', 'canary', menu, '--percent', '5')).code, 1, 'in force already');
        await ok(gateway, 'menu', 'canary', tried, '--numbers', '081300999999');
        await helpBecomes(centre, 'Bantuan coba', tester);
        assert.equal(await help(newPhone(centre)), HEADING);
        const [version] = (await gateway.ctlJson('status')).menus;
        assert.equal(version.trial.numbers, 1);

        await openMainMenu(tester);
        await ok(gateway, 'menu', 'withdraw');
        await helpBecomes(centre, HEADING, centre.phone('6281300999999'));
        assert.equal((await gateway.ctl('menu', 'promote')).code, 1, 'no trial');

        await ok(gateway, 'menu', 'canary', tried, '--percent', '100');
        await helpBecomes(centre, 'Bantuan coba');
        const promoted = await run(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'menu', 'promote'],
            { env: { SUDO_USER: 'sri' } });
        assert.equal(promoted.code, 0, promoted.output);
        const { by } = (await gateway.ctlJson('menu', 'versions')).find((v) => v.state === 'in_force');
        assert.equal(by, process.getuid() === 0 ? 'sri' : os.userInfo().username);
        await until('promoted', async () => {
            const [now] = (await gateway.ctlJson('status')).menus;
            return now.trial === undefined && now.version !== version.version;
        });
        assert.equal(await help(newPhone(centre)), 'Bantuan coba');
        const faulty = path.join(folder, 'menus', 'faulty.cfg');
        fs.writeFileSync(faulty, text.replace('start = ', 'strat = '));
        const refused = await gateway.ctl('menu', 'canary', faulty, '--percent', '5');
        assert.equal(refused.code, 1);
        assert.match(refused.output, /faulty\.cfg:\d+:.*strat/);
        const checked = await gateway.ctl('menu', 'check', faulty, '--json');
        assert.equal(checked.code, 1);
        const fault = JSON.parse(checked.stdout).find((f) => f.text.includes('strat'));
        assert.deepEqual([fault.file, fault.severity, fault.column], [faulty, 'error', 1]);
        assert.ok(fault.line > 1);
    });
});

async function inForceIsKnown(gateway) {
    await until('the version in the store', async () => (await gateway.ctlJson('menu', 'versions')).length > 0);
}

// In `width` lanes, so that dialogues overlap.
async function inLanes(items, width, work) {
    const queue = [...items];
    await Promise.all(Array.from({ length: width }, async () => {
        for (let item; (item = queue.shift()) !== undefined;)
            await work(item);
    }));
}

test('a reload and a rollback while 500 dialogues run', async () => {
    await withMenu('reload-500', async ({ gateway, centre, say }) => {
        const phones = Array.from({ length: 500 }, () => newPhone(centre));
        const seen = (wanted) => async (phone) => {
            assert.equal(headingOf(await phone.answer('5')), wanted, phone.msisdn);
            await phone.answer('0'); // back to the main menu: they go on
        };
        const [before, after] = [phones.slice(0, 250), phones.slice(250)];

        await inLanes(before, 50, openMainMenu);
        say('Bantuan baru');
        const running = inLanes(before, 50, seen(HEADING));
        await ok(gateway, 'reload');
        await inLanes(after, 50, openMainMenu); // new dials, while the old ones answer
        await running;
        await Promise.all([inLanes(before, 25, seen(HEADING)), inLanes(after, 25, seen('Bantuan baru'))]);

        const both = Promise.all([inLanes(before, 25, seen(HEADING)), inLanes(after, 25, seen('Bantuan baru'))]);
        await ok(gateway, 'menu', 'rollback');
        await both;
        await helpBecomes(centre, HEADING);
        await Promise.all([inLanes(before, 25, seen(HEADING)), inLanes(after, 25, seen('Bantuan baru'))]);
        assert.equal(phones.filter((p) => p.screens.some((s) => s.ended)).length, 0, 'none was ended');
        const metrics = (await gateway.get('/metrics')).text;
        for (const name of ['busy', 'throttled', 'failed_screens', 'mismatches'])
            assert.match(metrics, new RegExp(`^warung_turn_${name}_total 0$`, 'm'));
    });
});

test('officers\' SMS say what the version in force says, not the file', async () => {
    await withMenu('officers-version', async ({ gateway, centre, menu, text }) => {
        const regno = await register(newPhone(centre));
        const words = '#TerusUsaha: {noreg} sedang diperiksa';
        assert.ok(text.includes(words), 'the SMS that this test changes');
        fs.writeFileSync(menu, text.replace(words, '#TerusUsaha: {noreg} SALAH'));
        await ok(gateway, 'reload');
        await ok(gateway, 'menu', 'rollback'); // the file still has the wrong one
        await ok(gateway, 'merchants', 'review', regno);
        const sms = await until('the SMS', () => centre.sms.find((s) => /diperiksa|SALAH/.test(s.text)));
        assert.match(sms.text, /sedang diperiksa/);
    });
});

test('a breach is not told with the text of before, when the file has another', async () => {
    await withMenu('breach-text', async ({ gateway, centre, menu, text }) => {
        await register(newPhone(centre));
        await inForceIsKnown(gateway);
        const words = 'kebocoran data: nama dan nomor HP.';
        assert.ok(text.includes(words), 'the text that this test changes');
        fs.writeFileSync(menu, text.replace(words, 'kebocoran data: nama, NIK, nomor HP.'));
        assert.equal(await gateway.stop(), 0); // as who stops a leak does; so a reload does nothing
        assert.equal((await gateway.ctl('reload')).code, 3);
        const refused = await gateway.ctl('breach', '2026-11-20', 'all');
        assert.equal(refused.code, 1, refused.output);
        assert.match(refused.output, /^warungctl: SMS_BOCOR of .*terususaha\.cfg is not that of the version in force, /m);
        // What a file with a fault would say is not known.
        fs.writeFileSync(menu, text.replace(words, 'kebocoran data: nama, NIK, nomor HP.').replace('to = "STATUS_LIHAT"', 'to = "STATUS_LIHAD"'));
        const faulty = await gateway.ctl('breach', '2026-11-20', 'all');
        assert.equal(faulty.code, 1, faulty.output);
        assert.match(faulty.output, /what SMS_BOCOR of .*terususaha\.cfg says is not known; mend the file and `warungctl reload`\n/);
        fs.writeFileSync(menu, text.replace(words, 'kebocoran data: nama, NIK, nomor HP.'));
        await ok(gateway, 'menu', 'canary', menu, '--percent', '1');
        await ok(gateway, 'menu', 'promote');
        assert.match(await ok(gateway, 'breach', '2026-11-20', 'all'), /^1 get the SMS, 0 had it before/);
        await gateway.start();
        const sms = await until('the SMS', () => centre.sms.find((s) => /kebocoran/.test(s.text)));
        assert.match(sms.text, /nama, NIK, nomor HP/);
    });
});

test('a menu file that is being edited keeps no officer from work', async () => {
    await withMenu('officers-edited', async ({ gateway, centre, menu, text }) => {
        const regno = await register(newPhone(centre));
        await inForceIsKnown(gateway);
        const edited = [text.replace('to = "STATUS_LIHAT"', 'to = "STATUS_LIHAD"'), text.slice(0, 40000).replace(/^menu = /m, 'menu: ')];
        for (const [i, verb] of ['review', 'approve'].entries()) {
            fs.writeFileSync(menu, edited[i]);
            const { code, stdout, output } = await gateway.ctl('merchants', verb, regno);
            assert.equal(code, 0, output);
            assert.match(output, /^warungctl: .*terususaha\.cfg has a fault \(warungctl menu check tells it\): /m);
            assert.match(stdout, /^[-0-9]+ (DIPERIKSA|DISETUJUI)\n$/);
            assert.equal((await gateway.ctl('reload')).code, 1);
        }
        await until('the SMS', () => centre.sms.find((s) => s.text.includes('DISETUJUI')));
        assert.match(await ok(gateway, 'merchants', 'list', '--regency', 'metro'), /Metro Barat/);
        for (const nothing of ['', `menu = "other";\n`]) { // of which nothing is in force
            fs.writeFileSync(menu, nothing);
            const { code, output } = await gateway.ctl('merchants', 'list');
            assert.equal(code, 1, output);
            assert.match(output, /terususaha\.cfg:\d+:/);
        }
    });
});

test('two menu files of one name are told by warungctl, too, and keep no officer from work', async () => {
    await withMenu('officers-two', async ({ gateway, centre, menu, text }) => {
        const regno = await register(newPhone(centre));
        assert.equal(gateway.settings.menus.length, 1);
        gateway.settings.menus.push({ file: `${menu}.two`, codes: ['*385#'] });
        fs.writeFileSync(`${menu}.two`, text.replace('Bantuan', 'Tolong'));
        await gateway.writeConfiguration();
        const { code, output } = await gateway.ctl('merchants', 'review', regno);
        assert.equal(code, 0, output);
        assert.match(output, /\.two:1: .* is a menu called terususaha too: give one of them another name$/m);
        assert.match(output, /no gateway takes these menu files together/);
    });
});

test('a version in force that this gateway cannot load is told as such', async () => {
    await withMenu('version-unusable', async ({ gateway, centre, redis, say }) => {
        await inForceIsKnown(gateway);
        const good = await inForce(gateway);
        assert.equal((await gateway.ctlJson('menu', 'versions'))[0].is_loaded_here, true);
        say('Bantuan baru');
        await ok(gateway, 'reload');
        await until('the new version in the store', async () => (await states(gateway)).length === 2);
        await ok(gateway, 'menu', 'rollback');
        await helpBecomes(centre, HEADING);
        assert.equal(await gateway.stop(), 0);
        const key = (await redis.command('--scan', '--pattern', `*menu:${good}`)).trim();
        await redis.command('DEL', key);
        await gateway.start();
        await centre.isBound();
        assert.equal(await help(newPhone(centre)), 'Bantuan baru', 'its file serves');
        const [first, second] = await gateway.ctlJson('menu', 'versions');
        assert.deepEqual([first.version, first.state, first.is_loaded_here], [good, 'in_force', false]);
        assert.equal(second.is_loaded_here, undefined);
        assert.match(await ok(gateway, 'menu', 'versions'), new RegExp(`${good} +in force, cannot be loaded here `));
        assert.match(await ok(gateway, 'status'), new RegExp(`version ${second.version}\n +version ${good} is in force, and cannot be loaded here`));
    });
});

test('a version whose source is gone is not put in force', async () => {
    await withMenu('version-gone', async ({ gateway, centre, redis, say }) => {
        await inForceIsKnown(gateway);
        const old = await inForce(gateway);
        say('Bantuan baru');
        await ok(gateway, 'reload');
        await until('the new version in the store', async () => (await states(gateway)).length === 2);
        const key = (await redis.command('--scan', '--pattern', `*menu:${old}`)).trim();
        assert.ok(key);
        await redis.command('DEL', key);
        for (const words of [['rollback'], ['rollback', old], ['canary', old, '--percent', '50']]) {
            const refused = await gateway.ctl('menu', ...words);
            assert.equal(refused.code, 1);
            assert.match(refused.output, /not kept any more/);
        }
        assert.equal((await gateway.ctl('menu', 'rollback', 'abc')).code, 1);
        assert.equal((await gateway.ctl('menu', 'rollback', await inForce(gateway))).code, 1, 'in force already');
        assert.deepEqual(await states(gateway), ['in_force', 'superseded']);
        assert.equal(await help(newPhone(centre)), 'Bantuan baru');
    });
});

test('a rollback or promotion without an answer: done once, or not said to be done', async () => {
    await withMenu('menu-unsure', async (scene) => {
        const { gateway, say } = scene;
        const promote = (version) => ok(gateway, 'menu', 'promote', version);
        for (const heading of ['Bantuan dua', 'Bantuan tiga']) {
            say(heading);
            await ok(gateway, 'reload');
        }
        const [bad, good] = (await gateway.ctlJson('menu', 'versions')).map((v) => v.version);
        await withLiar(scene, async (liar, ctl) => {
            const goesOneBack = async () => {
                const { code, output } = await ctl('menu', 'rollback');
                assert.equal(code, 0, output);
                assert.equal(liar.plan, null);
                assert.equal(await inForce(gateway), good, 'one step');
                await promote(bad);
            };
            for (const fate of [{ cuts: true }, { breaks: true }]) {
                liar.planFor('w_commit', fate);
                await goesOneBack();
            }
            // Another admin does the same in between.
            liar.planFor('w_commit', { before: () => ok(gateway, 'menu', 'rollback') });
            await goesOneBack();
        });
        await withLiar(scene, async (liar, ctl) => {
            noneHas(liar, /w_commit/);
            for (let i = 0; i < 2; i++) { // the second finds it in force, which a fail-over may take back
                const { code, output } = await ctl('menu', 'promote', good);
                assert.equal(code, 3, output);
            }
        }, 'wait_replicas = 1; ');
        assert.equal((await gateway.ctl('menu', 'promote', good)).code, 1, 'in force already');
    });
});
