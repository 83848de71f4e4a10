// A registration in every dialect that Warung ships and in both roles, plain and over TLS: sixteen
// centres that the gateway binds to, and sixteen partners that bind to it.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const test = require('node:test');

const { DIALECTS, withEveryDialect } = require('./lib/dialects');
const { makeAuthority } = require('./lib/tls');

// A few subscribers of its own in each role of each dialect, some of whom hang up.
function loadOptions(scene, role, dialect, count) {
    const place = DIALECTS.indexOf(dialect) + (role === 'centre' ? 10 : 30);
    return ['--first-phone', `62813${place}000000`, '--dialogues', 4, '--count', count, '--hang-up', count > 4 ? 1 : 0, '--seed', place,
        '--screen-timeout', 8000, '--drain', 15, '--ledger-out', scene.file(`${role}-${dialect}.json`)];
}

// What was registered there, each by its number on the last screen and in the store; how many.
function check(scene, role, dialect, merchants) {
    const { ledger, subscribers } = JSON.parse(fs.readFileSync(scene.file(`${role}-${dialect}.json`)));
    const registered = subscribers.filter((subscriber) => subscriber.saved !== '');
    assert.equal(ledger.clean, 1, JSON.stringify(ledger));
    assert.ok(registered.length > 0, `nobody registered in ${dialect}, as ${role}`);
    for (const { phone, saved } of registered) {
        const found = merchants.filter((merchant) => merchant.msisdn === phone);
        assert.equal(found.length, 1, `merchants of ${phone}, in ${dialect}, as ${role}`);
        assert.equal(found[0].regno, saved.replace(/-/g, ''));
        assert.equal(found[0].status, 'TERKIRIM');
        for (const field of ['name', 'business', 'category', 'regency', 'district'])
            assert.notEqual(found[0][field] ?? '', '', `${field} of ${phone}`);
    }
    return registered.length;
}

async function isDone(role, dialect, process) {
    assert.equal(await process.ended, 0, `${dialect}, as ${role}:\n${process.output}`);
}

async function registerEverywhere(scene, { count, authority }) {
    const ports = {}, centres = {};
    for (const dialect of DIALECTS) {
        const { process, port } = await scene.startCentre(dialect, 'load', ...loadOptions(scene, 'centre', dialect, count));
        ports[dialect] = port;
        centres[dialect] = process;
    }
    await scene.startGateway(ports, { authority });
    for (const dialect of DIALECTS)
        await isDone('centre', dialect, centres[dialect]);
    const partners = DIALECTS.map((dialect) =>
        [dialect, scene.startPartner(dialect, 'load', ...loadOptions(scene, 'partner', dialect, count))]);
    for (const [dialect, process] of partners)
        await isDone('partner', dialect, process);
}

for (const [transport, count] of [['plain', 8], ['TLS', 2]])
    test(`registrations in all dialects and both roles, ${transport}`, async (t) => {
        await withEveryDialect(`dialects-${transport}`, async (scene) => {
            const authority = transport === 'TLS' ? await makeAuthority(scene.folder) : undefined;
            await registerEverywhere(scene, { count, authority });
            const merchants = await scene.gateway.ctlJson('merchants', 'list');
            let total = 0;
            for (const role of ['centre', 'partner'])
                for (const dialect of DIALECTS)
                    await t.test(`${dialect}, as ${role}`, () => {
                        total += check(scene, role, dialect, merchants);
                    });
            assert.equal(merchants.length, total, 'merchants whom nobody was told of');
        });
    });
