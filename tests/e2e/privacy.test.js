// Personal data: who looked is written down, or nothing is shown; what is erased is gone from every key;
// what is held of one person can be handed over.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');

const { OP } = require('./lib/centre');
const { MERCHANT, openMainMenu, register } = require('./lib/programme');
const { BUILD, Process, delay, run, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000091';
const WORDS = [MSISDN, MERCHANT.name, MERCHANT.nik, MERCHANT.business];
const WHO = `unix:${process.env.SUDO_USER && process.getuid() === 0 ? process.env.SUDO_USER : os.userInfo().username}`;

const withKeys = (name, body) => withScene(name, async (scene) => {
    await scene.gateway.writeConfiguration();
    assert.equal((await scene.gateway.ctl('keys', 'init')).code, 0);
    await scene.gateway.start();
    await scene.centre.isBound();
    await body(scene);
}, { start: false });

async function plan(gateway, seats = '2') {
    const next = new Date(Date.now() + 20 * 86400000).toISOString().slice(0, 10);
    const added = await gateway.ctl('trainings', 'add', `${next}T09:00`, 'Foto produk', 'Balai Metro', '--seats', seats);
    assert.equal(added.code, 0, added.output);
}

// A registration, a seat, news of trainings and a call-back ticket.
async function registerAndJoin(scene) {
    const phone = scene.centre.phone(MSISDN);
    const regno = await register(phone);
    await scene.centre.smsFor(MSISDN);
    await plan(scene.gateway);
    await openMainMenu(phone);
    await phone.answer('4');
    await phone.answer('1');
    assert.match((await phone.answer('1')).text, /Anda terdaftar pelatihan/);
    assert.equal(await scene.centre.text(MSISDN, 'TELEPON'), 0);
    await scene.centre.smsFor(MSISDN, 2);
    return regno;
}

test('every look and change is in the journal, without a value', async () => {
    await withKeys('journal', async ({ centre, gateway, redis }) => {
        const regno = await register(centre.phone(MSISDN));
        await delay(1000); // a second later: what is done then stands behind, in whichever bucket
        assert.equal((await gateway.ctl('merchants', 'show', regno)).code, 0);
        assert.equal((await gateway.ctl('merchants', 'list', '--status', 'TERKIRIM')).code, 0);
        assert.equal((await gateway.ctl('merchants', 'export', '--csv', '--reveal')).code, 0);
        assert.equal((await gateway.ctl('tickets', 'list')).code, 0);
        assert.equal((await gateway.ctl('sessions', 'show', MSISDN)).code, 0);
        assert.equal((await gateway.ctl('outbox', MSISDN)).code, 0);
        assert.equal((await gateway.ctl('outbox')).code, 0); // nobody's: numbers alone
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 1);
        const entries = await gateway.ctlJson('journal', MSISDN);
        const by = (who) => entries.filter((e) => e.who === who)
            .map((e) => [e.event, e.object, e.detail]);
        assert.deepEqual(by('merchant'), [['send', regno, '>TERKIRIM']]);
        assert.deepEqual(by(WHO), [
            ['show', regno, 'ok'],
            ['list', 'TERKIRIM,all', '1-records'],
            ['export', 'all,all,NIK', '1-records'],
            ['session-show', '-', 'ok'],
            ['outbox', '-', 'ok'],
            ['review', regno, 'TERKIRIM>DIPERIKSA'],
            ['review', regno, 'refused'],
        ]);
        const [consent] = entries; // what it allows stands behind it, in the same second, too
        assert.match(consent.consent,
            /^version=[0-9a-f]{16} words=[0-9a-f]{32} lang=id by=ussd link=op1 session=[0-9a-f]+$/);
        assert.deepEqual((await gateway.ctlJson('journal', regno)).map((e) => e.event),
            ['send', 'show', 'review', 'review']);
        const whole = await gateway.ctlJson('journal');
        const times = whole.map((e) => e.at);
        assert.deepEqual(times, [...times].sort());
        const { stdout } = await gateway.ctl('journal');
        const rows = stdout.trim().split('\n').slice(1);
        assert.deepEqual(rows, [...rows].sort((a, b) => a.slice(0, 20).localeCompare(b.slice(0, 20))));
        assert.match(stdout, / merchant +consent +\w+ +- +version=/);
        assert.ok(whole.some((e) => e.event === 'tickets' && e.who === WHO));
        for (const word of WORDS)
            assert.equal(JSON.stringify(whole).includes(word), false, word);
        if (process.getuid() === 0) {
            await run(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'merchants', 'show', regno],
                { env: { SUDO_USER: 'sri' } });
            assert.equal((await gateway.ctlJson('journal', regno)).at(-1).who, 'unix:sri');
            // What the gateway writes down: a capture has every text.
            const capture = (name, options) => run(path.join(BUILD, 'warungctl'),
                ['-c', gateway.file, 'pcap', '--for', '1s', path.join(gateway.folder, name)], options);
            assert.equal((await capture('a.pcap', { env: { SUDO_USER: 'sri' } })).code, 0);
            assert.equal((await gateway.ctlJson('journal')).at(-1).who, 'unix:sri');
        }
    });
});

