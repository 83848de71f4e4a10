// TLS of the gateway in both roles: who is trusted, which names and versions, and certificates that are
// replaced while links run.
'use strict';

const assert = require('node:assert/strict');
const { X509Certificate } = require('node:crypto');
const fs = require('node:fs');
const net = require('node:net');
const test = require('node:test');
const tls = require('node:tls');

const { Centre } = require('./lib/centre');
const { freePort, temporaryFolder, until } = require('./lib/process');
const { openMainMenu } = require('./lib/programme');
const { smscEntry, withScene } = require('./lib/scene');
const { makeAuthority, tlsInFront } = require('./lib/tls');

const BIND = Buffer.from('0000002100000009000000000000000161676731007365637265740000340000' + '00', 'hex');
const ENQUIRE_LINK = Buffer.from('00000010000000150000000000000007', 'hex');

// A TLS client that binds as agg1. `answer(octets)` sends and gives the next PDU, null when it is closed.
class Client {
    constructor(port, options) {
        this.octets = Buffer.alloc(0);
        this.socket = tls.connect({ port, host: '127.0.0.1', servername: 'localhost', ...options });
        this.socket.on('data', (data) => (this.octets = Buffer.concat([this.octets, data])));
        this.socket.on('error', (error) => (this.error = error));
        this.socket.on('close', () => (this.isClosed = true));
    }

    async answer(octets) {
        const size = () => (this.octets.length >= 4 ? this.octets.readUInt32BE(0) : Infinity);
        this.socket.write(octets);
        await until('an answer or the end', () => this.octets.length >= size() || this.isClosed);
        if (this.octets.length < size())
            return null;
        const pdu = this.octets.subarray(0, size());
        this.octets = this.octets.subarray(pdu.length);
        return pdu;
    }

    async isBound() {
        const answer = await this.answer(BIND);
        return answer !== null && answer.readUInt32BE(8) === 0;
    }
}

async function withFolder(body) {
    const folder = temporaryFolder('tls');
    try {
        await body(folder, await makeAuthority(folder));
    } finally {
        fs.rmSync(folder, { recursive: true, force: true });
    }
}

// A gateway whose partners come over TLS: body(connect, scene), connect(options) gives a Client.
async function withTlsDoor(settings, ca, body, more = {}) {
    const port = await freePort();
    const partners = { listen: [`127.0.0.1:${port}`], accounts: [{ system_id: 'agg1', password: 'secret' }], tls: settings, ...more };
    const clients = [];
    await withScene('tls', async (scene) => {
        await body((options) => {
            clients.push(new Client(port, { ca: fs.readFileSync(ca), ...options }));
            return clients.at(-1);
        }, scene);
        clients.forEach((client) => client.socket.destroy());
    }, { settings: { partners } });
}

const identity = (files) => ({ cert: fs.readFileSync(files.cert), key: fs.readFileSync(files.key) });

test('certificates are replaced by a reload; links that run go on, faulty files change nothing', async () => {
    await withFolder(async (folder, ca) => {
        const [first, second] = [await ca.issue('localhost'), await ca.issue('second', 'localhost')];
        const [cert, key] = [`${folder}/live.pem`, `${folder}/live.key`];
        const put = (files) => {
            fs.copyFileSync(files.cert, cert);
            fs.copyFileSync(files.key, key);
        };
        put(first);
        await withTlsDoor({ cert, key }, ca.cert, async (connect, { gateway }) => {
            const old = connect();
            assert.ok(await old.isBound());
            assert.equal(old.socket.getPeerCertificate().subject.CN, 'localhost');
            put(second);
            assert.equal((await gateway.ctl('reload')).code, 0);
            const fresh = connect();
            assert.ok(await fresh.isBound());
            const shown = fresh.socket.getPeerCertificate();
            assert.equal(shown.subject.CN, 'second');
            const { text } = await gateway.get('/metrics');
            assert.equal(Number(text.match(/^warung_certificate_expiry_time_seconds\{of="partners"\} (\d+)$/m)[1]) * 1000,
                Date.parse(shown.valid_to));
            assert.equal((await old.answer(ENQUIRE_LINK)).readUInt32BE(4), 0x80000015);
            fs.writeFileSync(cert, 'rubbish');
            const refused = await gateway.ctl('reload');
            assert.equal(refused.code, 1, refused.output);
            assert.ok(refused.output.includes(cert), refused.output);
            gateway.process.child.kill('SIGHUP');
            await gateway.process.sees(/event=config\.rejected/);
            const later = connect();
            assert.ok(await later.isBound());
            assert.equal(later.socket.getPeerCertificate().subject.CN, 'second');
            for (const client of [old, fresh])
                assert.equal((await client.answer(ENQUIRE_LINK)).readUInt32BE(4), 0x80000015);
        });
    });
});

