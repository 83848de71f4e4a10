// The keys of personal data are lost, or others took their place: nothing begins, nothing is changed, and
// with the right ones all is there again.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const test = require('node:test');

const { MERCHANT, register } = require('./lib/programme');
const { withScene } = require('./lib/scene');

const MSISDN = '6281200000301';

test('what stands in the clear beside keys is read only where the keys file says so', async () => {
    await withScene('keys-later', async ({ centre, gateway, folder }) => {
        await gateway.start();
        await centre.isBound();
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        assert.equal(await gateway.stop(), 0);
        const made = await gateway.ctl('keys', 'init');
        assert.match(made.output, /records in the clear: they are read/);
        const keys = fs.readFileSync(`${folder}/keys`, 'utf8');
        assert.match(keys, /^plain$/m);
        fs.writeFileSync(`${folder}/keys`, keys.replace(/^plain$/m, ''));
        await gateway.start();
        const shown = await gateway.ctl('merchants', 'show', regno);
        assert.notEqual(shown.code, 0, shown.output);
        assert.match(shown.output, /cannot be opened/);
        assert.equal(shown.output.includes(MERCHANT.name), false);
        assert.match((await gateway.ctl('keys', 'status')).output, /in the clear +1 /);
        assert.equal(await gateway.stop(), 0);

        fs.writeFileSync(`${folder}/keys`, keys);
        await gateway.start();
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
        assert.equal((await gateway.ctl('merchants', 'review', regno)).code, 0); // writes it, sealed
        assert.doesNotMatch((await gateway.ctl('keys', 'status')).output, /in the clear +1 /);
    }, { start: false });
});

test('the trainings in the clear are records, too', async () => {
    await withScene('keys-trainings', async ({ gateway }) => {
        await gateway.start();
        const added = await gateway.ctl('trainings', 'add', '2099-01-01T09:00', 'Foto', 'Balai Metro', '--seats', '2');
        assert.equal(added.code, 0, added.output);
        assert.equal(await gateway.stop(), 0);
        assert.match((await gateway.ctl('keys', 'init')).output, /records in the clear: they are read/);
        await gateway.start();
        assert.match((await gateway.ctl('keys', 'status')).output, /in the clear +1 /);
        assert.equal((await gateway.ctlJson('trainings', 'list')).length, 1);
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
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        await isRefused(/records are sealed with other keys/);

        fs.renameSync(`${keys}.safe`, keys);
        assert.equal((await gateway.ctl('keys', 'rotate')).code, 0); // a new key, but the same file's
        await gateway.start();
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).name, MERCHANT.name);
    }, { start: false });
});
