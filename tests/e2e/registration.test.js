// A merchant registers through a third party's SMPP centre; an officer approves; the merchant looks.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { MERCHANT, openMainMenu, register } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { OP } = require('./lib/centre');
const { until } = require('./lib/process');

const MSISDN = '6281200000011';

test('a merchant registers, an officer approves, the next dial shows it', async () => {
    await withScene('registration', async ({ centre, gateway }) => {
        const phone = centre.phone(MSISDN);
        const regno = await register(phone);
        assert.match(regno, /^1872\d{7}$/);

        const receipt = await centre.smsFor(MSISDN);
        assert.match(receipt.text, new RegExp(
            `^#TerusUsaha: pendaftaran ${regno.slice(0, 4)}-${regno.slice(4, 10)}-${regno[10]} a\\.n\\. ${MERCHANT.name} terkirim\\.`));
        assert.equal(receipt.source, '384');

        const merchant = await gateway.ctlJson('merchants', 'show', regno);
        assert.equal(merchant.regno.replaceAll('-', ''), regno);
        assert.equal(merchant.msisdn, MSISDN);
        assert.equal(merchant.status, 'TERKIRIM');
        for (const key of ['name', 'business', 'category', 'regency', 'district'])
            assert.equal(String(merchant[key]).replace('.', '').replace('.', ''), MERCHANT[key], key);
        assert.ok(Math.abs(Date.now() - Date.parse(merchant.submitted_at)) < 60000, merchant.submitted_at);
        assert.deepEqual(await gateway.ctlJson('merchants', 'show', MSISDN), merchant);

        for (const [verb, word, text] of [
            ['review', 'DIPERIKSA', /sedang diperiksa\. Petugas mungkin menelepon/],
            ['approve', 'DISETUJUI', /selamat, .* DISETUJUI\. Petugas akan menghubungi Anda/],
        ]) {
            const before = centre.sms.length;
            const result = await gateway.ctl('merchants', verb, regno);
            assert.equal(result.code, 0, result.output);
            assert.match((await until(`the SMS of ${verb}`, () => centre.sms[before])).text, text);
            const list = await gateway.ctlJson('merchants', 'list', '--status', word);
            assert.deepEqual(list.map((m) => m.msisdn), [MSISDN]);
        }

        await openMainMenu(phone);
        const status = await phone.answer('2');
        assert.match(status.text, /Status: DISETUJUI\nSelamat!/);
        assert.equal(status.ended, false);
    });
});

test('each screen is a well-formed step of the dialogue, in the order answer, screen', async () => {
    await withScene('shape', async ({ centre }) => {
        const phone = centre.phone(MSISDN);
        await register(phone);
        assert.equal(phone.screens.length >= 12, true);
        for (const [n, { pdu, op, info, text }] of phone.screens.entries()) {
            const isLast = n === phone.screens.length - 1;
            assert.equal(op, isLast ? OP.END : OP.ASK, text);
            assert.equal(pdu.service_type, 'USSD');
            assert.equal(pdu.destination_addr, MSISDN);
            assert.equal(pdu.registered_delivery, 0);
            assert.equal(info[0], phone.id, 'the session number is echoed');
            assert.equal(info[1] & 1, isLast ? 1 : 0, 'the end bit comes with the last screen alone');
            assert.ok(text.length <= 182, text);
        }
        assert.equal(phone.status, 0);
    });
});

test('an officer asks for a correction and rejects: reason and SMS as the programme says', async () => {
    await withScene('reasons', async ({ centre, gateway }) => {
        const regno = await register(centre.phone(MSISDN));
        await centre.smsFor(MSISDN);
        const fix = await gateway.ctl('merchants', 'fix', regno, '--reason', 'P02');
        assert.equal(fix.code, 0, fix.output);
        assert.match((await centre.smsFor(MSISDN, 1)).text, /perlu perbaikan: NIK tidak cocok\. /);
        await openMainMenu(centre.phone(MSISDN));
        assert.match((await centre.phones.get(MSISDN).answer('2')).text,
            /Status: PERLU PERBAIKAN\nNIK tidak cocok\n/);

        const refused = await gateway.ctl('merchants', 'approve', regno);
        assert.equal(refused.code, 1, 'PERLU_PERBAIKAN cannot be approved');
        assert.match(refused.output, /PERLU_PERBAIKAN/);
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).status, 'PERLU_PERBAIKAN');
    });
});

test('a subscriber has one name, however the centre writes the number', async () => {
    await withScene('numbers', async ({ centre, gateway }) => {
        const written = centre.phone('081200000012');
        const regno = await register(written); // each screen went to the number as it was written
        await centre.smsFor('6281200000012');
        assert.equal((await gateway.ctlJson('merchants', 'show', regno)).msisdn, '6281200000012');
        for (const [number, ton] of [['6281200000012', 1], ['006281200000012', 0], ['62081200000012', 1], ['81200000012', 2]]) {
            const phone = centre.phone(number, { ton });
            assert.match((await phone.dial('*384*2#')).text, /Status: TERKIRIM/, number);
        }
        // Abroad: no Indonesian, whatever the digits look like.
        const roamer = centre.phone('81200000012', { ton: 1 });
        assert.match((await roamer.dial('*384*2#')).text, /^Belum ada pendaftaran/);
        assert.match((await gateway.ctl('sessions', 'show', '+81200000012')).stdout, /^msisdn +81200000012$/m);
    });
});

test('the code may stand in the address or only in the text', async () => {
    await withScene('codes', async ({ centre }) => {
        for (const [msisdn, code] of [['6281200000012', '*384#'], ['6281200000013', '384']]) {
            const screen = await centre.phone(msisdn, { code }).dial('*384#');
            assert.match(screen.text, /#TerusUsaha/, code);
        }
    });
});
