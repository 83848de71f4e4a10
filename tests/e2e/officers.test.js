// Officers' and administrators' commands on a running gateway: erase, trainings, tickets, keys, users.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Clock, DAY_MS } = require('./lib/clock');
const { MERCHANT, openMainMenu, register } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { noneHas, withLiar } = require('./lib/liar');
const { BUILD, preload, run, until } = require('./lib/process');
const { MENU } = require('./lib/warungd');

const MSISDN = '6281200000071';

const PERSONAL = [MERCHANT.name, MERCHANT.nik, MERCHANT.business];

test('the words that are looked for below stand in no menu', () => {
    const menu = fs.readFileSync(MENU, 'utf8');
    for (const word of PERSONAL)
        assert.equal(menu.includes(word), false, word);
});

test('keys: records are sealed, nothing personal stands in Redis', async () => {
    await withScene('keys', async ({ centre, gateway, redis, folder }) => {
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        assert.equal(fs.statSync(`${folder}/keys`).mode & 0o077, 0);
        assert.equal((await gateway.ctl('keys', 'init')).code, 1, 'an existing file stays');
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        const before = await redis.dump();
        assert.ok(before.includes(regno));
        for (const word of PERSONAL)
            assert.equal(before.includes(word), false, word);
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);

        const old = fs.readFileSync(`${folder}/keys`);
        assert.equal((await gateway.ctl('keys', 'rotate')).code, 0);
        const use = async (what) => (await gateway.ctlJson('keys', 'status')).map((key) => key[what]);
        assert.deepEqual(await use('is_current'), [false, true]);
        assert.deepEqual(await use('records'), [1, 0]);
        // The gateway runs on: it reads old records, and writes with the new key.
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
        await register(centre.phone('6281200000073'));
        assert.deepEqual(await use('records'), [1, 1]);
        assert.match((await centre.phone(MSISDN).dial('*384*2#')).text, /terkirim/i);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        assert.deepEqual(await use('records'), [0, 2]);
        assert.match((await gateway.ctl('keys', 'status')).stdout, /^1 .*old records +0 /m);
        const events = (await gateway.ctlJson('journal')).map((e) => e.event);
        assert.ok(events.includes('keys-rotate') && events.includes('reload'));

        fs.writeFileSync(`${folder}/keys`, old); // as on a machine that was not given the new one
        assert.match((await gateway.ctl('keys', 'status')).stdout, /^\? .*keys that the file lacks +2 /m);
    }, { start: false });
});

test('erase: record, lists and session go; the subscriber is told', async () => {
    await withScene('erase', async ({ centre, gateway, redis }) => {
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        const before = await redis.dump();
        for (const word of PERSONAL) // without keys they stand in the clear: the dump sees them
            assert.ok(before.includes(word), word);
        const result = await gateway.ctl('erase', MSISDN);
        assert.equal(result.code, 0, result.output);
        assert.match((await centre.smsFor(MSISDN, 1)).text, /semua data Anda sudah dihapus pada/);
        assert.equal((await gateway.ctl('merchants', 'show', regno)).code, 1);
        assert.deepEqual(await gateway.ctlJson('merchants', 'list'), []);
        await until('the outbox to be empty', async () => {
            const left = await redis.dump();
            return !PERSONAL.some((word) => left.includes(word));
        });
        assert.equal((await gateway.ctl('erase', MSISDN)).code, 1, 'there is nothing left');
    });
});

test('erase said again while a seat is given back: nobody is told twice', async () => {
    await withScene('erase-again', async ({ centre, gateway, redis }) => {
        const next = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
        assert.equal((await gateway.ctl('trainings', 'add', `${next}T09:00`, 'Foto', 'Balai', '--seats', '2')).code, 0);
        assert.match((await centre.phone(MSISDN).dial('*384*4*1*1#')).text, /Anda terdaftar pelatihan/);
        assert.equal((await gateway.ctl('erase', MSISDN)).code, 0);
        assert.match((await centre.smsFor(MSISDN, 1)).text, /semua data Anda sudah dihapus/);
        await until('the seat to be given back', () => sessions(redis)); // behind a record that goes within a second
        const { code, output } = await gateway.ctl('erase', MSISDN);
        assert.equal(code, 0, output);
        assert.equal(await sessions(redis), '');
        assert.equal((await gateway.ctlJson('outbox')).owed, 2); // that of the seat, and of the first erasure
    });
});

