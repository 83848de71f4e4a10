// Call detail records of a real gateway: what stands in them, and who notices when they are touched.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Clock, DAY_MS } = require('./lib/clock');
const { MERCHANT, openMainMenu, register } = require('./lib/programme');
const { run, until } = require('./lib/process');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000095';

// A gateway that writes records to `${folder}/cdr`.
async function withRecords(name, cdr, body, errorsToPipe = false) {
    const scene = async (s) => {
        s.gateway.errorsToPipe = errorsToPipe;
        const directory = path.join(s.folder, 'cdr');
        fs.mkdirSync(directory);
        s.gateway.settings.cdr = { directory, ...cdr };
        await s.gateway.writeConfiguration();
        const made = await s.gateway.ctl('cdr', 'init');
        assert.equal(made.code, 0, made.output);
        assert.equal(fs.statSync(path.join(s.folder, 'cdr.key')).mode & 0o077, 0);
        await s.gateway.start();
        await s.centre.isBound();
        await body(s, directory);
    };
    await withScene(name, scene, { start: false, settings: {} });
}

const files = (directory) => fs.readdirSync(directory).filter((name) => name.endsWith('.jsonl')).sort()
    .map((name) => path.join(directory, name));
const lines = (file) => fs.readFileSync(file, 'utf8').trim().split('\n').map((line) => JSON.parse(line));

test('one record a dialogue and SMS, signed; nothing personal in them', async () => {
    await withRecords('cdr', {}, async ({ centre, gateway }, directory) => {
        const phone = centre.phone(MSISDN);
        await register(phone);
        await centre.smsFor(MSISDN);
        await openMainMenu(phone);
        await phone.dial(); // instead of an answer
        assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        await centre.smsFor(MSISDN, 1);
        const metrics = await until('the records', async () => {
            const { text } = await gateway.get('/metrics');
            return Number(text.match(/^warung_cdr_records_total (\d+)/m)[1]) >= 5 && text;
        });
        assert.match(metrics, /^warung_cdr_failing 0$/m);
        assert.match(metrics, /^warung_cdr_dropped_total 0$/m);
        assert.equal(await gateway.stop(), 0);
        const [file] = files(directory);
        const [head, ...rest] = lines(file);
        const tail = rest.pop();
        assert.equal(head.instance, 'e2e');
        assert.equal(tail.records, rest.length);
        assert.deepEqual(rest.map((r) => `${r.type} ${r.cause}`).sort(), [
            'sms-in taken', 'sms-out sent', 'sms-out sent', 'ussd replaced', 'ussd screen', 'ussd stopped']);
        const [done] = rest.filter((r) => r.cause === 'screen');
        assert.equal(done.turns, done.begins + done.answers);
        assert.equal(done.begins, 1);
        assert.equal(done.asks + done.ends, done.turns);
        assert.ok(done.octets_in > MERCHANT.name.length && done.octets_out > 500);
        assert.equal(done.link, 'op1');
        assert.equal(done.code, '*384#');
        assert.match(done.menu, /^[0-9a-f]{16}$/);
        assert.equal(done.number, '62812***0095');
        const text = fs.readFileSync(file, 'utf8');
        for (const word of [MSISDN, MERCHANT.name, MERCHANT.nik, MERCHANT.business])
            assert.equal(text.includes(word), false, word);
        const verified = await gateway.ctl('cdr', 'verify', file);
        assert.equal(verified.code, 0, verified.output);
        assert.match(verified.stdout, /: ok, 6 records\n$/);
    });
});