test('what ends first of a certificate and its chain is when it ends', async () => {
    await withFolder(async (folder, ca) => {
        const [{ cert, key }, above] = [await ca.issue('localhost'), await ca.issue('above', 'above', 1)];
        fs.appendFileSync(cert, fs.readFileSync(above.cert));
        await withTlsDoor({ cert, key }, ca.cert, async (connect, { gateway }) => {
            const { text } = await gateway.get('/metrics');
            assert.equal(Number(text.match(/^warung_certificate_expiry_time_seconds\{of="partners"\} (\d+)$/m)[1]) * 1000,
                Date.parse(new X509Certificate(fs.readFileSync(above.cert)).validTo));
        });
    });
});

test('a partner whose handshake stands still, or who does not bind behind it, is told of', async () => {
    await withFolder(async (folder, ca) => {
        const { cert, key } = await ca.issue('localhost');
        await withTlsDoor({ cert, key }, ca.cert, async (connect, { gateway }) => {
            const silent = net.connect(gateway.settings.partners.listen[0].split(':')[1], '127.0.0.1');
            await gateway.process.sees(/event=link\.closed link=127\.0\.0\.1 state=open reason=tls_timeout/);
            silent.destroy();
            const mute = tls.connect({ port: gateway.settings.partners.listen[0].split(':')[1], host: '127.0.0.1', rejectUnauthorized: false });
            await gateway.process.sees(/event=link\.closed link=127\.0\.0\.1 state=open reason=bind_timeout/);
            mute.destroy();
        }, { session_init_s: 1 });
    });
});

test('with verify partners show a certificate of ours or are turned away', async () => {
    await withFolder(async (folder, ca) => {
        fs.mkdirSync(`${folder}/other`);
        const stranger = await (await makeAuthority(`${folder}/other`)).issue('agg1');
        const [server, partner] = [await ca.issue('localhost'), await ca.issue('agg1')];
        const settings = { cert: server.cert, key: server.key, ca: ca.cert, verify: true };
        await withTlsDoor(settings, ca.cert, async (connect) => {
            assert.equal(await connect().isBound(), false);
            assert.equal(await connect(identity(stranger)).isBound(), false);
            assert.equal(await connect(identity(partner)).isBound(), true);
        });
    });
});

// A client of TLS 1.2 offers what it has of the session before.
test('with verify a partner that would resume its session comes back', async () => {
    await withFolder(async (folder, ca) => {
        const [server, partner] = [await ca.issue('localhost'), await ca.issue('agg1')];
        const settings = { cert: server.cert, key: server.key, ca: ca.cert, verify: true };
        await withTlsDoor(settings, ca.cert, async (connect) => {
            const before = connect({ ...identity(partner), maxVersion: 'TLSv1.2' });
            assert.ok(await before.isBound());
            const again = connect({ ...identity(partner), maxVersion: 'TLSv1.2', session: before.socket.getSession() });
            assert.ok(await again.isBound(), again.error?.message);
        });
    });
});

test('TLS 1.2 at least; 1.3 where it is asked for', async () => {
    await withFolder(async (folder, ca) => {
        const { cert, key } = await ca.issue('localhost');
        for (const [min_version, version, is_let_in] of [
            ['1.2', 'TLSv1.1', false], ['1.2', 'TLSv1.2', true], ['1.2', 'TLSv1.3', true],
            ['1.3', 'TLSv1.2', false], ['1.3', 'TLSv1.3', true],
        ]) {
            await withTlsDoor({ cert, key, min_version }, ca.cert, async (connect) => {
                const client = connect({ minVersion: version, maxVersion: version, ciphers: 'DEFAULT@SECLEVEL=0' });
                assert.equal(await client.isBound(), is_let_in, `${version} where ${min_version} is the least`);
                if (is_let_in)
                    assert.equal(client.socket.getProtocol(), version);
            });
        }
    });
});

