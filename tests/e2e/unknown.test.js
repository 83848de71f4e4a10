// An officer's commit that gets no answer: whether it was done is read back, and told; what is said again
// is not done twice.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');

const { OP } = require('./lib/centre');
const { register } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { BUILD, delay, run } = require('./lib/process');

const MSISDN = '6281200000081';

// Between warungctl and Redis: the first `times` calls of `call` break the connection, behind the commit
// (it is done) or before it (it is not). With holdMs they only wait so long, and onHeld is told.
class Breaker {
    constructor(folder, target, { isDone, times = 1, call = 'w_commit_all', holdMs, onHeld }) {
        this.socket = path.join(folder, 'breaker.sock');
        this.broken = 0;
        this.server = net.createServer((client) => {
            const redis = net.connect(target);
            let isMute = false;
            for (const side of [client, redis])
                side.on('error', () => {}).on('close', () => { client.destroy(); redis.destroy(); });
            redis.on('data', (data) => !isMute && client.write(data));
            client.on('data', (data) => {
                if (this.broken < times && data.includes(call)) {
                    this.broken++;
                    if (holdMs) {
                        setTimeout(() => redis.write(data), holdMs);
                        onHeld();
                        return;
                    }
                    isMute = true;
                    if (isDone)
                        redis.write(data);
                    setTimeout(() => client.destroy(), 200);
                    return;
                }
                redis.write(data);
            });
        });
    }

    listen() {
        return new Promise((resolve) => this.server.listen(this.socket, resolve));
    }
}

// A warungctl behind such a connection.
async function breakFor({ gateway, redis, folder }, options, words) {
    const breaker = new Breaker(folder, redis.socket, options);
    await breaker.listen();
    const file = path.join(folder, 'ctl.cfg');
    fs.writeFileSync(file, fs.readFileSync(gateway.file, 'utf8').replace(redis.server, `unix:${breaker.socket}`));
    const result = await run(path.join(BUILD, 'warungctl'), ['-c', file, ...words]);
    breaker.server.close();
    fs.rmSync(breaker.socket, { force: true });
    assert.equal(breaker.broken, options.times ?? 1, 'it did hurt');
    return result;
}

async function approveThrough(name, options, check) {
    await withScene(name, async (scene) => {
        const { centre, gateway } = scene;
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        const result = await breakFor(scene, options, ['merchants', 'approve', regno]);
        await check({ result, regno, gateway, centre });
    });
}

async function isApprovedOnce({ result, regno, gateway, centre }) {
    assert.equal(result.code, 0, result.output);
    assert.doesNotMatch(result.output, /look whether/);
    assert.equal((await gateway.ctlJson('merchants', 'show', regno)).status, 'DISETUJUI');
    // One for each of submission, review and decision.
    assert.match((await centre.smsFor(MSISDN, 2)).text, /disetujui/i);
    const { stdout } = await gateway.ctl('journal', regno);
    assert.equal(stdout.match(/DIPERIKSA>DISETUJUI/g)?.length, 1, stdout);
    await delay(2500); // sweeps of the outbox
    assert.equal(centre.sms.filter((s) => s.msisdn === MSISDN).length, 3);
}

test('it was done: success is told, and it is done once', () =>
    approveThrough('unknown-done', { isDone: true }, isApprovedOnce));

test('it was not done: it is done then', () =>
    approveThrough('unknown-not', { isDone: false }, isApprovedOnce));

test('not done three times over', () =>
    approveThrough('unknown-thrice', { isDone: false, times: 3 }, isApprovedOnce));

test('a training is planned, and called off, once', async () => {
    await withScene('unknown-training', async (scene) => {
        const { gateway } = scene;
        const plan = ['trainings', 'add', '2099-01-01T09:00', 'Foto produk', 'Balai Metro', '--seats', '2'];
        const call = 'w_commit'; // of a shared record
        for (const isDone of [true, false])
            assert.equal((await breakFor(scene, { isDone, call }, plan)).code, 0);
        const [training, ...more] = await gateway.ctlJson('trainings', 'list');
        assert.deepEqual(more, []);
        const again = await gateway.ctl(...plan); // by who was cut off and does not know
        assert.equal(again.code, 0, again.output);
        assert.equal(again.stdout.trim(), training.id);
        assert.equal((await gateway.ctlJson('trainings', 'list')).length, 1);
        const off = await breakFor(scene, { isDone: true, call }, ['trainings', 'cancel', training.id]);
        assert.equal(off.code, 0, off.output);
        assert.deepEqual(await gateway.ctlJson('trainings', 'list'), []);
    });
});

