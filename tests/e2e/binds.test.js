// The four ways to bind, and a centre that refuses or breaks.
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { register } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { delay, until } = require('./lib/process');

test('pair: a receiver and a transmitter make one dialogue', async () => {
    await withScene('pair', async ({ centre }) => {
        await centre.isBound(2);
        assert.deepEqual(centre.sessions.map((s) => s.kind).sort(), ['receiver', 'transmitter']);
        await register(centre.phone('6281200000041'));
        await centre.smsFor('6281200000041');
    }, {
        // Answer and screen travel on two connections: the echoed unit number tells a copy from a
        // second "1".
        dialects: 'dialects = ( { name = "units"; session_out = "echo+unit"; } );\n',
        smsc: { bind: 'pair', dialect: 'units', turn_token: 'echo' },
    });
});

// Nothing numbers the steps here: that the centre has read an answer is asked for by an
// enquire_link behind it, so that the second of two equal answers is not taken for a copy.
test('pair: equal answers one after the other, in the baseline dialect', async () => {
    await withScene('pair-spec34', async ({ centre, gateway }) => {
        await centre.isBound(2);
        const regno = await register(centre.phone('6281200000045'));
        await centre.smsFor('6281200000045');
        const shown = await gateway.ctlJson('merchants', 'show', regno);
        assert.equal(shown.msisdn, '6281200000045');
    }, { smsc: { bind: 'pair' } });
});

// The screen's response may come first: they have a connection each.
test('pair: equal answers where the enquire_link is answered later than the screen', async () => {
    await withScene('pair-late', async ({ centre }) => {
        await centre.isBound(2);
        centre.enquireMs = 60;
        const phone = centre.phone('6281200000046');
        assert.match((await phone.dial()).text, /^Tabik pun!/);
        for (const shown of [/^#TerusUsaha/, /Setuju\?/, /^Langkah 1\/9/]) {
            await delay(150);
            assert.match((await phone.answer('1')).text, shown);
        }
    }, { smsc: { bind: 'pair' } });
});

// As many inputs come meanwhile as a country's evening brings.
test('pair: equal answers where a thousand enquire_links wait for their answers', async () => {
    await withScene('pair-busy', async ({ centre }) => {
        await centre.isBound(2);
        centre.enquireMs = 3000;
        let others = 0;
        const crowd = setInterval(() => {
            for (let i = 0; i < 6; i++)
                centre.phone(`62812010${String(++others).padStart(5, '0')}`).dial().catch(() => {});
        }, 10);
        try {
            const phone = centre.phone('6281200000047');
            assert.match((await phone.dial()).text, /^Tabik pun!/);
            for (const shown of [/^#TerusUsaha/, /Setuju\?/, /^Langkah 1\/9/]) {
                await delay(4000);
                assert.match((await phone.answer('1')).text, shown);
            }
            assert.ok(others > 4000, `${others} dialled`);
        } finally {
            clearInterval(crowd);
        }
    }, { smsc: { bind: 'pair' } });
});

// The answer and the SMS go apart here, too, always or by chance: the same word is no copy for that.
for (const [name, smsc, phones] of [['pair', { bind: 'pair' }, 1], ['two transceivers', { binds: 2 }, 8]])
    test(`${name}: the same SMS again is answered again`, async () => {
        await withScene(`again-${phones}`, async ({ centre }) => {
            await centre.isBound(2);
            for (let i = 0; i < phones; i++)
                for (let n = 0; n < 3; n++) {
                    assert.equal(await centre.text(`62812000005${i}`, 'STATUS'), 0);
                    await centre.smsFor(`62812000005${i}`, n);
                    await delay(100);
                }
        }, { smsc });
    });

test('transmitter alone: SMS leave', async () => {
    await withScene('transmitter', async ({ centre, gateway }) => {
        assert.equal(centre.sessions[0].kind, 'transmitter');
        assert.equal((await gateway.get('/readyz')).status, 200);
    }, { smsc: { bind: 'transmitter' } });
});

test('receiver alone: inputs arrive', async () => {
    await withScene('receiver', async ({ centre }) => {
        assert.equal(centre.sessions[0].kind, 'receiver');
        assert.equal(await centre.text('6281200000042', 'BANTUAN'), 0);
    }, { smsc: { bind: 'receiver' } });
});

test('several binds of one entry', async () => {
    await withScene('binds', async ({ centre }) => {
        await centre.isBound(3);
        assert.deepEqual(centre.sessions.map((s) => s.kind), Array(3).fill('transceiver'));
    }, { smsc: { binds: 3 } });
});

test('binds say version 3.4, and a cut connection comes back', async () => {
    await withScene('reconnect', async ({ centre }) => {
        assert.equal(centre.binds[0].version, 0x34);
        assert.equal(centre.binds[0].systemId, 'warung');
        centre.drop();
        await until('a second bind', () => centre.binds.length === 2 && centre.sessions.length === 1);
        assert.match((await centre.phone('6281200000043').dial()).text, /#TerusUsaha/);
    });
});

test('a refused bind is named in the log and does not hammer', async () => {
    await withScene('refused', async ({ centre, gateway }) => {
        centre.acceptBind = () => false;
        await gateway.writeConfiguration();
        gateway.launch();
        await gateway.process.sees(/ESME_RBINDFAIL/);
        await new Promise((resolve) => setTimeout(resolve, 1500));
        assert.ok(centre.binds.length <= 3, `${centre.binds.length} binds in 1.5 s`);
        assert.equal((await gateway.get('/readyz')).status, 503);
    }, { start: false });
});