test('erase: where no menu has the text, everything goes all the same, and the officer is told', async () => {
    const menus = [{ file: path.join(__dirname, 'menus/long.cfg'), codes: ['*384#'], sms: ['384'] }];
    await withScene('erase-untold', async ({ centre, gateway, redis }) => {
        await centre.phone(MSISDN).dial();
        assert.notEqual(await sessions(redis), '');
        const { code, output } = await gateway.ctl('erase', MSISDN);
        assert.equal(code, 0, output);
        assert.match(output, /no text SMS_HAPUS_TANPA; tell it by other means\n/);
        assert.equal(await sessions(redis), '');
    }, { settings: { menus } });
});

const sessions = async (redis) => (await redis.command('KEYS', `*s:${MSISDN}`)).trim();

test('a number that passes for a registration\'s, as one in ten of 11 digits does, is a number', async () => {
    await withScene('like-regno', async ({ centre, gateway, folder }) => {
        const list = path.join(folder, 'numbers');
        for (const [msisdn, written] of [['62811234567', '62811234567'], ['628120000001', '08120000001']]) {
            const regno = await register(centre.phone(msisdn));
            fs.writeFileSync(list, `${written}\n`);
            assert.equal((await gateway.ctlJson('breach', '2026-11-20', list)).told, 1);
            assert.equal((await gateway.ctlJson('merchants', 'show', written)).regno, regno);
            assert.equal((await gateway.ctlJson('sessions', 'show', written)).msisdn, msisdn);
            assert.equal((await gateway.ctl('erase', written)).code, 0);
            assert.ok((await gateway.ctlJson('journal', written)).some((e) => e.event === 'erase'), written);
        }
    });
});

test('erase of a draft: done, whatever is heard of it', async () => {
    await withScene('erase-draft', async (scene) => {
        const { centre, redis } = scene;
        for (const fate of [{ cuts: true }, { breaks: true }]) {
            await centre.phone(MSISDN).dial('*384*1*1*SITI AMINAH*1#');
            assert.notEqual(await sessions(redis), '');
            await withLiar(scene, async (liar, ctl) => {
                liar.planFor('w_commit_all', fate);
                const { code, output } = await ctl('erase', MSISDN);
                assert.equal(code, 0, output);
                assert.equal(liar.plan, null);
                assert.equal(await sessions(redis), '');
            });
        }
    });
});

test('erase of a draft: the journal has it, though nothing more of it is heard', async () => {
    await withScene('erase-unheard', async (scene) => {
        const { centre, gateway, redis } = scene;
        await centre.phone(MSISDN).dial('*384*1*1*SITI AMINAH*1#');
        await withLiar(scene, async (liar, ctl) => {
            liar.planFor('w_commit_all', { breaks: true });
            const choose = liar.choose.bind(liar);
            liar.choose = (command) => { // behind it nothing is done
                const isPlanned = liar.plan !== null;
                const fate = choose(command);
                return isPlanned ? fate : { cuts: true };
            };
            const { code, output } = await ctl('erase', MSISDN);
            assert.equal(code, 3, output);
        });
        assert.equal(await sessions(redis), '');
        const again = await gateway.ctl('erase', MSISDN);
        assert.equal(again.code, 1, again.output);
        assert.match(again.output, /nothing is stored of 6281200000071/);
        const told = (await gateway.ctlJson('journal', MSISDN)).filter((e) => e.event === 'erase');
        assert.deepEqual(told.map((e) => e.detail), ['done']);
    });
});

test('erase: a dialogue that begins meanwhile goes, too', async () => {
    await withScene('erase-race', async (scene) => {
        const { centre, redis } = scene;
        await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        await redis.command('DEL', await sessions(redis)); // as after its time
        await withLiar(scene, async (liar, ctl) => {
            liar.planFor('w_commit_all', { before: () => centre.phone(MSISDN).dial('*384#') });
            const { code, output } = await ctl('erase', MSISDN);
            assert.equal(code, 0, output);
            assert.equal(liar.plan, null);
            assert.equal(await sessions(redis), '');
        });
    });
});