test('what cannot be logged is not shown', async () => {
    await withKeys('fail-closed', async ({ centre, gateway, redis }) => {
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        await redis.command('CONFIG', 'SET', 'maxmemory', '1'); // reads go on, writes are refused
        for (const command of [['merchants', 'show', regno], ['merchants', 'list'], ['export', MSISDN],
            ['merchants', 'export', '--csv'], ['sessions', 'show', MSISDN], ['journal', MSISDN], ['outbox', MSISDN]]) {
            for (const form of command.includes('--csv') ? [[]] : [[], ['--json']]) {
                const result = await gateway.ctl(...command, ...form);
                assert.equal(result.code, 3, command.join(' '));
                assert.equal(result.stdout, '', command.join(' '));
                assert.match(result.output, /cannot be logged/);
            }
        }
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
        assert.equal((await gateway.ctl('merchants', 'show', regno)).code, 0);
    });
});

test('everything that is held of one person, as JSON', async () => {
    await withKeys('export', async (scene) => {
        const { centre, gateway } = scene;
        const regno = await registerAndJoin(scene);
        assert.match((await centre.phone(MSISDN).dial('*384*5*5*2#')).text, /menelepon siang hari/);
        for (const text of ['PELATIHAN', 'apa itu']) { // a list of trainings, and the help
            const had = centre.sms.length;
            assert.equal(await centre.text(MSISDN, text), 0);
            await until('its answer', () => centre.sms.length > had);
        }
        const half = '6281200000092', phone = centre.phone(half); // nothing sent yet, by neither way
        assert.equal(await centre.text(half, `DAFTAR#${MERCHANT.name}#${MERCHANT.business}#1#METRO#METRO BARAT`), 0);
        await centre.smsFor(half);
        await phone.dial('*384*1*1#');
        await phone.answer(MERCHANT.name);
        centre.submitStatus = () => 0x58; // throttled: stays owed
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        assert.equal((await gateway.ctl('push', MSISDN, '--menu', 'terususaha', '--screen', 'MAIN')).code, 0);
        for (const [reference, total, number, part] of [[6, 2, 1, 'STA'], [6, 2, 2, 'TUS'], [7, 2, 1, 'NAMA SITI\uD83D'],
            [8, 3, 2, 'KEC METRO']])
            assert.equal((await centre.request('deliver_sm', {
                source_addr_ton: 1, source_addr_npi: 1, source_addr: MSISDN, destination_addr: '384', esm_class: 0x40,
                data_coding: 8, short_message: Buffer.concat([Buffer.from([5, 0, 3, reference, total, number]),
                    Buffer.from(part, 'utf16le').swap16()]),
            })).command_status, 0);
        const { stdout, output } = await gateway.ctl('export', MSISDN);
        assert.equal(output, stdout); // nothing to complain of
        const whole = JSON.parse(stdout);
        assert.equal(whole.msisdn, MSISDN);
        assert.equal(whole.registrations[0].nik, MERCHANT.nik);
        assert.equal(whole.registrations[0].name, MERCHANT.name);
        assert.deepEqual(whole.tickets.map((t) => [t.kind, t.slot]), [['call', 'noon']]);
        assert.deepEqual(whole.trainings.map((t) => t.title), ['Foto produk']);
        const [{ id, reminded }] = whole.trainings;
        assert.equal(reminded, false);
        assert.deepEqual(whole.trainings_offered, [id]);
        assert.equal(whole.help_sms.count, 1);
        assert.ok(Date.now() - Date.parse(whole.help_sms.since) < 60000);
        assert.deepEqual(whole.wrong_last_digits, { count: 0, since: null });
        assert.equal(whole.registrations[0].consent_language, 'id');
        assert.equal(whole.session.link, 'op1');
        assert.deepEqual(whole.session.sms_parts.map((p) => [p.number, p.total, p.text]),
            [[1, 2, 'NAMA SITI\uFFFD'], [2, 3, 'KEC METRO']]);
        assert.match(whole.sms_owed[0].text, /sedang diperiksa/);
        assert.deepEqual(whole.dialogues_owed.map((d) => d.screen), ['MAIN']);
        assert.equal(whole.consents.length, 1);
        assert.ok(whole.journal.some((e) => e.event === 'review' && e.who === WHO));
        assert.equal(whole.pending_by_sms, null);
        const { pending_by_sms: pending, pending_since: since, session } = await gateway.ctlJson('export', half);
        assert.deepEqual([pending.name, pending.business, pending.reminded], [MERCHANT.name, MERCHANT.business, false]);
        assert.ok(Date.now() - Date.parse(since) < 60000);
        assert.deepEqual([session.answers.nama, session.draft_reminded], [MERCHANT.name, false]);
        assert.match(session.draft_consent_version, /^[0-9a-f]{16}$/);
        assert.ok((await gateway.ctlJson('journal', MSISDN)).some((e) => e.event === 'export-person'));
        assert.equal((await gateway.ctl('export', regno.replace(/.$/, 'x'))).code, 1);
    });
});

