// Several codes, menus and centres: which menu answers whom, and by whom a message leaves.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Centre, OP } = require('./lib/centre');
const { delay, until } = require('./lib/process');
const { register } = require('./lib/programme');
const { smscEntry, withScene } = require('./lib/scene');
const { Gateway, MENU } = require('./lib/warungd');

const menu = (name) => path.join(__dirname, `menus/${name}.cfg`);

// Further centres beside the scene's: `entries` adds to their smsc entries.
async function withCentres(entries, settings, body, smsc = {}) {
    const more = {};
    for (const name of Object.keys(entries))
        more[name] = await new Centre().listen();
    try {
        await withScene('routing', async (scene) => {
            for (const [name, entry] of Object.entries(entries))
                scene.gateway.settings.smsc.push(smscEntry(more[name], { name, ...entry }));
            await scene.gateway.start();
            await scene.centre.isBound();
            for (const centre of Object.values(more))
                await centre.isBound();
            await body(scene, more);
        }, { start: false, settings, smsc });
    } finally {
        for (const centre of Object.values(more))
            await centre.close();
    }
}

test('codes, longer codes, peers and the default choose the menu', async () => {
    const menus = [
        { file: MENU, codes: ['*384#', '*500#'], sms: ['384'] },
        { file: menu('long'), codes: ['*384*9#', '*600#'], sms: ['386'], default: true },
        { file: menu('letters'), codes: ['*384#'], sms: ['384'], peers: ['op2'] },
    ];
    await withCentres({ op2: { codes: [] } }, { menus }, async ({ centre }, { op2 }) => {
        let subscriber = 6281200000100;
        for (const [through, code, expected] of [
            [centre, '*384#', /#TerusUsaha|Pilih bahasa/], [centre, '*500#', /#TerusUsaha|Pilih bahasa/],
            [centre, '*384*9#', /^Panjang:/], [centre, '*600#', /^Panjang:/], [centre, '*999#', /^Panjang:/],
            [op2, '*384#', /^Huruf:/], [op2, '*500#', /#TerusUsaha|Pilih bahasa/], [op2, '*384*9#', /^Panjang:/],
        ]) {
            const phone = through.phone(String(subscriber++), { code });
            assert.match((await phone.dial(code)).text, expected, code);
        }
        assert.equal(await op2.text('6281200000061', 'AKSARA'), 0);
        assert.match((await op2.smsFor('6281200000061')).text, /^ꦲꦤꦕꦫꦏ/);
        assert.equal(await centre.text('6281200000062', 'BANTUAN'), 0);
        assert.match((await centre.smsFor('6281200000062')).text, /^#TerusUsaha/);
    });
});

// An operator gives part of its own code: the 7 is no answer ("English") to the menu, and "*123#" is not ours.
test('a default menu takes the code of its centre whole', async () => {
    await withScene('routing-default', async ({ centre }) => {
        const phone = centre.phone('6281200000067', { code: '*123*7#' });
        assert.match((await phone.dial('*123*7#')).text, /Pilih bahasa/);
        assert.match((await phone.answer('1')).text, /Lampung \(gratis\)/);
        assert.match((await phone.answer('0')).text, /^Terima kasih\. Tekan \*123\*7# /);
        assert.match((await phone.dial('*123*7*5#')).text, /^Bantuan:/);
        assert.equal(await centre.text('6281200000068', 'STATUS'), 0);
        assert.match((await centre.smsFor('6281200000068')).text, / tekan \*123\*7# atau balas DAFTAR$/);
        assert.match((await phone.dial('*124*5#')).text, /^Bantuan:/, 'nor is a code lost that nobody names');
    }, { smsc: { codes: ['*123*7#', '384'] }, settings: { menus: [{ file: MENU, sms: ['384'], default: true }] } });
});

// One centre with two sites: it sends the inputs of a dialogue by whichever entry it likes.
test('a dialogue goes on by any entry of its centre, and by no other', async () => {
    const entries = { op2: { centre: 'both' }, op3: { centre: '' } };
    await withCentres(entries, {}, async ({ centre, gateway }, { op2, op3 }) => {
        const phone = centre.phone('6281200000063');
        const by = (site) => Object.assign(phone, { centre: site });
        op2.phones.set(phone.msisdn, phone);
        op3.phones.set(phone.msisdn, phone);
        assert.match((await by(centre).dial()).text, /Pilih bahasa/);
        assert.match((await by(op2).answer('1')).text, /^#TerusUsaha Lampung/);
        assert.match((await by(centre).answer('1')).text, /^Untuk mendaftar/);
        assert.match((await by(op2).answer('1')).text, /nama lengkap/);
        assert.equal((await gateway.ctlJson('sessions', 'show', phone.msisdn)).link, 'op2');
        assert.match((await by(op3).answer('SITI AMINAH')).text, /^#TerusUsaha Lampung|^Pendaftaran/);
    }, { centre: 'both' });
});

// A name is one configuration's: that of another gateway, or of this one before a reload, is no other centre's.
test('a dialogue goes on by an entry of another name, at another gateway and after a reload', async () => {
    await withScene('routing-names', async ({ centre, folder, gateway, redis }) => {
        const op2 = await new Centre().listen();
        fs.mkdirSync(`${folder}/second`);
        const second = new Gateway(`${folder}/second`, redis, { instance: 'e2e2', smsc: [smscEntry(op2, { name: 'op2' })] });
        try {
            await second.start();
            await op2.isBound();
            const phone = centre.phone('6281200000064');
            const by = (site) => Object.assign(phone, { centre: site });
            op2.phones.set(phone.msisdn, phone);
            assert.match((await by(centre).dial()).text, /Pilih bahasa/);
            assert.match((await by(op2).answer('1')).text, /^#TerusUsaha Lampung/);
            await delay(400); // an equal key at another gateway would pass for a copy
            assert.match((await by(centre).answer('1')).text, /^Untuk mendaftar/);
            gateway.settings.smsc[0].name = 'op3';
            await gateway.writeConfiguration();
            gateway.process.child.kill('SIGHUP');
            await gateway.process.sees(/event=link\.bound .*link=op3:1/);
            assert.match((await by(centre).answer('1')).text, /nama lengkap/);
            assert.equal(await second.stop(), 0);
        } finally {
            await second.stop().catch(() => {});
            await op2.close();
        }
    });
});

test('a dialogue goes on by the new name while the old one is leaving', async () => {
    await withScene('routing-renamed', async ({ centre, gateway }) => {
        const [phone, other] = ['6281200000065', '6281200000066'].map((n) => centre.phone(n));
        await phone.walk('*384#', '1', '1');
        centre.submitStatus = () => null;
        assert.equal(await other.send(OP.BEGIN, '*384#', Buffer.from([1, 0])), 0); // what holds the old one up
        centre.submitStatus = () => 0;
        gateway.settings.smsc[0].name = 'op3';
        await gateway.writeConfiguration();
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=link\.bound .*link=op3:1/);
        centre.sessions.reverse();
        assert.match((await phone.answer('1')).text, /nama lengkap/);
        assert.doesNotMatch(gateway.log, /event=link\.closed/);
    });
});

test('an officer\'s decision is told in the programme\'s words, whichever menu was dialled last', async () => {
    const menus = [
        { file: menu('call'), codes: ['*555#'], sms: ['555'] },
        { file: MENU, codes: ['*384#'], sms: ['384'] },
    ];
    await withScene('routing-last', async ({ centre, gateway }) => {
        const msisdn = '6281200000131';
        const regno = await register(centre.phone(msisdn));
        await centre.smsFor(msisdn, 0);
        assert.match((await centre.phone(msisdn, { code: '*555#' }).dial('*555*1#')).text, /^Kami telepon/);
        const result = await gateway.ctl('merchants', 'review', regno);
        assert.equal(result.code, 0, result.output);
        const told = await centre.smsFor(msisdn, 1);
        assert.match(told.text, /sedang diperiksa.*Cek: \*384# pilih 2/);
        assert.equal(told.source, '384');

        // The menu that stands first does not know what the codes of places mean.
        assert.match((await gateway.ctl('merchants', 'list', '--regency', 'metro')).stdout, / Metro +Metro Barat$/m);
        assert.equal((await gateway.ctlJson('merchants', 'show', msisdn)).regency_name, 'Metro');

        // And by the code that the service has now.
        gateway.settings.menus[1] = { file: MENU, codes: ['*385#'], sms: ['385'] };
        gateway.settings.menus.shift();
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('reload')).code, 0);
        assert.equal((await gateway.ctl('merchants', 'approve', regno)).code, 0);
        const after = await centre.smsFor(msisdn, 2);
        assert.match(after.text, /DISETUJUI.*Jadwal pelatihan: \*385# pilih 4/);
        assert.equal(after.source, '385');
    }, { settings: { menus } });
});

test('without a store each menu says so itself', async () => {
    const menus = [
        { file: MENU, codes: ['*384#'], sms: ['384'] },
        { file: menu('long'), codes: ['*384*9#'], sms: ['386'] },
    ];
    await withScene('routing-busy', async ({ centre, redis }) => {
        const phone = centre.phone('6281200000121');
        assert.match((await phone.dial('*384*9#')).text, /^Panjang:/);
        await redis.kill();
        assert.match((await phone.answer('1')).text, /^Sedang sibuk, coba lagi: \*384\*9#/);
        assert.match((await centre.phone('6281200000122').dial('*384*9#')).text, /^Sedang sibuk/);
        assert.match((await centre.phone('6281200000123').dial('*384#')).text, /^Maaf, layanan/);
    }, { settings: { menus } });
});

test('what is owed leaves by the subscriber\'s centre; else by prefix, shared by those that suit alike', async () => {
    const entries = { a: {}, b: {}, far: { prefixes: ['62899'] }, other: { codes: ['*777#', '777'] } };
    await withCentres(entries, {}, async ({ centre, gateway }, more) => {
        const regnos = {};
        const phones = [...Array(6).keys()].map((n) => `62812000001${n}0`).concat('6289900000110');
        for (const msisdn of phones) {
            regnos[msisdn] = await register(centre.phone(msisdn));
            await centre.smsFor(msisdn, 0);
        }
        assert.equal((await gateway.ctl('links', 'disable', 'op1')).code, 0);
        await until('the end of op1', () => centre.sessions.length === 0);
        for (const msisdn of phones)
            assert.equal((await gateway.ctl('merchants', 'review', regnos[msisdn])).code, 0);
        const reached = (name) => more[name].sms.map((sms) => sms.msisdn);
        await until(() => `seven messages; there are ${JSON.stringify(Object.keys(entries).map(reached))}`,
            () => Object.keys(entries).flatMap(reached).length === 7);
        assert.deepEqual(reached('far'), ['6289900000110'], 'the longest prefix');
        assert.deepEqual(reached('other'), [], 'it does not carry the code');
        assert.deepEqual([reached('a').length, reached('b').length], [3, 3], 'in turn');
        // One of the two goes: the other carries all.
        await more.a.close();
        await until('the loss of a', async () => (await gateway.ctlJson('links')).find((l) => l.peer === 'a').state !== 'bound');
        for (const msisdn of phones)
            assert.equal((await gateway.ctl('merchants', 'approve', regnos[msisdn])).code, 0);
        await until('the messages by b and far', () => reached('b').length === 9 && reached('far').length === 2);
    });
});