test('--seen: what changed since an officer looked at it is not decided on', async () => {
    await withScene('seen', async ({ centre, gateway }) => {
        const regno = await register(centre.phone(MSISDN));
        const decide = (...words) => gateway.ctl('merchants', ...words);
        const show = () => gateway.ctlJson('merchants', 'show', regno);
        const look = async () => (await show()).changed_at;
        const correct = async (name) => {
            assert.equal(await centre.text(MSISDN, `NAMA ${name}`), 0);
            await until('the new name', async () => (await show()).name === name);
        };
        const sent = await look();
        await correct('RATNA SARI');
        const refused = await decide('fix', regno, '--reason', 'P01', '--seen', sent);
        assert.equal(refused.code, 1);
        assert.match(refused.output, /it has changed since, at \d{4}-.*nothing was changed/);
        assert.equal((await decide('review', regno, '--seen', await look())).code, 0);
        const first = await look();
        // Another officer asks for a correction, gets it, and looks at it.
        assert.equal((await decide('fix', regno, '--reason', 'P01')).code, 0);
        await correct('RATNA DEWI SARI');
        assert.equal((await decide('review', regno)).code, 0);
        assert.equal((await decide('approve', regno, '--seen', first)).code, 1);
        assert.equal((await decide('reject', regno, '--reason', 'T01', '--seen', first)).code, 1);
        assert.equal((await show()).status, 'DIPERIKSA');
        assert.equal((await decide('approve', regno, '--seen', await look())).code, 0);
        assert.equal((await show()).status, 'DISETUJUI');
    });
});

test('on hold: in no list, not decided on, its owner is told and sees it; released, it goes on', async () => {
    await withScene('on-hold', async ({ centre, gateway }) => {
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        const show = () => gateway.ctlJson('merchants', 'show', regno);
        const list = async (...options) => (await gateway.ctlJson('merchants', 'list', ...options)).map((m) => m.regno);
        assert.equal((await show()).frozen_at, '');
        assert.equal((await gateway.ctl('merchants', 'release', regno)).code, 1, 'it is not on hold');

        assert.equal((await gateway.ctl('merchants', 'freeze', regno)).code, 0);
        assert.match((await centre.smsFor(MSISDN, 1)).text, /data Anda kami tahan/);
        assert.match((await show()).frozen_at, /^\d{4}-/);
        assert.match((await gateway.ctl('merchants', 'show', regno)).stdout, /^on hold since +\d{4}-/m);
        assert.deepEqual(await list(), []);
        assert.deepEqual(await list('--status', 'TERKIRIM', '--frozen'), [regno]);
        assert.ok(!(await gateway.ctl('merchants', 'export', '--csv')).stdout.includes(regno));
        const refused = await gateway.ctl('merchants', 'review', regno);
        assert.equal(refused.code, 1);
        assert.match(refused.output, /on hold, as its owner asked: review is not allowed/);
        assert.equal((await gateway.ctl('merchants', 'freeze', regno)).code, 1, 'it is on hold already');
        assert.match((await centre.phone(MSISDN).dial('*384*2#')).text, /Status: DITAHAN atas permintaan Anda/);
        assert.equal(await centre.text(MSISDN, 'STATUS'), 0);
        assert.match((await centre.smsFor(MSISDN, 2)).text, /DITAHAN atas permintaan Anda/);

        assert.equal((await gateway.ctl('merchants', 'release', regno)).code, 0);
        assert.match((await centre.smsFor(MSISDN, 3)).text, /tidak ditahan lagi/);
        assert.deepEqual(await list(), [regno]);
        assert.deepEqual(await list('--frozen'), []);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        const events = (await gateway.ctlJson('journal', regno)).map((e) => `${e.event} ${e.detail}`);
        for (const event of ['freeze >', 'review refused', 'freeze refused', 'release >'])
            assert.ok(events.includes(event), events.join());

        // What is on hold can still be erased.
        assert.equal((await gateway.ctl('merchants', 'freeze', regno)).code, 0);
        assert.equal((await gateway.ctl('erase', MSISDN)).code, 0);
        assert.equal((await gateway.ctl('merchants', 'show', regno)).code, 1);
    });
});

