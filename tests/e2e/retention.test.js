// What is held of people goes when its period is over: the shipped periods, day by day on a clock of
// the programs' own, each time looking through all of Redis. Without keys, so that whatever
// stands there can be read.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Clock, DAY_MS, HOUR_MS } = require('./lib/clock');
const { openMainMenu, regnoOf, ANSWERS } = require('./lib/programme');
const { until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MORNING_UTC = 3; // ten o'clock in Lampung: records are taken away by day

// Who waits for which period, by a name that stands in no menu and in nobody else's record.
const PEOPLE = {
    approved: { msisdn: '6281200000201', name: 'PERTIWI SETUJU' },
    rejected: { msisdn: '6281200000202', name: 'ROHANA TOLAK' },
    cancelled: { msisdn: '6281200000203', name: 'CAHYATI BATAL' },
    draft: { msisdn: '6281200000204', name: 'DARWATI KONSEP' },
    unanswered: { msisdn: '6281200000205', name: 'UTAMI BISU' },
    parts: { msisdn: '6281200000206', name: 'LASTRI SEPOTONG' },
    ticket: { msisdn: '6281200000207' },
};

async function withClock(name, options, body) {
    const clock = new Clock();
    try {
        clock.stepToHour(MORNING_UTC);
        await withScene(name, (scene) => body(scene, clock), options);
    } finally {
        clock.end();
    }
}

// As far as `questions` of the registration go; the last screen.
async function answer(centre, { msisdn, name }, questions) {
    const phone = centre.phone(msisdn);
    const typed = ANSWERS.slice(0, questions).map(([word, text]) => [word, word === 'nama lengkap' ? name : text]);
    let screen = await openMainMenu(phone);
    for (const [word, text] of typed) {
        assert.ok(screen.text.toLowerCase().includes(word.toLowerCase()), `${word} in ${screen.text}`);
        screen = await phone.answer(text);
    }
    return screen;
}

const register = async (centre, who) => regnoOf(await answer(centre, who, ANSWERS.length));

async function done(gateway, ...words) {
    const result = await gateway.ctl(...words);
    assert.equal(result.code, 0, result.output);
}

// Everybody's business of the first day; the registration numbers.
async function fillStore({ centre, gateway }) {
    const regnos = {};
    for (const kind of ['approved', 'rejected', 'cancelled']) {
        regnos[kind] = await register(centre, PEOPLE[kind]);
        await centre.smsFor(PEOPLE[kind].msisdn);
    }
    await done(gateway, 'merchants', 'review', regnos.rejected);
    await done(gateway, 'merchants', 'reject', regnos.rejected, '--reason', 'T01');
    await done(gateway, 'merchants', 'review', regnos.approved);
    await centre.smsFor(PEOPLE.rejected.msisdn, 2);
    await centre.smsFor(PEOPLE.approved.msisdn, 1);
    await centre.phone(PEOPLE.cancelled.msisdn).walk('*384*6*2*1#');
    await answer(centre, PEOPLE.draft, 4);
    await centre.text(PEOPLE.unanswered.msisdn, `DAFTAR#${PEOPLE.unanswered.name}#KEDAI BISU#1#METRO#METRO BARAT`);
    assert.equal((await centre.request('deliver_sm', {
        source_addr_ton: 1, source_addr_npi: 1, source_addr: PEOPLE.parts.msisdn, destination_addr: '384',
        sar_msg_ref_num: 7, sar_total_segments: 2, sar_segment_seqnum: 1, short_message: PEOPLE.parts.name,
    })).command_status, 0);
    await centre.text(PEOPLE.ticket.msisdn, 'TELEPON');
    await centre.smsFor(PEOPLE.ticket.msisdn);
    // The approval's SMS is owed to a phone that takes none.
    centre.submitStatus = (pdu) => (pdu.destination_addr === PEOPLE.approved.msisdn ? 0x08 : 0);
    await done(gateway, 'merchants', 'approve', regnos.approved);
    return regnos;
}

test('each thing goes after its period, and no day earlier', async () => {
    const options = { settings: { retention: { every_s: 1 }, turn: { owed_idle_ms: 1000 } } };
    await withClock('retention', options, async (scene, clock) => {
        const { centre, gateway, redis } = scene;
        const begin = clock.now();
        const regnos = await fillStore(scene);
        const [{ text: owed }] = (await gateway.ctlJson('export', PEOPLE.approved.msisdn)).sms_owed;
        // One look at every record by the walk, and one sweep of the outbox, at the time of now.
        const goTo = (days) => clock.step(begin + days * DAY_MS - clock.now());
        const look = async () => {
            const from = gateway.log.length;
            await until('two rounds', () => (gateway.log.slice(from).match(/event=retention\.walked/g) ?? []).length >= 2);
        };
        const stays = async (days, ...words) => {
            goTo(days);
            await look();
            const all = await redis.dump();
            for (const word of words)
                assert.ok(all.includes(word), `${word} is there after ${days} days`);
        };
        const goes = async (days, ...words) => {
            goTo(days);
            let left;
            for (const word of words)
                await until(() => `${word} to be gone after ${days} days from:\n${left}`, async () => {
                    left = await redis.dump();
                    return !left.includes(word);
                });
        };
        // When the oldest entry of all journals (j) or logs of consents (c) was written.
        const oldest = async (log) => {
            const ids = await Promise.all(Array.from({ length: 16 }, (_, bucket) => redis.command(
                'XRANGE', `{b${String(bucket).padStart(3, '0')}}${log}`, '-', '+', 'COUNT', '1')));
            return Math.min(...ids.map((id) => parseInt(id, 10) || Infinity));
        };
        const isOfFirstDay = async (log) => (await oldest(log)) < begin + DAY_MS;
        await stays(0, owed);
        const hour = HOUR_MS / DAY_MS;
        await stays(1 - hour, PEOPLE.parts.name);
        await goes(1 + hour, PEOPLE.parts.name);
        await stays(2 - hour, PEOPLE.unanswered.name);
        await goes(2 + hour, PEOPLE.unanswered.name);
        await stays(3 - hour, owed);
        await goes(3 + hour, owed);
        await stays(7 - hour, PEOPLE.draft.name);
        await goes(7 + 2 * hour, PEOPLE.draft.name);
        await goes(15, '}s:', PEOPLE.draft.msisdn, PEOPLE.parts.msisdn); // sessions: seven days after the draft in them went
        await stays(182, PEOPLE.rejected.name, PEOPLE.cancelled.name, PEOPLE.ticket.msisdn);
        await goes(184, ...[PEOPLE.rejected, PEOPLE.cancelled].flatMap((who) => [who.name, who.msisdn]),
            PEOPLE.ticket.msisdn, PEOPLE.unanswered.msisdn);
        for (const who of [PEOPLE.rejected, PEOPLE.cancelled])
            assert.match(centre.sms.filter((sms) => sms.msisdn === who.msisdn).at(-1).text, /semua data Anda/);
        await stays(729, PEOPLE.approved.name);
        assert.ok(await isOfFirstDay('j'));
        centre.submitStatus = () => 0;
        await goes(731, PEOPLE.approved.name, PEOPLE.approved.msisdn);
        await until('the journal to be trimmed', async () => !(await isOfFirstDay('j')));
        await stays(1824);
        assert.ok(await isOfFirstDay('c'));
        await goes(1826);
        await until('the consents to be trimmed', async () => (await oldest('c')) === Infinity);
        const left = await redis.dump();
        for (const word of [...Object.values(PEOPLE).flatMap(Object.values), ...Object.values(regnos)])
            assert.equal(left.includes(word), false, word);
    });
});

test('call detail records go after 90 days', async () => {
    await withClock('retention-cdr', { start: false }, async ({ centre, gateway, folder }, clock) => {
        const directory = path.join(folder, 'cdr');
        fs.mkdirSync(directory);
        gateway.settings.cdr = { directory };
        await gateway.writeConfiguration();
        await done(gateway, 'cdr', 'init');
        const marker = path.join(directory, 'cdr-e2e-000000000.jsonl'); // the first to go, whatever the day
        // One file a run, closed at its end.
        const runAt = async (days) => {
            clock.step(days * DAY_MS);
            fs.writeFileSync(marker, '');
            fs.utimesSync(marker, 1000, 1000);
            await gateway.start();
            await centre.isBound();
            assert.equal(await centre.text(PEOPLE.ticket.msisdn, 'BANTUAN'), 0);
            await until('the record', async () => /^warung_cdr_records_total [1-9]/m.test((await gateway.get('/metrics')).text));
            await until('the old ones to go', () => !fs.existsSync(marker));
            assert.equal(await gateway.stop(), 0);
            return fs.readdirSync(directory).filter((name) => name.endsWith('.jsonl')).sort();
        };
        const [first] = await runAt(0);
        assert.equal((await runAt(89)).length, 2);
        const left = await runAt(2);
        assert.equal(left.includes(first), false, left.join());
        assert.equal(left.length, 1, left.join()); // by the disk's clock, which was not moved, all are of today
    });
});

test('a correction that does not come: reminded, then not accepted, and told so', async () => {
    await withClock('deadline', {}, async ({ centre, gateway }, clock) => {
        const who = { msisdn: '6281200000221', name: 'NURMALA LALAI' };
        const regno = await register(centre, who);
        await centre.smsFor(who.msisdn);
        await done(gateway, 'merchants', 'fix', regno, '--reason', 'P01');
        assert.match((await centre.smsFor(who.msisdn, 1)).text, /perlu perbaikan: Nama beda dengan KTP/);
        clock.step(12 * DAY_MS); // three days before the end of the fourteenth
        assert.match((await centre.smsFor(who.msisdn, 2)).text, /pengingat, .* masih perlu perbaikan/);
        clock.step(3 * DAY_MS);
        assert.match((await centre.smsFor(who.msisdn, 3)).text, /belum dapat diterima: Batas waktu perbaikan lewat/);
        const { status, reason } = await gateway.ctlJson('merchants', 'show', regno);
        assert.deepEqual([status, reason], ['DITOLAK', 'T05']);
    });
});
