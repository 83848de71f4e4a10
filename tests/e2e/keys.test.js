// The keys of personal data are lost, or others took their place: nothing begins, nothing is changed, and
// with the right ones all is there again.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Clock, DAY_MS } = require('./lib/clock');
const { MERCHANT, register } = require('./lib/programme');
const { BUILD, run } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000301';

test('what stands in the clear beside keys is read only where the keys file says so', async () => {
    await withScene('keys-later', async ({ centre, gateway, folder }) => {
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        assert.equal(await gateway.stop(), 0);
        assert.equal((await gateway.ctl('push', MSISDN, '--menu', 'terususaha', '--screen', 'KELUAR')).code, 0);
        const made = await gateway.ctl('keys', 'init');
        assert.match(made.output, /records in the clear are read/);
        const keys = fs.readFileSync(`${folder}/keys`, 'utf8');
        assert.match(keys, /^plain$/m);
        fs.writeFileSync(`${folder}/keys`, keys.replace(/^plain$/m, ''));
        await gateway.start();
        const shown = await gateway.ctl('merchants', 'show', regno);
        assert.notEqual(shown.code, 0, shown.output);
        assert.match(shown.output, /cannot be opened/);
        assert.equal(shown.output.includes(MERCHANT.name), false);
        assert.match((await gateway.ctl('keys', 'status')).output, /in the clear +1 +\d +1\b/);
        const outbox = await gateway.ctl('outbox', MSISDN); // one that it cannot read may be this number's
        assert.equal(outbox.code, 1, outbox.output);
        assert.match(outbox.output, /1 entries of the outbox could not be opened/);
        assert.equal(await gateway.stop(), 0);

        fs.writeFileSync(`${folder}/keys`, keys);
        await gateway.start();
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0); // writes it, sealed
        assert.doesNotMatch((await gateway.ctl('keys', 'status')).output, /in the clear +1 /);
    }, { start: false });
});

test('the trainings in the clear are records, too', async () => {
    await withScene('keys-trainings', async ({ gateway, folder }) => {
        await gateway.start();
        const added = await gateway.ctl('trainings', 'add', '2099-01-01T09:00', 'Foto', 'Balai Metro', '--seats', '2');
        assert.equal(added.code, 0, added.output);
        assert.equal(await gateway.stop(), 0);
        assert.deepEqual(JSON.parse((await gateway.ctl('keys', 'init', '--json')).stdout),
            { keys_file: `${folder}/keys`, reads_plain: true });
        await gateway.start();
        assert.match((await gateway.ctl('keys', 'status')).output, /in the clear +1 /);
        assert.equal((await gateway.ctlJson('trainings', 'list')).length, 1);
    }, { start: false });
});

test('what stands in the clear is sealed at once; the line "plain" goes when none can be left', async () => {
    const clock = new Clock();
    await withScene('keys-seal', async ({ centre, gateway, folder }) => {
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        const plan = ['trainings', 'add', '2099-01-01T09:00', 'Foto', 'Balai Metro', '--seats', '2'];
        assert.equal((await gateway.ctl(...plan)).code, 0);
        assert.equal((await gateway.ctl('keys', 'seal')).code, 1, 'there are no keys');
        assert.equal(await gateway.stop(), 0);
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        const file = `${folder}/keys`;
        // Made long ago: that tells nothing of when a gateway has begun to use it.
        const keys = fs.readFileSync(file, 'utf8').replace(/^seal 1 \S+/m, 'seal 1 2026-01-01');

        // Without the line nothing is taken over, and that is no success.
        fs.writeFileSync(file, keys.replace(/^plain\n/m, ''));
        const refused = await gateway.ctl('keys', 'seal');
        assert.equal(refused.code, 1, refused.output);
        assert.match(refused.output, /2 records in the clear cannot be read/);

        // The session of the registration waits for its end, beside a gateway at work.
        fs.writeFileSync(file, keys);
        await gateway.start();
        assert.deepEqual(await gateway.ctlJson('keys', 'seal'),
            { sealed: 2, records: 0, sessions: 1, sms_owed: 0, unreadable: 0, reads_plain: true });
        assert.match((await gateway.ctl('journal')).stdout, /keys-seal .*2-records/);
        assert.match(fs.readFileSync(file, 'utf8'), /^plain$/m);
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
        assert.equal((await gateway.ctlJson('trainings', 'list')).length, 1);
        await centre.phone(MSISDN).dial(); // which writes the session
        const young = await gateway.ctl('keys', 'seal');
        assert.equal(young.code, 0, young.output);
        assert.match(young.stdout, /sealed: 0; .*: 0 records, 0 sessions, 0 SMS owed/);
        assert.match(young.stdout, /may be in the clear until \d{4}-\d\d-\d\d/);

        clock.step(9 * DAY_MS);
        const full = await run('bash', ['-c', 'ulimit -f 0; trap "" XFSZ; "$0" -c "$1" keys seal 2>&1 | cat',
            path.join(BUILD, 'warungctl'), gateway.file]);
        assert.match(full.output, /File too large[^]*the line "plain" stays: the file cannot be changed/);
        assert.match(fs.readFileSync(file, 'utf8'), /^plain$/m);
        assert.match((await gateway.ctl('keys', 'seal')).stdout, /has no line "plain"/);
        assert.doesNotMatch(fs.readFileSync(file, 'utf8'), /^plain$/m);
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
    }, { start: false }).finally(() => clock.end());
});