test('lists by status and regency; CSV', async () => {
    await withScene('lists', async ({ centre, gateway }) => {
        const first = await register(centre.phone(MSISDN));
        const second = await register(centre.phone('6281200000072'));
        const regnos = async (...options) => (await gateway.ctlJson('merchants', 'list', ...options)).map((m) => m.regno);
        assert.deepEqual(await regnos(), [first, second], 'oldest first');
        assert.equal((await gateway.ctl('merchants', 'review', second)).code, 0);
        assert.deepEqual(await regnos('--status', 'TERKIRIM'), [first]);
        assert.deepEqual(await regnos('--status', 'DIPERIKSA'), [second]);
        assert.deepEqual(await regnos('--regency', '1871'), []);
        assert.deepEqual(await regnos('--regency', '18.72'), [first, second]);
        assert.deepEqual(await regnos('--regency', 'metro'), [first, second]);
        assert.equal((await gateway.ctl('merchants', 'list', '--status', 'LULUS')).code, 2);
        const drafts = await gateway.ctl('merchants', 'list', '--status', 'DRAF', '--json');
        assert.equal(drafts.code, 0, 'a status of the programme');
        assert.deepEqual(JSON.parse(drafts.stdout), []);
        assert.match(drafts.output, /drafts are in no list/);

        const csv = (await gateway.ctl('merchants', 'export', '--csv')).stdout.split('\r\n').filter(Boolean);
        assert.equal(csv.length, 3);
        assert.match(csv[0], /^"regno","msisdn","status"/);
        assert.ok(csv[1].includes(`"${MERCHANT.name}"`));
        const [shown] = await gateway.ctlJson('merchants', 'list');
        assert.equal(shown.kbli2025, '47112', 'of WARUNG');
        assert.equal(shown.route, 'GrabMart, GrabKios');
        assert.equal(shown.size_class, 'MIKRO');
        assert.equal(csv[1].includes(MERCHANT.nik), false);
        assert.equal((await gateway.ctl('merchants', 'export', '--csv', '--json')).code, 2);
        const whole = await gateway.ctl('merchants', 'export', '--csv', '--reveal');
        assert.ok(whole.stdout.includes(MERCHANT.nik));
    });
});

test('a list has the day in Lampung, where it is tomorrow from 17:00 UTC on', async () => {
    const clock = new Clock();

    try {
        clock.stepToHour(18);
        await withScene('list-day', async ({ centre, gateway }) => {
            await register(centre.phone(MSISDN));
            const list = await gateway.ctl('merchants', 'list');
            assert.match(list.stdout, new RegExp(` ${new Date(clock.now() + DAY_MS).toISOString().slice(0, 10)} `));
        });
    } finally {
        clock.end();
    }
});

test('a list that Redis cuts off is told, not shown', async () => {
    await withScene('lists-cut', async (scene) => {
        await register(scene.centre.phone(MSISDN));
        await withLiar(scene, async (liar, ctl) => {
            for (const words of [['list'], ['list', '--json'], ['export', '--csv']]) {
                for (const [what, fate] of [['w_list', { cuts: true }], ['w_list', { breaks: true }], ['MGET', { cuts: true }]]) {
                    liar.planFor(what, fate);
                    const { code, stdout, output } = await ctl('merchants', ...words);
                    assert.equal(liar.plan, null, what);
                    assert.deepEqual([code, stdout], [3, ''], output);
                    assert.match(output, /the store (is not available|did not answer)/);
                }
            }
        });
    });
});

test('a breach that Redis cuts short: the next try tells the others, and nobody twice', async () => {
    await withScene('breach-cut', async (scene) => {
        const { centre, gateway } = scene;
        const numbers = [MSISDN, '6281200000072', '6281200000073'];
        for (const number of numbers)
            await register(centre.phone(number));
        const input = numbers.join('\n');
        await withLiar(scene, async (liar, ctl) => {
            liar.planFor('w_commit_all', { before: async () => {
                liar.listener.close(); // once the second is cut, there is no way back
                liar.planFor('w_commit_all', { cuts: true });
            } });
            const { code, output } = await ctl.with({ input }, 'breach', '2026-11-20', '-');
            assert.equal(liar.plan, null);
            assert.equal(code, 3, output);
            assert.match(output, /the store did not answer.*\n1 get the SMS, 0 had it before/);
        });
        const { stdout } = await run(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'breach', '2026-11-20', '-', '--json'], { input });
        assert.deepEqual(JSON.parse(stdout), { told: 2, told_before: 1, unknown: 0, unreadable: 0 });
        for (const number of numbers)
            await centre.smsFor(number, 1);
        assert.equal(centre.sms.filter((sms) => /kebocoran/.test(sms.text)).length, 3);
    });
});

const SHARED = /\r\nw_commit\r\n\$1\r\n1\r\n\$\d+\r\nw:/;