test('a file that was changed, cut off or taken away is named', async () => {
    await withRecords('cdr-verify', { rotate_s: 1, number: 'hashed' }, async ({ centre, gateway, folder }, directory) => {
        for (let n = 1; n <= 4; n++) {
            assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
            await until(`file ${n}`, () => files(directory).length === n);
        }
        const key = path.join(folder, 'cdr.key.pub');
        const all = files(directory);
        assert.match(lines(all[0])[1].number, /^[0-9a-f]{16}$/);
        const verify = (...which) => gateway.ctl('cdr', 'verify', '--key', key, ...which);
        assert.equal((await verify(...[...all].reverse())).code, 0);
        const gone = await verify(all[0], all[1], all[3]);
        assert.equal(gone.code, 1);
        assert.match(gone.stdout, /^cdr-e2e-000000003\.jsonl: missing$/m);
        const original = fs.readFileSync(all[1], 'utf8');
        fs.writeFileSync(all[1], original.replace('sms-in', 'sms-on'));
        let found = JSON.parse((await gateway.ctl('cdr', 'verify', '--key', key, '--json', ...all)).stdout);
        assert.deepEqual(found.map((f) => f.ok), [true, false, true, true]);
        assert.match(found[1].fault, /^tampered/);
        fs.writeFileSync(all[1], original.slice(0, -40));
        found = JSON.parse((await gateway.ctl('cdr', 'verify', '--key', key, '--json', ...all)).stdout);
        assert.match(found[1].fault, /^truncated/);
        fs.writeFileSync(all[1], original);
        assert.equal((await verify(...all)).code, 0);
        const other = ['cdr-e2e.lock', 'cdr-e2e.state'].map((name) => path.join(directory, name));
        const { code, stdout } = await verify(...other, ...all);
        assert.equal(code, 1);
        for (const file of other)
            assert.ok(stdout.includes(`${file}: is no file of records: `), stdout);
        assert.equal((await verify()).code, 2);
    });
});

test('a killed gateway: the next one closes its file', async () => {
    await withRecords('cdr-crash', {}, async ({ centre, gateway }, directory) => {
        assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        await until('a record on disk', () => fs.readdirSync(directory).some((name) => name.endsWith('.part') &&
            fs.readFileSync(path.join(directory, name), 'utf8').includes('sms-in')));
        await gateway.kill();
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        const [file] = files(directory);
        const result = await gateway.ctl('cdr', 'verify', file);
        assert.equal(result.code, 0, result.output);
        assert.match(result.stdout, /closed after a crash/);
    });
});

test('a full disk: the service goes on, and files and log say what is missing', async () => {
    await withRecords('cdr-full', {}, async ({ centre, gateway }, directory) => {
        const took = async (count) => {
            for (let n = 0; n < count; n++)
                assert.equal(await centre.text(MSISDN, 'BANTUAN'), 0);
        };
        await took(1);
        await until('a record on disk', () => fs.readdirSync(directory).some((name) => name.endsWith('.part') &&
            fs.readFileSync(path.join(directory, name), 'utf8').includes('sms-in')));
        const limited = await run('prlimit', ['--pid', String(gateway.process.child.pid), '--fsize=1000:']);
        assert.equal(limited.code, 0, limited.output);
        await took(4);
        await gateway.process.sees(/event=cdr\.failing .*reason="File too large"/);
        assert.equal((await gateway.get('/readyz')).status, 200);
        const before = gateway.process;
        assert.equal(await gateway.stop(), 0);
        const lost = Number(before.output.match(/event=cdr\.lost .*\brecords=(\d+) .*reason="File too large"/)[1]);
        assert.ok(lost > 0);
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        const [file] = files(directory);
        const found = await gateway.ctl('cdr', 'verify', file);
        assert.match(found.stdout, RegExp(`: ok, \\d+ records, ${lost} dropped since the file before, closed after a crash\\n$`));
        const [json] = JSON.parse((await gateway.ctl('cdr', 'verify', '--json', file)).stdout);
        assert.equal(json.dropped, lost);
        assert.ok(json.records + lost >= 5); // each text that was taken
    }, true); // a limit of files holds for a log in one, too
});

test('old files go; to a clock that is ahead of Redis\'s nothing is old', async () => {
    await withRecords('cdr-clock', { keep_d: 90 }, async ({ centre, gateway }, directory) => {
        await openMainMenu(centre.phone(MSISDN));
        assert.equal(await gateway.stop(), 0);
        const [file] = files(directory);
        const clock = new Clock(); // of what starts from now on: Redis has the right one
        try {
            clock.set(200 * DAY_MS);
            await gateway.start();
            await gateway.process.sees(/event=clock\.ahead/);
            await new Promise((resolve) => setTimeout(resolve, 2500)); // the writer has looked
            assert.ok(fs.existsSync(file));
            assert.equal(await gateway.stop(), 0);
        } finally {
            clock.end();
        }
        const longAgo = new Date(Date.now() - 91 * DAY_MS);
        fs.utimesSync(file, longAgo, longAgo);
        await gateway.start();
        await until('the old file to go', () => !fs.existsSync(file));
    });
});
