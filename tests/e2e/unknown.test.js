// An officer's commit that gets no answer: whether it was done is read back, and told.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');
const test = require('node:test');

const { register } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { BUILD, delay, run } = require('./lib/process');

const MSISDN = '6281200000081';

// Between warungctl and Redis: the first `times` commits break the connection, behind the commit
// (it is done) or before it (it is not).
class Breaker {
    constructor(folder, target, { isDone, times = 1 }) {
        this.socket = path.join(folder, 'breaker.sock');
        this.broken = 0;
        this.server = net.createServer((client) => {
            const redis = net.connect(target);
            let isMute = false;
            for (const side of [client, redis])
                side.on('error', () => {}).on('close', () => { client.destroy(); redis.destroy(); });
            redis.on('data', (data) => !isMute && client.write(data));
            client.on('data', (data) => {
                if (this.broken < times && data.includes('w_commit_all')) {
                    this.broken++;
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

async function approveThrough(name, options, check) {
    await withScene(name, async ({ centre, gateway, redis, folder }) => {
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
        const breaker = new Breaker(folder, redis.socket, options);
        await breaker.listen();
        const file = path.join(folder, 'ctl.cfg');
        fs.writeFileSync(file, fs.readFileSync(gateway.file, 'utf8').replace(redis.server, `unix:${breaker.socket}`));
        const result = await run(path.join(BUILD, 'warungctl'), ['-c', file, 'merchants', 'approve', regno]);
        breaker.server.close();
        assert.equal(breaker.broken, options.times ?? 1, 'it did hurt');
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
