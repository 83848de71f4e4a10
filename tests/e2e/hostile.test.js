// A centre that sends rubbish, beside an honest one: neither crash nor leak nor delay.
'use strict';

const assert = require('node:assert/strict');
const { once } = require('node:events');
const net = require('node:net');
const test = require('node:test');

const { register } = require('./lib/programme');
const { smscEntry, withScene } = require('./lib/scene');
const { freePort, until } = require('./lib/process');

const BIND_TRANSCEIVER_RESP = 0x80000009, DELIVER_SM = 5, GENERIC_NACK = 0x80000000, UNBIND = 6;

function header(length, id, status, sequence) {
    const h = Buffer.alloc(16);
    [length, id, status, sequence].forEach((value, n) => h.writeUInt32BE(value >>> 0, n * 4));
    return h;
}

const pdu = (id, sequence, body = Buffer.alloc(0), status = 0) =>
    Buffer.concat([header(16 + body.length, id, status, sequence), body]);

// service_type, source, destination and text of a plain deliver_sm, before any TLV.
function deliverBody({ source = '6281200000061', text = 'BANTUAN', length = text.length } = {}) {
    return Buffer.concat([
        Buffer.from('\0\x01\x01'), Buffer.from(`${source}\0`), Buffer.from('\0\x01384\0'),
        Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, length]), Buffer.from(text),
    ]);
}

// A listener that accepts the bind and hands each connection and its PDUs to the test.
class RawCentre {
    constructor() {
        this.received = [];
        this.connections = 0;
        this.server = net.createServer((socket) => this.onConnection(socket));
    }

    listen() {
        return new Promise((resolve) => this.server.listen(0, '127.0.0.1', () => {
            this.port = this.server.address().port;
            resolve(this);
        }));
    }

    onConnection(socket) {
        this.connections++;
        let rest = Buffer.alloc(0);
        socket.on('error', () => {});
        socket.on('close', () => this.socket === socket && (this.socket = null));
        socket.on('data', (data) => {
            rest = Buffer.concat([rest, data]);
            while (rest.length >= 4 && rest.length >= rest.readUInt32BE(0)) {
                const one = rest.subarray(0, rest.readUInt32BE(0));
                rest = rest.subarray(one.length);
                const [id, status, sequence] = [4, 8, 12].map((at) => one.readUInt32BE(at));
                if (id === 9) {
                    socket.write(pdu(BIND_TRANSCEIVER_RESP, sequence, Buffer.from('raw\0')));
                    this.socket = socket;
                } else if (id === 0x15 || id === 4) {
                    socket.write(pdu((id | 0x80000000) >>> 0, sequence, Buffer.from(id === 4 ? 'x\0' : '')));
                } else {
                    this.received.push({ id, status, sequence });
                }
            }
        });
    }

    async bound() {
        return until('the raw bind', () => this.socket);
    }

    async answerTo(sequence) {
        return until(`an answer to ${sequence}; there are ${JSON.stringify(this.received)}`,
            () => this.received.find((r) => r.sequence === sequence));
    }
}

async function withRawCentre(name, body) {
    const raw = await new RawCentre().listen();
    try {
        await withScene(name, async (scene) => {
            scene.gateway.settings.smsc.push(smscEntry(raw, { name: 'raw' }));
            await scene.gateway.start();
            await scene.centre.isBound();
            await raw.bound();
            await body({ ...scene, raw });
            await register(scene.centre.phone('6281200000062'));
            assert.ok(scene.gateway.process.isRunning);
        }, { start: false });
    } finally {
        raw.socket?.destroy();
        raw.server.close();
    }
}