test('a breach: who was told by what no replica has is not told before', async () => {
    await withScene('breach-unsure', async (scene) => {
        await register(scene.centre.phone(MSISDN));
        const breach = (ctl) => ctl.with({ input: MSISDN }, 'breach', '2026-11-20', '-');
        for (let i = 0; i < 2; i++)
            await withLiar(scene, async (liar, ctl) => {
                let confirmed = 0; // the first, before it reads who was told
                noneHas(liar, { test: (text) => /w_commit_all/.test(text) || (/confirm/.test(text) && confirmed++ > 0) });
                const { code, output } = await breach(ctl);
                assert.equal(code, 3, output);
                assert.match(output, /the store did not answer.*\n0 get the SMS, 0 had it before/);
            }, 'wait_replicas = 1; ');
        await withLiar(scene, async (liar, ctl) => {
            liar.planFor('HINCRBY', { before: async () => { // a fail-over took it
                for (const journal of (await scene.redis.command('KEYS', '{b*}j')).trim().split('\n')) {
                    const entries = (await scene.redis.command('XRANGE', journal, '-', '+')).split(/^(\d+-\d)$/m);
                    for (let i = 1; i < entries.length; i += 2)
                        if (/BOCOR/.test(entries[i + 1]))
                            await scene.redis.command('XDEL', journal, entries[i]);
                }
            } });
            const { code, output } = await breach(ctl);
            assert.equal(liar.plan, null);
            assert.equal(code, 0, output);
            assert.match(output, /^1 get the SMS, 0 had it before/m);
        }, 'wait_replicas = 1; ');
    });
});

test('a decision, an erasure given again: what no replica has is no reason to refuse them', async () => {
    await withScene('refused-unsure', async (scene) => {
        const regno = await register(scene.centre.phone(MSISDN));
        await withLiar(scene, async (liar, ctl) => {
            noneHas(liar, /w_commit|confirm/);
            for (const words of [['merchants', 'review', regno], ['erase', MSISDN]])
                for (let i = 0; i < 2; i++) {
                    const { code, output } = await ctl(...words);
                    assert.equal(code, 3, output);
                    assert.match(output, /the store did not answer; look whether it was done/);
                }
        }, 'wait_replicas = 1; ');
        assert.equal((await scene.gateway.ctl('erase', MSISDN)).code, 1, 'who waits for no replica');
    });
});

test('trainings: what no replica has is not told done, nor that nothing was changed', async () => {
    await withScene('trainings-unsure', async (scene) => {
        const { gateway } = scene;
        const plan = ['trainings', 'add', `${new Date().getUTCFullYear() + 1}-03-01T09:00`, 'Foto produk', 'Balai', '--seats', '5'];
        await withLiar(scene, async (liar, ctl) => {
            noneHas(liar, SHARED);
            const added = await ctl(...plan);
            assert.equal(added.code, 3, added.output);
            assert.match(added.output, /the store did not answer; look whether it was done/);
            assert.equal((await gateway.ctl(...plan)).code, 0);
            const trainings = await gateway.ctlJson('trainings', 'list');
            assert.equal(trainings.length, 1);
            const cancelled = await ctl('trainings', 'cancel', trainings[0].id);
            assert.equal(cancelled.code, 3, cancelled.output);
            const again = await ctl('trainings', 'cancel', trainings[0].id);
            assert.equal(again.code, 3, `it is gone, and may come back: ${again.output}`);
        }, 'wait_replicas = 1; ');
    });
});

test('keys seal: what no replica has sealed is not told sealed', async () => {
    await withScene('seal-unsure', async (scene) => {
        const { centre, gateway } = scene;
        const plan = ['trainings', 'add', `${new Date().getUTCFullYear() + 1}-03-01T09:00`, 'Foto produk', 'Balai', '--seats', '5'];
        const seal = (change) => withLiar(scene, async (liar, ctl) => {
            noneHas(liar, change);
            const { code, output } = await ctl('keys', 'seal');
            assert.equal(code, 3, output);
            assert.match(output, /the store did not answer; look whether it was done/);
        }, 'wait_replicas = 1; ');
        await register(centre.phone(MSISDN));
        assert.equal((await gateway.ctl(...plan)).code, 0);
        assert.equal(await gateway.stop(), 0);
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        await seal(/\r\nw_commit_all\r\n/);
        await seal(SHARED);
        assert.equal((await gateway.ctlJson('merchants', 'list')).length, 1);
        assert.equal((await gateway.ctlJson('trainings', 'list')).length, 1);
    });
});

test('trainings: an announcement is made when a replica has it, not when it is read', async () => {
    await withScene('news-unsure', async (scene) => {
        assert.match((await scene.centre.phone(MSISDN).dial('*384*4*1#')).text, /kami kabari/);
        await withLiar(scene, async (liar, ctl) => {
            const lost = noneHas(liar, /w_commit_all|confirm/, 3); // its commit, and what is to confirm that, twice
            const added = await ctl('trainings', 'add', `${new Date().getUTCFullYear() + 1}-03-01T09:00`, 'Foto produk', 'Balai', '--seats', '5');
            assert.equal(added.code, 0, added.output);
            assert.equal(lost.left, 0);
        }, 'wait_replicas = 1; ');
        assert.match((await scene.centre.smsFor(MSISDN)).text, /pelatihan gratis: 1\. Foto produk/);
    });
});