test('a push is owed once, and again by --again', async () => {
    await withScene('unknown-push', async (scene) => {
        const { centre, gateway } = scene;
        const words = ['push', MSISDN, '--menu', 'terususaha', '--screen', 'KELUAR'];
        const phone = centre.phone(MSISDN);
        const shown = async (count) => {
            await phone.nextScreen(count - 1);
            await delay(2500); // sweeps of the outbox
            assert.equal(phone.screens.length, count);
        };
        const lost = await breakFor(scene, { isDone: false }, words);
        assert.equal(lost.code, 3, lost.output);
        assert.match(lost.output, /say it again/);
        const done = await breakFor(scene, { isDone: true }, words);
        assert.equal(done.code, 0, done.output);
        const again = await gateway.ctl(...words);
        assert.equal(again.code, 0, again.output);
        assert.match(again.stdout, /the same was owed to/);
        await shown(1);
        assert.equal(await phone.send(OP.NOTIFY_ACK, '', phone.info), 0);
        const another = await breakFor(scene, { isDone: false }, [...words, '--again']);
        assert.equal(another.code, 3, 'the one before is not taken for it');
        assert.equal((await gateway.ctl(...words, '--again')).code, 0);
        await shown(2);
    });
});

test('records are sealed over a connection that breaks', async () => {
    await withScene('unknown-seal', async (scene) => {
        const { centre, gateway } = scene;
        for (const number of [MSISDN, '6281200000082'])
            await register(centre.phone(number));
        assert.equal(await gateway.stop(), 0);
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        const result = await breakFor(scene, { isDone: true }, ['keys', 'seal', '--json']);
        assert.equal(result.code, 0, result.output);
        const { sealed, records } = JSON.parse(result.stdout);
        assert.deepEqual({ sealed, records }, { sealed: 2, records: 0 });
        assert.equal((await gateway.ctlJson('keys', 'seal')).sealed, 0);
    });
});

test('while one officer owes a push, another waits, and is told that it is owed', async () => {
    await withScene('push-at-once', async (scene) => {
        const { gateway } = scene;
        const words = ['push', MSISDN, '--menu', 'terususaha', '--screen', 'KELUAR'];
        let first;
        await new Promise((resolve) => {
            first = breakFor(scene, { holdMs: 1000, onHeld: resolve }, [...words, '--json']);
        });
        assert.equal((await gateway.ctlJson(...words)).is_new, false);
        assert.equal(JSON.parse((await first).stdout).is_new, true);
        const again = await gateway.ctl(...words);
        assert.match(again.stdout, /^the same was owed to \d+ at 20\S+Z: nothing is done; --again/);
        const { stdout } = await gateway.ctl('journal', MSISDN);
        assert.equal(stdout.match(/ push /g)?.length, 1, stdout);
    });
});

test('while one officer tells of a breach, another does, too: nobody is told twice', async () => {
    await withScene('breach-at-once', async (scene) => {
        const { centre, gateway } = scene;
        for (const number of [MSISDN, '6281200000083'])
            await register(centre.phone(number));
        const words = ['breach', '2026-11-20', 'all', '--json'];
        let first;
        await new Promise((resolve) => {
            first = breakFor(scene, { holdMs: 1000, onHeld: resolve }, words);
        });
        assert.deepEqual(await gateway.ctlJson(...words.slice(0, 3)), { told: 2, told_before: 0, unknown: 0, unreadable: 0 });
        assert.deepEqual(JSON.parse((await first).stdout), { told: 0, told_before: 2, unknown: 0, unreadable: 0 });
        const { stdout } = await gateway.ctl('journal');
        assert.equal(stdout.match(/ breach /g).length, 2, stdout);
    });
});
