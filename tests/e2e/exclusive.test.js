// An exclusive entry on two gateways: one is bound, the other follows when that one dies, drains, hangs
// or cannot reach Redis.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');
const test = require('node:test');

const { Gateway } = require('./lib/warungd');
const { smscEntry, withScene } = require('./lib/scene');
const { delay, until } = require('./lib/process');

const LEASE_S = 4;
const EXCLUSIVE = { exclusive: true, lease_s: LEASE_S };

// withScene() has the first gateway; the second beside it.
async function withPair(name, body) {
    await withScene(name, async (scene) => {
        const { mkdirSync } = require('node:fs');
        const folder = path.join(scene.folder, 'gw2');
        mkdirSync(folder);
        const other = new Gateway(folder, scene.redis, {
            instance: 'gw2', smsc: [smscEntry(scene.centre, EXCLUSIVE)],
        });
        try {
            await other.start();
            await other.process.sees(/event=lease\.standby lease=op1 holder=e2e/);
            assert.equal(scene.centre.sessions.length, 1);
            await body(scene, other);
        } finally {
            await other.stop().catch(() => {});
        }
    }, { smsc: EXCLUSIVE, settings: { admin: undefined } });
}

const token = (gateway) => Number([...gateway.log.matchAll(/event=lease\.taken lease=op1 token=(\d+)/g)].at(-1)[1]);

async function isServed(centre, msisdn) {
    assert.match((await centre.phone(msisdn).dial()).text, /#TerusUsaha/);
}

test('the holder drains: the other is bound at once', async () => {
    await withPair('lease-drain', async ({ centre, gateway }, other) => {
        await isServed(centre, '6281200000061');
        assert.match((await other.get('/metrics')).text, /^warung_standby 1$/m);
        const before = token(gateway);
        assert.equal(await gateway.stop(), 0);
        assert.match(gateway.log, /event=lease\.released lease=op1 token=\d+ result=ok/);
        await other.process.sees(/event=link\.bound/);
        assert.ok(token(other) > before, 'a newer token');
        assert.equal(centre.sessions.length, 1);
        await isServed(centre, '6281200000062');
        const [link] = await other.ctlJson('links');
        assert.deepEqual(link.lease, { state: 'held', holder: 'gw2', token: token(other) });
        assert.match((await other.get('/metrics')).text, /warung_lease_held\{peer="op1"\} 1/);
        assert.match((await other.get('/metrics')).text, /^warung_standby 0$/m);
    });
});

test('the holder is killed: the other is bound when the lease has run out', async () => {
    await withPair('lease-kill', async ({ centre, gateway }, other) => {
        await gateway.kill();
        await other.process.sees(/event=link\.bound/);
        await until('one session', () => centre.sessions.length === 1);
        await isServed(centre, '6281200000063');
    });
});

test('the holder sleeps: when it wakes up it lets go and stands by', async () => {
    await withPair('lease-sleep', async ({ centre, gateway }, other) => {
        gateway.process.child.kill('SIGSTOP');
        await other.process.sees(/event=link\.bound/);
        gateway.process.child.kill('SIGCONT');
        await gateway.process.sees(/event=lease\.(lost|renounced)/);
        await until('one session', () => centre.sessions.length === 1);
        await isServed(centre, '6281200000064');
        await gateway.process.sees(/event=lease\.standby lease=op1 holder=gw2/);
    });
});

test('Redis is gone: the holder has unbound before the lease runs out', async () => {
    await withPair('lease-redis', async ({ centre, redis, gateway }) => {
        await redis.kill();
        const began = Date.now();
        await until('no session', () => centre.sessions.length === 0);
        assert.ok(Date.now() - began >= LEASE_S * 250, 'not at the first failure');
        assert.match(gateway.log, /event=lease\.renounced/);
        await delay(500);
        assert.equal(centre.sessions.length, 0, 'nobody is bound without a lease');
        await redis.start();
        await until('one session', () => centre.sessions.length === 1);
        await isServed(centre, '6281200000065');
    });
});