test('trainings: a journal that stands still for seconds keeps nobody from being told', async () => {
    await withScene('trainings-slow-journal', async (scene) => {
        const phone = scene.centre.phone(MSISDN);
        assert.match((await phone.dial('*384*4*1#')).text, /kami kabari/);
        await withLiar(scene, async (liar, ctl) => {
            const lost = noneHas(liar, /\r\nw_log\r\n/, 4); // one more than are tried at once
            const added = await ctl('trainings', 'add', `${new Date().getUTCFullYear() + 1}-03-01T09:00`, 'Foto produk', 'Balai', '--seats', '5');
            assert.equal(added.code, 0, added.output);
            assert.equal(lost.left, 0);
        }, 'wait_replicas = 1; ');
        assert.match((await scene.centre.smsFor(MSISDN)).text, /pelatihan gratis: 1\. Foto produk/);
        assert.match((await phone.dial('*384*4*1*1#')).text, /Anda terdaftar pelatihan/);
        await scene.centre.smsFor(MSISDN, 1);
        const [training] = await scene.gateway.ctlJson('trainings', 'list');
        await withLiar(scene, async (liar, ctl) => {
            noneHas(liar, /\r\nw_log\r\n/, 4);
            const cancelled = await ctl('trainings', 'cancel', training.id);
            assert.equal(cancelled.code, 0, cancelled.output);
        }, 'wait_replicas = 1; ');
        assert.match((await scene.centre.smsFor(MSISDN, 2)).text, /pelatihan .* dibatalkan/);
    });
});

test('the list is in the order of waiting: who corrects something meanwhile keeps the place', async () => {
    await withScene('queue', async ({ centre, gateway }) => {
        const numbers = ['6281200000075', '6281200000076'];
        for (const number of numbers) {
            await register(centre.phone(number));
            await centre.smsFor(number);
        }
        await centre.text(numbers[0], 'NAMA BUDI SANTOSO');
        assert.match((await centre.smsFor(numbers[0], 1)).text, /data nama pada .* sudah diubah/);
        const list = await gateway.ctlJson('merchants', 'list', '--status', 'TERKIRIM');
        assert.deepEqual(list.map((m) => [m.msisdn, m.name]), [[numbers[0], 'BUDI SANTOSO'], [numbers[1], MERCHANT.name]]);
    });
});

test('trainings: planned, joined by phone, called off by SMS', async () => {
    await withScene('trainings', async ({ centre, gateway }) => {
        const phone = centre.phone(MSISDN);
        await register(phone);
        await centre.smsFor(MSISDN);
        const next = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
        const added = await gateway.ctl('trainings', 'add', `${next}T09:00`, 'Foto produk', 'Balai Metro', '--seats', '2');
        assert.equal(added.code, 0, added.output);
        await openMainMenu(phone);
        await phone.answer('4');
        assert.match((await phone.answer('1')).text, /Foto produk[^]*Balai Metro/);
        assert.match((await phone.answer('1')).text, /Anda terdaftar pelatihan/);
        const [training] = await gateway.ctlJson('trainings', 'list');
        assert.equal(training.taken, 1);
        assert.equal((await gateway.ctl('trainings', 'cancel', training.id)).code, 0);
        assert.match((await centre.smsFor(MSISDN, 2)).text, /pelatihan .* dibatalkan/);
        assert.deepEqual(await gateway.ctlJson('trainings', 'list'), []);
        assert.equal((await gateway.ctl('trainings', 'cancel', training.id)).code, 1);
        for (const when of ['besok', '2027-02-30T09:00', '2027-04-31T09:00', '2027-02-28T24:00', '2027-02-28T09:00Z'])
            assert.equal((await gateway.ctl('trainings', 'add', when, 'x', 'y', '--seats', '2')).code, 2, when);
        assert.deepEqual(await gateway.ctlJson('trainings', 'list'), []);
    });
});

test('trainings: who could not be told is not counted as told', async () => {
    await withScene('trainings-untold', async ({ centre, gateway, folder }) => {
        const plan = ['trainings', 'add', `${new Date().getUTCFullYear() + 1}-03-01T09:00`, 'Foto produk', 'Balai', '--seats', '5'];
        assert.equal((await gateway.ctl(...plan)).code, 0);
        assert.match((await centre.phone(MSISDN).dial('*384*4*1*1#')).text, /Anda terdaftar pelatihan/);
        const file = path.join(folder, 'other.cfg'); // of another service on this store, without the programme's texts
        fs.writeFileSync(file, fs.readFileSync(gateway.file, 'utf8').replace(MENU, path.join(__dirname, 'menus/call.cfg')));
        const { code, output } = await run(path.join(BUILD, 'warungctl'), ['-c', file, 'trainings', 'cancel', 'L1']);
        assert.equal(code, 1, output);
        assert.match(output, /no text SMS_LATIH_BATAL; nothing was changed/);
        assert.doesNotMatch(output, /get an SMS/);
    });
});

