// What whoever is called at night does to Redis, and what is said to him meanwhile.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { ROOT, run, until } = require('./lib/process');
const { MERCHANT, register } = require('./lib/programme');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000091';

test('store.down says why Redis lets nobody in, each time that it is for another reason', async () => {
    await withScene('reasons', async ({ centre, gateway, redis }) => {
        const told = (reason) => gateway.process.sees(new RegExp(`event=store\\.down [^\\n]*reason="?${reason}`));
        await redis.command('CONFIG', 'SET', 'requirepass', 'another');
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'CLIENT', 'KILL', 'TYPE', 'normal']);
        await told('Server closed the connection');
        await told('NOAUTH ');
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'REPLICAOF', '127.0.0.1', '1']);
        await run('redis-cli', ['-s', redis.socket, '-a', 'another', 'CONFIG', 'SET', 'requirepass', '']);
        await told('it is not a master');
        await redis.command('REPLICAOF', 'NO', 'ONE');
        await until('the store', async () => (await gateway.get('/readyz')).status === 200);
        assert.equal(gateway.log.match(/event=store\.down /g).length, 3, gateway.log);
        await register(centre.phone(MSISDN));
    }, { settings: { log: { level: 'info' } } });
});

test('warungctl says what Redis says when it takes nothing', async () => {
    await withScene('takes-nothing', async ({ centre, gateway, redis }) => {
        const regno = await register(centre.phone(MSISDN));
        await redis.command('CONFIG', 'SET', 'maxmemory', '1mb');
        for (const words of [['merchants', 'review', regno], ['merchants', 'list']]) {
            const { code, output } = await gateway.ctl(...words);
            assert.equal(code, 3, output);
            assert.match(output, /^warungctl: Redis takes nothing: OOM /);
            assert.equal(output.trim().split('\n').length, 2, output);
        }
        await redis.command('CONFIG', 'SET', 'maxmemory', '0');
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0);
    });
});

const manual = fs.readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
const block = (name) => manual.match(new RegExp(`^<!-- ${name} -->\n\`\`\`\n(.*?)^\`\`\``, 'ms'))[1];

test('the rights of the manual are those that the functions need', () => {
    const functions = fs.readFileSync(path.join(ROOT, 'sessions/functions.lua'), 'utf8');
    const rights = new Set(block('redis user').split(/\s\+?/));
    for (const [, name, next] of functions.matchAll(/\bp?call\('([A-Z]+)'(?:, '([A-Z]+)')?/g))
        assert.ok(rights.has(name.toLowerCase()) || rights.has(`${name}|${next}`.toLowerCase()), name);
});

test('a Redis user with the rights of the manual does for everything', async () => {
    await withScene('redis-user', async ({ centre, gateway, redis }) => {
        const [, ...rules] = block('redis user').trim().split(' ');
        assert.equal((await redis.command('ACL', 'SETUSER', ...rules)).trim(), 'OK');
        Object.assign(gateway.settings.redis, { username: 'warung', password: 'PASSWORD' });
        await gateway.writeConfiguration();
        const ctl = async (...words) => {
            const { code, output } = await gateway.ctl(...words);
            assert.equal(code, 0, `${words.join(' ')}: ${output}`);
        };
        await ctl('keys', 'init');
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        await ctl('merchants', 'review', regno);
        await ctl('merchants', 'fix', regno, '--reason', 'P01');
        await ctl('merchants', 'freeze', regno);
        await ctl('merchants', 'release', regno);
        await ctl('merchants', 'list');
        await ctl('merchants', 'show', MSISDN, '--reveal');
        await ctl('merchants', 'export', '--csv');
        await ctl('trainings', 'add', '2030-12-28T09:00', 'Foto produk', 'Balai', '--seats', '3');
        await ctl('trainings', 'cancel', 'L1');
        await ctl('tickets', 'list');
        await ctl('sessions', 'show', MSISDN);
        await ctl('push', MSISDN, '--menu', 'terususaha', '--screen', 'MAIN');
        await ctl('breach', '2026-11-01', 'all');
        await ctl('outbox', MSISDN);
        await ctl('keys', 'rotate');
        await ctl('reload');
        await ctl('keys', 'status');
        await ctl('keys', 'seal');
        await ctl('menu', 'versions');
        await ctl('export', MSISDN);
        await ctl('journal', MSISDN);
        await ctl('erase', MSISDN);
        await ctl('outbox');
        assert.equal((await redis.command('ACL', 'LOG')).trim(), '');
        assert.doesNotMatch(gateway.log, /NOPERM/);
        await redis.command('ACL', 'SETUSER', 'warung', '-fcall');
        const { output } = await gateway.ctl('merchants', 'list');
        assert.match(output, /^warungctl: Redis takes nothing: NOPERM .*fcall/);
    }, { start: false });
});

// With one bucket both registrations would have its next number.
test('after the restore of a backup no registration number is given twice', async () => {
    await withScene('restore', async ({ centre, gateway, redis, folder }) => {
        const [, skip] = block('restore').match(/^systemctl start warung-redis\n(.*?)^systemctl start warungd$/ms);
        gateway.settings.redis.buckets = 1;
        await gateway.start();
        await centre.isBound();
        const first = await register(centre.phone(MSISDN));
        fs.cpSync(path.join(redis.folder, 'appendonlydir'), path.join(folder, 'copy'), { recursive: true });
        const lost = await register(centre.phone('6281200000092'));
        await gateway.stop();
        await redis.stop();
        fs.rmSync(path.join(redis.folder, 'appendonlydir'), { recursive: true });
        fs.renameSync(path.join(folder, 'copy'), path.join(redis.folder, 'appendonlydir'));
        await redis.start();
        const typed = skip.replace('/run/warung/redis.sock', redis.socket);
        const { code, output } = await run('bash', ['-c', typed]);
        assert.equal(code, 0, output);
        await gateway.start();
        await centre.isBound();
        assert.deepEqual((await gateway.ctlJson('merchants', 'list')).map((m) => m.regno), [first]);
        assert.notEqual(await register(centre.phone('6281200000093')), lost);
        assert.equal(first.slice(0, 4), MERCHANT.regency);
    }, { start: false });
});