test('erased: no number, name or NIK in any key, stream or SMS owed; the consent stays as a hash', async () => {
    await withKeys('erased', async (scene) => {
        const { centre, gateway, redis } = scene;
        await redis.command('CONFIG', 'SET', 'slowlog-log-slower-than', '0'); // as if each command had been slow
        const regno = await registerAndJoin(scene);
        const { subject } = await gateway.ctlJson('export', MSISDN);
        // An SMS that the centre does not take stands in the outbox at the erasure.
        let refusals = 0;
        centre.submitStatus = () => (++refusals, 0x14); // the phone's queue is full
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        const owed = async () => (await gateway.ctlJson('export', MSISDN)).sms_owed.map((sms) => sms.text);
        assert.equal((await owed()).length, 1);
        assert.equal((await gateway.ctlJson('trainings', 'list'))[0].taken, 1);
        // The first part of a long SMS waits for the second.
        assert.equal((await centre.request('deliver_sm', {
            source_addr_ton: 1, source_addr_npi: 1, source_addr: MSISDN, destination_addr: '384',
            sar_msg_ref_num: 7, sar_total_segments: 2, sar_segment_seqnum: 1, short_message: MERCHANT.name,
        })).command_status, 0);
        assert.ok((await redis.dump()).includes(`parts:${MSISDN}`));

        await until('it to wait in the gateway', () => refusals > 0);
        assert.equal((await gateway.ctl('erase', MSISDN)).code, 0);
        assert.match((await owed()).join(), /^[^,]*semua data Anda[^]*sudah dihapus/); // the one before went
        centre.submitStatus = () => 0;
        await until('the last SMS', () => centre.sms.find((sms) => /sudah dihapus/.test(sms.text)));
        assert.equal((await gateway.ctlJson('trainings', 'list'))[0].taken, 0);
        let left;
        await until(() => `nothing to be left of it:\n${left}`, async () => {
            left = await redis.dump();
            return !WORDS.some((word) => left.includes(word));
        });
        assert.deepEqual(centre.sms.filter((sms) => /diperiksa/.test(sms.text)).map((sms) => sms.text), []);
        const slow = await redis.command('SLOWLOG', 'GET', '1000');
        assert.deepEqual(WORDS.filter((word) => slow.includes(word)), []);
        assert.ok(left.includes(subject), 'the keyed hash');
        assert.match((await gateway.ctlJson('journal', MSISDN)).map((e) => e.consent).join(), /version=\w{16} words=\w{32} lang=id by=ussd link=\w+ /);
        const events = (await gateway.ctlJson('journal', MSISDN)).map((e) => e.event);
        assert.ok(events.includes('erase') && events.includes('send'), events.join());
    });
});

test('erased behind a seat that was given back: the timer of the claim goes, too', async () => {
    await withScene('erased-claim', async ({ centre, gateway, redis }) => {
        await plan(gateway);
        assert.match((await centre.phone(MSISDN).dial('*384*4*1*1#')).text, /Anda terdaftar pelatihan/);
        assert.equal(await centre.text(MSISDN, 'BATAL'), 0);
        await until('the seat to be given back', async () => (await gateway.ctlJson('trainings', 'list'))[0].taken === 0);
        assert.equal((await gateway.ctl('erase', MSISDN)).code, 0);
        let left;
        await until(() => `nothing to be left of it:\n${left}`, async () => !(left = await redis.dump()).includes(MSISDN));
    });
});