test('who was killed while he made keys leaves none, and the next makes them', async () => {
    await withScene('keys-killed', async ({ gateway, folder }) => {
        gateway.settings.cdr = { directory: folder };
        await gateway.writeConfiguration();
        for (const [what, file] of [['keys', 'keys'], ['cdr', 'cdr.key']]) {
            // SIGXFSZ comes in the middle of the write.
            const killed = await run('bash', ['-c', 'ulimit -c 0 -f 0; "$0" -c "$1" "$2" init',
                path.join(BUILD, 'warungctl'), gateway.file, what]);
            assert.equal(killed.code, 'SIGXFSZ', killed.output);
            assert.equal(fs.existsSync(`${folder}/${file}`), false);
            const made = await gateway.ctl(what, 'init');
            assert.equal(made.code, 0, made.output);
            assert.equal(fs.existsSync(`${folder}/${file}.warungctl`), false);
        }
    }, { start: false });
});

test('keys are made before there is a store, and say what they do not know', async () => {
    await withScene('keys-blind', async ({ gateway, redis, folder }) => {
        await gateway.writeConfiguration();
        await redis.stop();
        const blind = await gateway.ctl('keys', 'init');
        assert.equal(blind.code, 0, blind.output);
        assert.match(blind.output, /not known whether the store has records from before/);
        assert.doesNotMatch(fs.readFileSync(`${folder}/keys`, 'utf8'), /^plain$/m);
        fs.rmSync(`${folder}/keys`);
        assert.equal((await gateway.ctl('keys', 'init', '--plain')).code, 0);
        assert.match(fs.readFileSync(`${folder}/keys`, 'utf8'), /^plain$/m);
    }, { start: false });
});

test('without the keys of its records, or with others, a gateway does not start', async () => {
    await withScene('keys-lost', async ({ centre, gateway, redis, folder }) => {
        const keys = `${folder}/keys`;
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        assert.equal(await gateway.stop(), 0);
        const before = await redis.dump();

        const isRefused = async (reason) => {
            gateway.launch();
            assert.equal(await gateway.process.ended, 3);
            assert.match(gateway.log, reason);
            const asked = await gateway.ctl('merchants', 'show', regno);
            assert.equal(asked.code, 3, asked.output);
            assert.match(asked.output, reason);
            assert.equal(await redis.dump(), before);
        };
        fs.renameSync(keys, `${keys}.safe`);
        await isRefused(/records are sealed, and there are no keys/);
        for (const more of [[], ['--plain']]) {
            const init = await gateway.ctl('keys', 'init', ...more);
            assert.equal(init.code, 1, init.output);
            assert.match(init.output, /sealed already[^]*put their file[^]* to .*\/keys; none is made/);
            assert.equal(fs.existsSync(keys), false);
        }
        const others = fs.readFileSync(`${keys}.safe`, 'utf8')
            .replace(/^hash (.)/m, (_, digit) => `hash ${digit === '0' ? 1 : 0}`);
        fs.writeFileSync(keys, others, { mode: 0o600 });
        await isRefused(/records are sealed with other keys/);

        fs.renameSync(`${keys}.safe`, keys);
        const untold = await run('bash', ['-c', '"$0" -c "$1" keys rotate >/dev/full',
            path.join(BUILD, 'warungctl'), gateway.file]);
        assert.equal(untold.code, 1);
        assert.match(untold.output, /cannot write the output: .*; no key is added/);
        assert.equal(fs.readFileSync(keys, 'utf8').match(/^seal /gm).length, 1);
        const rotated = await gateway.ctl('keys', 'rotate'); // a new key, but the same file's
        assert.equal(rotated.code, 0);
        assert.match(rotated.output, /keep a new copy of it/); // or what is written from now on is lost with the machine
        assert.deepEqual(JSON.parse((await gateway.ctl('keys', 'rotate', '--json')).stdout), { keys_file: keys });
        await gateway.start();
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
    }, { start: false });
});