test('users: a token opens the API for its role, a reload shuts it', async () => {
    await withScene('users', async ({ gateway }) => {
        const ask = async (where, token, method = 'GET') =>
            (await fetch(`http://127.0.0.1:${gateway.port}${where}`, {
                method, headers: token ? { authorization: `Bearer ${token}` } : {},
            })).status;
        assert.equal(await ask('/api/v1/links'), 401);
        const { token } = JSON.parse((await gateway.ctl('users', 'add', 'sri', '--role', 'viewer', '--json')).stdout);
        assert.equal((await gateway.ctl('users', 'add', 'sri', '--role', 'viewer')).code, 1);
        assert.equal(await ask('/api/v1/links', token), 401, 'not before the reload');
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal(await ask('/api/v1/links', token), 200);
        assert.equal(await ask('/api/v1/reload', token, 'POST'), 403);
        const names = ['a', 'b', 'c', 'd', 'e', 'sr'];
        await Promise.all(names.map((name) => gateway.ctl('users', 'add', name, '--role', 'officer')));
        assert.deepEqual((await gateway.ctlJson('users', 'list')).map(({ name }) => name).sort(), [...names, 'sri'],
            'of those who add at once, nobody is forgotten');
        await Promise.all(names.map((name) => gateway.ctl('users', 'remove', name)));
        assert.deepEqual(await gateway.ctlJson('users', 'list'), [{ name: 'sri', role: 'viewer' }]);
        assert.equal((await gateway.ctl('users', 'remove', 'sri')).code, 0);
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal(await ask('/api/v1/links', token), 401);
    });
});