test('a consent on a screen that was not shown, by a shortcut, names no words', async () => {
    await withScene('unseen', async ({ centre, gateway }) => {
        const words = async (msisdn) => (await gateway.ctlJson('export', msisdn)).consents
            .map((c) => c.consent.match(/words=(\S+)/)[1]);
        const read = centre.phone(MSISDN), unread = centre.phone('6281200000772');
        await openMainMenu(read);
        for (const key of ['1', '1'])
            await read.answer(key);
        assert.match((await words(MSISDN)).join(), /^[0-9a-f]{32}$/);
        await unread.dial();
        assert.match((await unread.dial('*384*1*1#')).text, /^Langkah 1\/9\n/);
        assert.deepEqual(await words('6281200000772'), ['-']);
        const { session } = await gateway.ctlJson('export', '6281200000772');
        assert.match(session.draft_consent_version, /^[0-9a-f]{16}$/);
        assert.deepEqual([session.draft_consent_language, session.draft_reminded], ['id', false]);
    });
});

test('journal and consents are trimmed by age, in every bucket', async () => {
    const settings = { retention: { every_s: 1, journal_d: 10, consent_d: 20 } };
    await withScene('retention', async ({ centre, gateway, redis }) => {
        const days = (n) => `${Date.now() - n * 86400000}-0`;
        for (const bucket of ['000', '007', '015']) {
            for (const n of [30, 11, 9])
                await redis.command('XADD', `{b${bucket}}j`, days(n), 'b', `${n} days`);
            for (const n of [30, 19])
                await redis.command('XADD', `{b${bucket}}c`, days(n), 'b', `${n} days`);
        }
        await gateway.start();
        await centre.isBound();
        await until('the old ones to be gone', async () => {
            const left = await redis.dump();
            return !/30 days|11 days/.test(left) && left;
        });
        const left = await redis.dump();
        assert.equal(left.match(/^9 days$/gm).length, 3);
        assert.equal(left.match(/^19 days$/gm).length, 3);
    }, { start: false, settings });
});

test('orders and captures by the API are in the journal, by who gave them', async () => {
    await withScene('api-journal', async ({ centre, gateway, redis }) => {
        const { token } = JSON.parse((await gateway.ctl('users', 'add', 'sri', '--role', 'admin', '--json')).stdout);
        assert.equal((await gateway.ctl('reload')).code, 0);
        const post = async (where, body) => fetch(`http://127.0.0.1:${gateway.port}/api/v1/${where}`, {
            method: 'POST', headers: { authorization: `Bearer ${token}` }, body: JSON.stringify(body) });
        const open = async () => (await (await post('links/tap', { format: 'pcap', for_s: 60 })).json()).tap;
        const read = async (tap) => {
            const response = await post('links/tap/read', { tap });
            return { status: response.status, size: (await response.arrayBuffer()).byteLength };
        };
        // What is refused is neither done nor written down; a link that is no text is not "all of them".
        assert.equal((await post('links/drain', { name: 'op1', for_s: 0 })).status, 400);
        assert.equal((await post('links/tap', { link: 5, for_s: 60 })).status, 400);
        const tap = await open();
        await centre.phone(MSISDN).dial();
        await until('the capture', async () => (await read(tap)).size > 24);
        const entries = async () => (await gateway.ctlJson('journal')).map((e) => `${e.who} ${e.event}`);
        await until('the entries', async () => {
            const all = await entries();
            return [`${WHO} user-add`, `${WHO} reload`, 'user:sri pcap'].every((entry) => all.includes(entry));
        });
        assert.equal((await entries()).includes('user:sri drain'), false);
        // Nothing before it is logged, not even the head of the file.
        await redis.command('CLIENT', 'PAUSE', '1000', 'WRITE');
        const held = await open();
        assert.equal((await read(held)).size, 0);
        await until('the head of the capture', async () => (await read(held)).size >= 24);
        // What cannot be logged is not shown.
        await redis.command('CONFIG', 'SET', 'maxmemory', '1');
        const blind = await open();
        await until('the tap to be taken down', async () => {
            const { status, size } = await read(blind);
            assert.ok(status === 503 || size === 0);
            return status === 503;
        });
        assert.equal((await read(blind)).status, 404); // its reader has been told once
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
    });
});