test('malformed messages are refused with their status and the link is kept', async () => {
    await withRawCentre('malformed', async ({ raw }) => {
        const zeroTlvs = Buffer.concat([deliverBody(), Buffer.alloc(4 * 70)]);
        const cases = [
            [pdu(0x00000999, 101), GENERIC_NACK, 0x03],
            [pdu(DELIVER_SM, 102, Buffer.from('USSD')), 0x80000005, 0x01],
            [pdu(DELIVER_SM, 103, deliverBody({ length: 200 })), 0x80000005, 0x01],
            [pdu(DELIVER_SM, 104, Buffer.concat([deliverBody(), Buffer.from([5, 1])])), 0x80000005, 0xc0],
            [pdu(DELIVER_SM, 105, Buffer.concat([deliverBody(), Buffer.from([5, 1, 0xff, 0xff, 1])])), 0x80000005, 0xc0],
            [pdu(DELIVER_SM, 106, Buffer.concat([deliverBody(), Buffer.from([5, 1, 0, 0])])), 0x80000005, 0xc2],
        ];
        for (const [octets] of cases)
            raw.socket.write(octets);
        for (const [octets, id, status] of cases) {
            const answer = await raw.answerTo(octets.readUInt32BE(12));
            assert.equal(answer.id >>> 0, id >>> 0, octets.toString('hex'));
            assert.equal(answer.status, status, octets.toString('hex'));
        }
        raw.socket.write(pdu(DELIVER_SM, 107, zeroTlvs)); // breaks an unguarded libsmpp34
        await raw.answerTo(107);
        // A good one, an octet at a time.
        for (const octet of pdu(DELIVER_SM, 108, deliverBody()))
            raw.socket.write(Buffer.from([octet]));
        assert.equal((await raw.answerTo(108)).status, 0);
        assert.equal(raw.connections, 1);
    });
});

for (const [name, octets] of [
    ['a length below 16', header(12, DELIVER_SM, 0, 1)],
    ['a length of 2 GiB', header(0x80000000, DELIVER_SM, 0, 1)],
    ['a web server\'s greeting', Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n')],
]) {
    test(`${name} ends the connection, which then comes back`, async () => {
        await withRawCentre('framing', async ({ raw }) => {
            const first = raw.socket;
            first.write(octets);
            await until('the connection is closed', () => raw.socket !== first);
            await raw.bound();
            assert.equal(raw.connections, 2);
        });
    });
}

test('half a message and silence holds no one else up', async () => {
    await withRawCentre('half', async ({ raw, centre }) => {
        raw.socket.write(pdu(DELIVER_SM, 1, deliverBody()).subarray(0, 30));
        assert.equal(await centre.text('6281200000063', 'BANTUAN'), 0);
    });
});

// 40,000 dials at once, and not one deliver_sm answered: what waits for a partner is bounded by the bind.
test('a partner who takes no screens holds no more of them than its binds may', async () => {
    const port = await freePort();
    const partners = { listen: [`127.0.0.1:${port}`], accounts: [{ system_id: 'greedy', password: 'secret' }] };
    await withScene('greedy', async ({ centre, gateway }) => {
        const socket = net.connect(port, '127.0.0.1');
        socket.on('error', () => {});
        let live = 0, isOver = false;
        try {
            socket.write(pdu(9, 1, Buffer.from('greedy\0secret\0\0\x34\0\0\0')));
            await once(socket, 'data');
            socket.on('data', () => {});
            const tlvs = Buffer.from('0501000101138300020a00', 'hex');
            for (let n = 0; n < 40; n++)
                socket.write(Buffer.concat(Array.from({ length: 1000 }, (_, i) => pdu(4, 2 + n * 1000 + i,
                    Buffer.concat([deliverBody({ source: `62813${n}00${i}`, text: '*384#' }), tlvs])))));
            socket.write(pdu(0x15, 0x70000000), () => (isOver = true));
            await until('all is read', async () => {
                live = Math.max(live, Number((await gateway.get('/metrics')).text.match(/^warung_turns_live (\d+)$/m)[1]));
                return isOver && /^warung_link_messages_total\{peer="greedy"[^}]*\} 40000$/m.test((await gateway.get('/metrics')).text);
            });
            assert.ok(live > 4000 && live < 15000, `${live} at once`);
            await register(centre.phone('6281200000062'));
        } finally {
            socket.destroy();
        }
    }, { settings: { partners } });
});

test('an unbind is answered and the link comes back', async () => {
    await withRawCentre('unbind', async ({ raw }) => {
        const first = raw.socket;
        first.write(pdu(UNBIND, 77));
        assert.equal((await raw.answerTo(77)).id >>> 0, 0x80000006);
        first.end();
        await until('a new bind', () => raw.socket && raw.socket !== first);
    });
});
