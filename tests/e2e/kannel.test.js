// Kannel, the gateway that many partners run, binds to ours: what subscribers text comes in through it,
// what they are answered leaves by it.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Kannel } = require('./lib/kannel');
const { freePort, temporaryFolder, until } = require('./lib/process');
const { ANSWERS, regnoOf } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { makeAuthority } = require('./lib/tls');
const { MENU } = require('./lib/warungd');

const MSISDN = '6281200000061';
const AKSARA = 'ꦲꦤꦕꦫꦏ — Ж 漢字: aksara Jawa, Kiril dan Han, tujuh puluh lima huruf lebih.';
const PANJANG = 'Satu dua tiga empat lima enam tujuh delapan sembilan sepuluh, sebelas dua belas tiga belas empat belas lima belas @ enam belas tujuh belas delapan belas sembilan belas [habis]';

async function withKannel(name, body, { link = {}, core = {}, tls } = {}) {
    const port = await freePort();
    const settings = {
        partners: {
            listen: [`127.0.0.1:${port}`],
            accounts: [{ system_id: 'kannel', password: 'secret', codes: ['384', '385', '386'], dialect: 'bare' }],
            ...(tls && { tls }),
        },
        menus: [
            { file: MENU, codes: ['*384#'], sms: ['384'] },
            { file: path.join(__dirname, 'menus/letters.cfg'), sms: ['385'] },
            { file: path.join(__dirname, 'menus/long.cfg'), sms: ['386'] },
        ],
    };
    await withScene(name, async (scene) => {
        const kannel = await new Kannel(scene.folder, {
            port, 'transceiver-mode': 'true', 'smsc-username': 'kannel', 'smsc-password': 'secret', 'system-type': '', ...link,
        }, core).start();
        try {
            await kannel.isOnline();
            await body({ ...scene, kannel });
        } catch (error) {
            error.message += `\n---- Kannel's log:\n${kannel.log.slice(-4000)}`;
            throw error;
        } finally {
            await kannel.stop();
        }
    }, { settings });
}

// Texts something through Kannel; the next message that Kannel gets for it.
async function ask(kannel, message) {
    const before = kannel.received.length;
    const sent = await kannel.send({ from: MSISDN, ...message });
    assert.equal(sent.status, 202, sent.text);
    const answer = await until('an answer through Kannel', () => kannel.received[before]);
    // To Kannel our answer is a message from the code to the subscriber.
    assert.deepEqual([answer.from, answer.to], [message.to, `+${message.from ?? MSISDN}`]);
    return answer;
}

test('texts in, answers out: GSM and UCS-2, in one part and in several', async () => {
    await withKannel('kannel', async ({ kannel, gateway }) => {
        assert.match((await ask(kannel, { to: '384', text: 'BANTUAN' })).text, /^#TerusUsaha\. Ketik DAFTAR, STATUS/);
        // The same word in UCS-2 is the same word.
        assert.match((await ask(kannel, { to: '384', text: 'BANTUAN', coding: 2 })).text, /^#TerusUsaha\. Ketik DAFTAR, STATUS/);
        assert.equal((await ask(kannel, { to: '386', text: 'PANJANG' })).text, PANJANG);
        const letters = await ask(kannel, { to: '385', text: 'AKSARA' });
        assert.equal(letters.text, AKSARA);
        assert.equal(letters.coding, 2);
        const link = (await gateway.ctlJson('links')).find((l) => l.link === 'kannel:1');
        assert.equal(link.messages_in, 4);
        assert.equal(link.submits_out, 6, 'the last two in two parts each');
        assert.equal(link.malformed_in + link.timeouts, 0);
        assert.deepEqual(link.errors, []);
    });
});

// Kannel cuts what is too long for one message; its parts are put together here. Words may be apart.
const registration = (name) =>
    `DAFTAR${' '.repeat(60)}#${name}#${' '.repeat(40)}WARUNG BU SITI#${' '.repeat(40)}WARUNG#METRO#${' '.repeat(20)}METRO BARAT`;

test('long texts in several parts, in either alphabet: a registration each', async () => {
    await withKannel('kannel-long', async ({ kannel, gateway }) => {
        for (const [from, coding, parts] of [['6281200000063', 0, 2], ['6281200000064', 2, 4]]) {
            const text = registration('SITI AMINAH');
            assert.ok(text.length > (parts - 1) * (coding === 2 ? 67 : 153) && text.length <= parts * (coding === 2 ? 67 : 153));
            const read = await ask(kannel, { from, to: '384', text, coding });
            assert.match(read.text, /^#TerusUsaha: SITI AMINAH, WARUNG BU SITI, Metro Barat\. Benar/);
            assert.match((await ask(kannel, { from, to: '384', text: 'YA' })).text, /^#TerusUsaha: pendaftaran/);
            const found = await gateway.ctlJson('merchants', 'show', from);
            assert.equal(found.name, 'SITI AMINAH');
            assert.equal(found.business, 'WARUNG BU SITI');
        }
        const link = (await gateway.ctlJson('links')).find((l) => l.link === 'kannel:1');
        assert.equal(link.messages_in, 2 + 4 + 2, 'each part, and YA twice');
    });
});

test('a dialogue: the operation passes through Kannel both ways', async () => {
    await withKannel('kannel-ussd', async ({ kannel, gateway }) => {
        const type = (text, op) => ask(kannel, { to: '384', text, meta: `?smpp?ussd_service_op=${op}` });
        let screen = await type('*384#', 1);
        if (screen.text.includes('Pilih bahasa'))
            screen = await type('1', 18);
        for (const [word, answer] of ANSWERS) {
            assert.ok(screen.text.toLowerCase().includes(word.toLowerCase()), `${word} in ${screen.text}`);
            assert.equal(screen.op, 2);
            screen = await type(answer, 18);
        }
        assert.equal(screen.op, 17);
        assert.equal((await gateway.ctlJson('merchants', 'show', regnoOf(screen))).msisdn, MSISDN);
    });
});

test('the same over TLS, both sides with a certificate', async () => {
    const folder = temporaryFolder('kannel-tls');
    try {
        const ca = await makeAuthority(folder);
        const server = await ca.issue('localhost');
        const client = await ca.issue('kannel');
        await withKannel('kannel-tls', async ({ kannel }) => {
            assert.match((await ask(kannel, { to: '384', text: 'BANTUAN' })).text, /^#TerusUsaha\. Ketik DAFTAR, STATUS/);
        }, {
            tls: { cert: server.cert, key: server.key, ca: ca.cert, verify: true },
            link: { 'use-ssl': 'true' },
            core: { 'ssl-client-certkey-file': client.both },
        });
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
});