test('a breach: those concerned are told once', async () => {
    await withKeys('breach', async ({ centre, gateway, folder }) => {
        const others = ['6281200000092', '6281200000093'];
        const regno = await register(centre.phone(MSISDN));
        for (const number of others)
            await register(centre.phone(number));
        const list = path.join(folder, 'numbers');
        const remark = `${others[0]} `.padEnd(127, 'x') + others[1]; // what stands behind a number tells nobody
        fs.writeFileSync(list, `\uFEFF \t${regno}\n# from the investigation\n1872-000542-4\n${remark}\n\uFEFF6281299999999\n${MSISDN} ${regno}\n`);
        const wide = Buffer.from(`${MSISDN}\n`, 'utf16le').swap16();
        for (const [why, ...sheets] of [ // no such list
            ['is neither', `"nomor","nama"\n"${MSISDN}","SITI"\n`, `${MSISDN}\n0812-not-one\n`],
            ['one number or two', '0812345 67890\n', '0812345678 90\r\n', `${MSISDN} ${others[0]}\n`,
                `${MSISDN}\t+6281200000093\n`, `${regno} 18720005424\n`, '1872000 5424\n'],
            ['too few digits, or too many', '08123456\n', '62812345\n', '+628123456789012\n', '08001234565\n'],
            ['is not read', `${MSISDN}\r${others[0]}\r`, wide],
            ['names nobody', '', `# ${MSISDN}\n\n`]])
            for (const sheet of sheets) {
                fs.writeFileSync(`${list}.csv`, sheet);
                const { code, output } = await gateway.ctl('breach', '2026-11-20', `${list}.csv`);
                assert.equal(code, 1, output);
                assert.match(output, new RegExp(why));
                assert.match(output, /nobody was told: .*\n0 get the SMS, 0 had it before, 0 are not known here/);
            }
        const told = async (which) => (await gateway.ctlJson('breach', '2026-11-20', which));
        assert.deepEqual(await told(list), { told: 2, told_before: 1, unknown: 2, unreadable: 0 }); // one is named twice
        assert.match((await gateway.ctl('breach', '2026-11-20', list)).output, /no record is held of 6281299999999$/m);
        assert.match((await centre.smsFor(MSISDN, 1)).text, /^#TerusUsaha PENTING: pada 20-11-2026 ada kebocoran data/);
        await centre.smsFor(others[0], 1);
        assert.deepEqual(await told('all'), { told: 1, told_before: 2, unknown: 0, unreadable: 0 });
        await centre.smsFor(others[1], 1);
        assert.equal(centre.sms.filter((sms) => /kebocoran/.test(sms.text)).length, 3);
        assert.ok((await gateway.ctlJson('journal', MSISDN)).some((e) => e.event === 'breach' && e.who === WHO));
        assert.equal((await gateway.ctl('merchants', 'show', '6281299999999')).code, 1, 'no record was made');
        const tomorrow = new Date(Date.now() + 31 * 3600000).toISOString().slice(0, 10); // of Lampung
        const unread = await gateway.ctl('breach', '2026-11-20', folder); // a read fails, as of a disk
        assert.equal(unread.code, 1, unread.output);
        assert.match(unread.output, /cannot read .*: Is a directory/);
        for (const day of ['kemarin', '2026-02-30', tomorrow, '2096-11-20'])
            assert.equal((await gateway.ctl('breach', day, 'all')).code, 2, day);
    });
});

test('a record that cannot be read keeps nobody else from being told', async () => {
    await withKeys('unreadable', async ({ centre, gateway, redis }) => {
        const numbers = [MSISDN, '6281200000092', '6281200000093'];
        for (const number of numbers)
            await register(centre.phone(number));
        await plan(gateway, '3');
        for (const number of numbers) {
            const phone = centre.phone(number);
            await openMainMenu(phone);
            await phone.answer('4');
            await phone.answer('1');
            await phone.answer('1');
            await openMainMenu(phone);
            await phone.answer('5');
            await phone.answer('6'); // reports a fraud
        }
        const [training] = await gateway.ctlJson('trainings', 'list');
        assert.equal(training.taken, 3);
        // Whichever comes first: of each list only the others may be told.
        const hurt = (await gateway.ctlJson('merchants', 'list'))[0].msisdn;
        const [key] = (await redis.command('--scan', '--pattern', `*m:${hurt}`)).trim().split('\n');
        await redis.command('SETRANGE', key, '40', 'damaged');
        const others = numbers.filter((number) => number !== hurt);
        const told = await gateway.ctl('breach', '2026-11-20', 'all', '--json');
        assert.equal(told.code, 1, told.output);
        assert.deepEqual(JSON.parse(told.stdout), { told: 2, told_before: 0, unknown: 0, unreadable: 1 });
        assert.match(told.output, new RegExp(`the record of ${hurt} cannot be opened`));
        const tickets = await gateway.ctl('tickets', 'list', '--json');
        assert.equal(tickets.code, 1, 'one in three is missing');
        assert.deepEqual(JSON.parse(tickets.stdout).map(({ msisdn }) => msisdn).sort(), others);
        assert.match(tickets.output, /1 records could not be opened/);
        const off = await gateway.ctl('trainings', 'cancel', training.id);
        assert.equal(off.code, 1, off.output);
        assert.match(off.output, new RegExp(`the record of ${hurt} cannot be opened[^]*1 could not be told`));
        for (const number of others)
            for (const text of [/kebocoran/, /pelatihan .* dibatalkan/])
                await until(`${text} for ${number}`, () => centre.sms.some((sms) => sms.msisdn === number && text.test(sms.text)));

        // What is owed and cannot be opened may be anybody's of that bucket.
        const [bucket] = (await redis.command('--scan', '--pattern', `*m:${others[0]}`)).match(/^\{b\d+\}/);
        await redis.command('XADD', `${bucket}o`, '*', 'b', 'damaged', 'm', 'nobody');
        const whole = await gateway.ctl('export', others[0]);
        assert.equal(whole.code, 1, 'it may not be all');
        assert.equal(JSON.parse(whole.stdout).msisdn, others[0]);
        assert.match(whole.output, /1 entries of the outbox could not be opened: it may not be all/);
    });
});

test('what is told of one has nothing of another in the same bucket', async () => {
    await withScene('bucket-mates', async ({ centre, gateway }) => {
        gateway.settings.redis.buckets = 1;
        await gateway.start();
        await centre.isBound();
        const numbers = [MSISDN, '6281200000092'], owed = [];
        for (const number of numbers) {
            owed.push(await register(centre.phone(number)));
            await centre.smsFor(number);
        }
        assert.equal(await gateway.stop(), 0);
        for (const [i, number] of numbers.entries()) {
            assert.equal((await gateway.ctl('merchants', 'freeze', owed[i])).code, 0);
            assert.equal((await gateway.ctl('push', number, '--menu', 'terususaha', '--screen', 'KELUAR')).code, 0);
        }
        for (const number of numbers) {
            const whole = await gateway.ctlJson('export', number);
            assert.deepEqual([whole.sms_owed.length, whole.dialogues_owed.length], [1, 1]);
            const states = (await gateway.ctlJson('outbox', number)).map(({ state }) => state);
            assert.equal(states.filter((state) => state === 'waiting').length, 1, states.join());
        }
    }, { start: false });
});

test('logs at debug, metrics and traces show no number, name, NIK or text', async () => {
    await withKeys('masked', async (scene) => {
        const { centre, gateway, folder } = scene;
        const trace = new Process(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'trace', '--for', '30s']);
        const regno = await registerAndJoin(scene);
        const phone = centre.phone(MSISDN);
        await phone.dial();
        await phone.answer(MERCHANT.name); // not what is asked for
        assert.equal(await centre.text(MSISDN, `DAFTAR#${MERCHANT.name}#${MERCHANT.business}#1#METRO`), 0);
        centre.submitStatus = () => 0x0b; // refused for good: logged
        await phone.send(OP.BEGIN, '*384#', Buffer.from([9, 0]));
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        await gateway.process.sees(/event=turn\.screen_failed/);
        await gateway.process.sees(/event=outbox\.refused/);
        await until('the trace', () => trace.output.includes('submit_sm'));
        await trace.end('SIGTERM');
        const { text: metrics } = await gateway.get('/metrics');
        const links = (await gateway.ctl('links', '--json')).stdout;
        assert.ok(gateway.log.includes('62812***0091') && gateway.log.includes('level=debug'));
        for (const shown of [gateway.log, metrics, trace.output, links])
            for (const word of WORDS)
                assert.equal(shown.includes(word), false, word);
        assert.match(fs.readFileSync(`/proc/${gateway.process.child.pid}/limits`, 'utf8'),
            /^Max core file size +0 +0 /m);
        assert.equal(fs.readdirSync(folder).some((name) => name.startsWith('core')), false);
    });
});
