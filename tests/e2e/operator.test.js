// What whoever is called at night does to Redis, and what is said to him meanwhile.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { run, until } = require('./lib/process');
const { register } = require('./lib/programme');
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