test('users: a file that cannot be read whole is not written back', async () => {
    await withScene('users-unreadable', async ({ folder, gateway }) => {
        const users = path.join(folder, 'users');
        if (process.getuid() === 0)
            fs.chownSync(folder, 0, 4);
        assert.equal((await gateway.ctl('users', 'add', 'sri', '--role', 'viewer')).code, 0);
        assert.equal(fs.statSync(users).mode & 0o777, 0o640);
        assert.equal(fs.statSync(users).gid, fs.statSync(folder).gid, 'the group that warungd is in reads it');
        const before = fs.readFileSync(users, 'utf8');
        for (const words of [['add', 'budi', '--role', 'viewer'], ['remove', 'sri']]) {
            const { code, output } = await run(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'users', ...words], {
                env: {
                    UNREADABLE: `${users}:2`, LD_PRELOAD: preload('unreadable.so'),
                    ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`,
                },
            });
            assert.equal(code, 1);
            assert.match(output, /cannot read \S*users: Input\/output error/);
            assert.equal(fs.readFileSync(users, 'utf8'), before);
        }
    });
});

test('drain by warungctl: the gateway ends with 0; then nobody answers', async () => {
    await withScene('ctl-drain', async ({ gateway }) => {
        assert.equal((await gateway.ctlJson('status')).state, 'ready');
        assert.equal((await gateway.ctl('drain')).code, 0);
        assert.equal(await gateway.process.ended, 0);
        const { code, output } = await gateway.ctl('links');
        assert.equal(code, 3, output);
        assert.match(output, /no gateway answers at .*: (No such file or directory|Connection refused)/);
    });
});

test('of a gateway that stands still it is said in seconds, and that an order may be carried out later', async () => {
    await withScene('ctl-hung', async ({ gateway }) => {
        const before = Date.now();
        gateway.process.child.kill('SIGSTOP');
        const [status, drain] = await Promise.all([gateway.ctl('status'), gateway.ctl('drain')]);
        assert.ok(Date.now() - before < 20_000);
        gateway.process.child.kill('SIGCONT');
        assert.deepEqual([status.code, drain.code], [3, 3]);
        assert.match(status.output, /no gateway answers at .*: it stands still\n/);
        assert.match(drain.output, /no gateway answers at .*: it stands still, and may do this when it goes on\n/);
        assert.equal(await gateway.process.ended, 0);
    });
});

test('wrong usage and no Redis have their own exit statuses', async () => {
    await withScene('ctl-usage', async ({ gateway, redis }) => {
        await gateway.writeConfiguration();
        const unknown = await gateway.ctl('merchants', 'frobnicate');
        assert.equal(unknown.code, 2);
        assert.match(unknown.output, /no command merchants frobnicate; there are\n  merchants list/);
        const nowhere = await gateway.ctl('merchants', 'list', '--regency', '9999');
        assert.equal(nowhere.code, 2);
        assert.match(nowhere.output, /there is no regency 9999/);
        const menu = 'conf/menus/terususaha.cfg';
        const language = await gateway.ctl('menu', 'play', menu, '--lang', 'xx');
        assert.equal(language.code, 1);
        assert.match(language.output, /has no language xx/);
        assert.equal((await gateway.ctl('merchants', 'show')).code, 2);
        for (const seats of ['0', '201', '4294967297', '-4294967295']) { // 1 in 32 bits
            const add = await gateway.ctl('trainings', 'add', '2099-01-01T09:00', 'x', 'y', '--seats', seats);
            assert.equal(add.code, 2, seats);
            assert.match(add.output, /--seats takes 1 to 200/);
        }
        const seatless = await gateway.ctl('trainings', 'add', '2099-01-01T09:00', 'x', 'y');
        assert.equal(seatless.code, 2);
        assert.match(seatless.output, /trainings add needs --seats/);
        assert.equal((await gateway.ctl('merchants', 'list', '--frobnicate')).code, 2);
        const latin = await run('bash', ['-c', `"$0" -c "$1" trace --link $'op\\xff'`, path.join(BUILD, 'warungctl'), gateway.file]);
        assert.equal(latin.code, 2, latin.output);
        assert.match(latin.output, /a name is UTF-8/);
        const empty = await gateway.ctl('menu', 'test', menu, '/dev/null');
        assert.equal(empty.code, 1);
        assert.match(empty.output, /\/dev\/null: it is no text\n0 passed, 1 failed/);
        assert.equal((await gateway.ctl('merchants', 'show', '18710000421')).code, 1);
        const wrong = await gateway.ctl('merchants', 'show', '1871-000042-2');
        assert.equal(wrong.code, 1);
        assert.match(wrong.output, /a digit of the registration number 1871-000042-2 is wrong/);
        const abroad = await gateway.ctl('sessions', 'show', '+60123456789'); // 11 digits, too
        assert.match(abroad.output, /no session of 60123456789/);
        await redis.stop();
        const result = await gateway.ctl('merchants', 'list');
        assert.equal(result.code, 3);
        assert.ok(result.output.includes(redis.socket), result.output);
    }, { start: false });
});

test('tickets: calls asked for and frauds reported are listed, done, and gone', async () => {
    await withScene('tickets', async ({ centre, gateway }) => {
        const caller = centre.phone('6281200000075');
        await openMainMenu(caller);
        for (const answer of ['5', '5'])
            await caller.answer(answer);
        assert.match((await caller.answer('2')).text, /menelepon siang hari/);
        const reporter = centre.phone('6281200000076');
        await openMainMenu(reporter);
        await reporter.answer('5');
        assert.match((await reporter.answer('6')).text, /gratis/);

        const tickets = await gateway.ctlJson('tickets', 'list');
        assert.equal(tickets.length, 2);
        const call = tickets.find((ticket) => ticket.msisdn === '6281200000075');
        const fraud = tickets.find((ticket) => ticket.msisdn === '6281200000076');
        assert.notEqual(call.kind, fraud.kind);
        const table = await gateway.ctl('tickets', 'list');
        assert.ok(table.stdout.includes(call.number) && table.stdout.includes(fraud.number), table.output);

        assert.equal((await gateway.ctl('tickets', 'done', call.number)).code, 0);
        assert.deepEqual((await gateway.ctlJson('tickets', 'list')).map((t) => t.number), [fraud.number]);
        const again = await gateway.ctl('tickets', 'done', call.number);
        assert.equal(again.code, 1);
        assert.match(again.output, new RegExp(`no such open ticket: ${call.number}`));

        for (const answer of ['*384*6*3#', '1'])
            await reporter.walk(answer);
        const erasure = (await gateway.ctlJson('tickets', 'list')).find((t) => t.kind === 'erase');
        const done = await gateway.ctl('tickets', 'done', erasure.number);
        assert.equal(done.stdout, `${erasure.number} done\n`);
        assert.match(done.output, /^Nothing is erased: .*`warungctl erase 6281200000076` does it\.$/m);
    });
});
