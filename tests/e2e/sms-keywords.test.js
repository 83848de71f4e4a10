// What merchants text instead of dialling.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { register } = require('./lib/programme');
const { withScene } = require('./lib/scene');

test('keywords are answered with the programme\'s texts', async () => {
    await withScene('keywords', async ({ centre }) => {
        const phone = '6281200000021';
        for (const [n, [text, reply]] of [
            ['BANTUAN', /^#TerusUsaha\. Ketik DAFTAR, STATUS, .* kirim ke 384\. Atau tekan \*384#\. Gratis\./],
            ['status', /^#TerusUsaha: nomor HP ini belum terdaftar\. Daftar gratis: tekan \*384# atau balas DAFTAR$/],
            [' Daftar ', /^#TerusUsaha, ketik: DAFTAR#NAMA#NAMA USAHA#JENIS#KABUPATEN#KECAMATAN\. /],
            ['STOP', /^#TerusUsaha: SMS info dihentikan, gratis\./],
        ].entries()) {
            assert.equal(await centre.text(phone, text), 0);
            assert.match((await centre.smsFor(phone, n)).text, reply);
        }
    });
});

test('STATUS by SMS tells what the dialled status tells', async () => {
    await withScene('sms-status', async ({ centre }) => {
        const msisdn = '6281200000022';
        const regno = await register(centre.phone(msisdn));
        await centre.smsFor(msisdn, 0);
        assert.equal(await centre.text(msisdn, 'STATUS'), 0);
        assert.match((await centre.smsFor(msisdn, 1)).text, new RegExp(
            `^#TerusUsaha ${regno.slice(0, 4)}-${regno.slice(4, 10)}-${regno[10]}: TERKIRIM, menunggu diperiksa\\. Cek lagi`));
    });
});

test('the consent by SMS names the menu that asked, also of who has never dialled', async () => {
    await withScene('sms-consent', async ({ centre, gateway }) => {
        const msisdn = '6281200000024';
        assert.equal(await centre.text(msisdn, 'DAFTAR#SITI AMINAH#WARUNG SITI#1#METRO#METRO BARAT'), 0);
        assert.match((await centre.smsFor(msisdn, 0)).text, /Benar dan setuju disimpan\? Balas YA\./);
        assert.equal(await centre.text(msisdn, 'YA'), 0);
        assert.match((await centre.smsFor(msisdn, 1)).text, /terkirim/);
        const [{ version }] = await gateway.ctlJson('menu', 'versions');
        const { consents } = await gateway.ctlJson('export', msisdn);
        assert.deepEqual(consents.map((c) => c.consent),
            [`version=${version} words=- lang=id by=sms link=op1 session=-`]);
        assert.equal((await gateway.ctlJson('merchants', 'show', msisdn)).consent_version, version);
    });
});

test('two 16-digit numbers are refused, and neither stored nor logged', async () => {
    await withScene('bukan-sim', async ({ centre, gateway, redis }) => {
        const msisdn = '6281200000023';
        const nik = '1871994101809999', kk = '1871990912110005';
        assert.equal(await centre.text(msisdn, `DAFTAR#${nik}#${kk}`), 0);
        assert.match((await centre.smsFor(msisdn)).text, /^#TerusUsaha: ini bukan registrasi kartu SIM \(4444\)\. NIK dan KK/);
        // The subscriber registers afterwards, so that the search below looks at a Redis in use.
        await register(centre.phone(msisdn));
        await gateway.stop();
        const octets = redis.octets();
        assert.ok(octets.includes(msisdn), 'the search finds what is there');
        for (const number of [kk, kk.slice(0, 12)]) {
            assert.equal(octets.includes(number), false, 'not in Redis');
            assert.equal(gateway.log.includes(number), false, 'not in the log');
        }
        assert.equal(gateway.log.includes(nik), false, 'not in the log');
        assert.equal(gateway.log.includes(msisdn), false, 'numbers are masked in the log');
    });
});
