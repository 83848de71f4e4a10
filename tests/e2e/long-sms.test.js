// SMS of several parts: any order, any way of cutting, copies, and a gateway that dies between them.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { withScene } = require('./lib/scene');
const { until } = require('./lib/process');

// 459 characters, three times 153. Each part ends in the middle of a name, at a space.
const PARTS = ['DAFTAR#SITI', 'AMINAH#WARUNG BU SITI#1#METRO#METRO', 'BARAT'].map((text) => text.padEnd(153));
const ASKED = /^#TerusUsaha: SITI AMINAH, WARUNG BU SITI, Metro Barat\. Benar dan setuju disimpan\? Balas YA/;

function udh8(reference, number, total, text) {
    return { esm_class: 0x40, short_message: { udh: Buffer.from([5, 0, 3, reference, total, number]), message: text } };
}

function udh16(reference, number, total, text) {
    return {
        esm_class: 0x40,
        short_message: { udh: Buffer.from([6, 8, 4, reference >> 8, reference & 255, total, number]), message: text },
    };
}

function sar(reference, number, total, text) {
    return {
        short_message: text, sar_msg_ref_num: reference, sar_total_segments: total, sar_segment_seqnum: number,
    };
}

async function part(centre, msisdn, options) {
    const response = await centre.request('deliver_sm', {
        source_addr_ton: 1, source_addr_npi: 1, source_addr: msisdn, destination_addr: '384', data_coding: 0,
        ...options,
    });
    return response && response.command_status;
}

test('459 characters in three parts, 3-1-2, with kill -9 of the gateway between', async () => {
    await withScene('long-sms', async ({ centre, gateway, redis }) => {
        const msisdn = '6281200000041';
        assert.equal(PARTS.join('').length, 459);
        for (const number of [3, 1]) {
            assert.equal(await part(centre, msisdn, udh8(77, number, 3, PARTS[number - 1])), 0);
            await gateway.kill();
            gateway.launch();
            await gateway.process.sees(/event=gateway\.ready/);
            await centre.isBound();
        }
        assert.equal(centre.sms.length, 0);
        assert.equal(await part(centre, msisdn, udh8(77, 2, 3, PARTS[1])), 0);
        assert.match((await centre.smsFor(msisdn)).text, ASKED);
        // Every part once more, as a centre does that saw no answer: acknowledged, and nothing else.
        for (const number of [1, 2, 3])
            assert.equal(await part(centre, msisdn, udh8(77, number, 3, PARTS[number - 1])), 0);
        assert.equal(await centre.text(msisdn, 'YA'), 0);
        assert.match((await centre.smsFor(msisdn, 1)).text, /^#TerusUsaha: pendaftaran 1872-\d{6}-\d a\.n\. SITI AMINAH terkirim/);
        assert.equal(centre.sms.length, 2);
        const [merchant] = await gateway.ctlJson('merchants', 'list');
        assert.equal(merchant.business, 'WARUNG BU SITI');
        assert.equal(merchant.district, '187203');
        assert.equal((await gateway.ctlJson('merchants', 'list')).length, 1);
        assert.ok(redis.octets().includes(msisdn));
    });
});

test('each way of cutting, one message in another, and all of it in message_payload', async () => {
    await withScene('long-sms-ways', async ({ centre, gateway }) => {
        const ways = { 6281200000042: udh8, 6281200000043: udh16, 6281200000044: sar };
        for (const number of [2, 3, 1])
            for (const [msisdn, way] of Object.entries(ways))
                assert.equal(await part(centre, msisdn, way(300 & (way === udh8 ? 255 : 0xFFFF), number, 3,
                    PARTS[number - 1])), 0);
        for (const msisdn of Object.keys(ways))
            assert.match((await centre.smsFor(msisdn)).text, ASKED);
        const whole = '6281200000045';
        assert.equal(await part(centre, whole, { short_message: '', message_payload: PARTS.join('') }), 0);
        assert.match((await centre.smsFor(whole)).text, ASKED);
        // A part in message_payload, UCS-2: the way of cutting and the coding are each other's strangers.
        const wide = '6281200000046';
        for (const number of [3, 1, 2])
            assert.equal(await part(centre, wide, {
                ...sar(9, number, 3, ''), message_payload: PARTS[number - 1], data_coding: 8,
            }), 0);
        assert.match((await centre.smsFor(wide)).text, ASKED);
        assert.equal(await part(centre, wide, udh8(1, 1, 11, 'x')), 0x66, 'too many parts are refused');
        const { text } = await gateway.get('/metrics');
        assert.match(text, /^warung_sms_parts_total 8$/m);
    });
});

test('parts are sealed like every record', async () => {
    await withScene('long-sms-sealed', async ({ centre, gateway, redis }) => {
        const msisdn = '6281200000047';
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('keys', 'init')).code, 0);
        await gateway.start();
        await centre.isBound();
        assert.equal(await part(centre, msisdn, udh8(5, 1, 2, 'DAFTAR#SITI AMINAH')), 0);
        await gateway.stop();
        await until('the record on disk', () => redis.octets().includes(msisdn));
        assert.equal(redis.octets().includes('ZUBAEDAH'), false);
        assert.equal(gateway.log.includes('ZUBAEDAH'), false);
    }, { start: false });
});