// An old stack at a partner is no attack: who asks why it does not come in must not be locked out, with all behind his address.
test('who speaks TLS that we do not is told apart, and not banned', async () => {
    await withFolder(async (folder, ca) => {
        const { cert, key } = await ca.issue('localhost'); // of a curve: no cipher with RSA will do
        await withTlsDoor({ cert, key }, ca.cert, async (connect, { gateway }) => {
            for (let i = 0; i < 8; i++)
                assert.equal(await connect({ maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' }).isBound(), false);
            assert.match(gateway.log, /event=tls\.error .* reason="no shared cipher"/);
            assert.match(gateway.log, /machine=link .* reason=tls_no_cipher/);
            assert.ok(await connect().isBound());
        });
    });
});

test('a centre must have the name that was configured and a certificate that we trust', async () => {
    await withFolder(async (folder, ca) => {
        fs.mkdirSync(`${folder}/other`);
        const other = await makeAuthority(`${folder}/other`);
        const [right, misnamed] = [await ca.issue('localhost'), await ca.issue('elsewhere')];
        const distrusted = await other.issue('localhost');
        const kinds = { right: [right, true], misnamed: [misnamed, true], distrusted: [distrusted, true], unchecked: [misnamed, false] };
        const opened = [], asked = new Set();
        const smsc = [], centres = {};
        for (const [name, [files, verify]] of Object.entries(kinds)) {
            centres[name] = await new Centre().listen();
            const relay = await tlsInFront(centres[name].port, files);
            relay.server.on('secureConnection', (socket) => asked.add(socket.servername));
            opened.push(centres[name], relay);
            smsc.push(smscEntry(relay, { name, host: 'localhost', tls: { ca: ca.cert, verify } }));
        }
        try {
            await withScene('tls-centre', async ({ gateway }) => {
                await gateway.start();
                await centres.right.isBound();
                await centres.unchecked.isBound();
                await openMainMenu(centres.right.phone('6281200000061'));
                assert.deepEqual([...asked], ['localhost'], 'the name, by which the far end chooses its certificate');
                for (const name of ['misnamed', 'distrusted']) {
                    const link = await until(`an error of ${name}`, async () =>
                        (await gateway.ctlJson('links')).find((l) => l.peer === name && l.errors.length > 0));
                    assert.equal(link.errors[0].name, 'tls_verify');
                    assert.equal(centres[name].binds.length, 0, `a password for ${name}`);
                    assert.match(gateway.log, new RegExp(`event=tls\\.error link=${name}:1 .* verify="`));
                }
            }, { settings: { smsc }, start: false });
        } finally {
            for (const one of opened)
                await one.close();
        }
    });
});

// What it says on our hello is an alert, but not about us: its word is the same as where it answers in an old version.
test('a centre below min_version is told of as such', async () => {
    await withFolder(async (folder, ca) => {
        const old = tls.createServer({ ...identity(await ca.issue('localhost')), maxVersion: 'TLSv1.2' });
        old.on('tlsClientError', () => {});
        await new Promise((resolve) => old.listen(0, '127.0.0.1', resolve));
        try {
            for (const [verify, told] of [[true, 'ok'], [false, 'off']])
                await withScene(`tls-old-${told}`, async ({ gateway }) => {
                    await gateway.start();
                    await gateway.process.sees(/event=link\.closed link=op1:1 state=connecting reason=/);
                    assert.match(gateway.log, new RegExp('event=tls\\.error link=op1:1 ' +
                        `reason="tlsv1 alert protocol version" verify=${told}\n`));
                    assert.match(gateway.log, /event=link\.closed link=op1:1 state=connecting reason=tls_version/);
                }, { smsc: { host: 'localhost', port: old.address().port, tls: { ca: ca.cert, verify, min_version: '1.3' } }, start: false });
        } finally {
            old.close();
        }
    });
});
