// Peers that no gateway wants, in a process of their own: `node hostile.js PARTNER-PORT CENTRES`. Writes
// the ports of its hostile centres as JSON; then "go N S" makes N connections to the partners' port in S
// seconds and lets the centres misbehave; "rest" ends all of it. Each answer is a line.
'use strict';

const net = require('node:net');
const readline = require('node:readline');

const [partnerPort, centreCount] = process.argv.slice(2).map(Number);

function pdu(id, sequence, body = Buffer.alloc(0), { status = 0, length = 16 + body.length } = {}) {
    const header = Buffer.alloc(16);
    [length, id, status, sequence].forEach((value, n) => header.writeUInt32BE(value >>> 0, n * 4));
    return Buffer.concat([header, body]);
}

const bind = (system_id, password) => pdu(9, 1, Buffer.from(`${system_id}\0${password}\0\0\x34\0\0\0`, 'latin1'));

function message(id, sequence, { tlvs = Buffer.alloc(0), smLength = 7, source = '6281200000001' } = {}) {
    return pdu(id, sequence, Buffer.concat([
        Buffer.from(`\0\x01\x01${source}\0\0\x01384\0`, 'latin1'), Buffer.from([0, 0, 0, 0, 0, 0, 0, 0, 0, smLength]),
        Buffer.from('BANTUAN'), tlvs,
    ]));
}

const tlv = (tag, length, value) => Buffer.concat([Buffer.from([tag >> 8, tag & 255, length >> 8, length & 255]), Buffer.from(value)]);
const thousandTlvs = Buffer.concat(Array.from({ length: 1000 }, (_, n) => tlv(0x1400 + n, 1, 'x')));

// What is sent at once to a port that expects a bind; a function does it itself.
const STRANGERS = [
    Buffer.from('GET / HTTP/1.1\r\nHost: x\r\n\r\n'),
    Buffer.from('16030100c8010000c40303', 'hex'),
    Buffer.from('0300002f2ae00000000000436f6f6b69653a20', 'hex'),
    pdu(9, 1, undefined, { length: 0x80000000 }),
    pdu(9, 1, undefined, { length: 15 }),
    Buffer.from([0, 0]), // half a header, then silence
    bind('honest', 'wrong'),
    bind('nobody', 'at all'),
    message(4, 1), // before a bind
    pdu(0x80000004, 7, Buffer.from('1\0')),
    Buffer.alloc(4096, 0xff),
    Buffer.alloc(0), // says nothing
    (socket) => socket.resetAndDestroy(),
    (socket) => { // an octet a second
        const octets = bind('evil', 'secret');
        let sent = 0;
        const timer = setInterval(() => socket.write(octets.subarray(sent, ++sent)), 1000);
        socket.on('close', () => clearInterval(timer));
    },
];

// What one sends who has bound: `id` is the message that it may send.
const INSIDERS = [
    (id) => message(id, 2, { tlvs: thousandTlvs }),
    (id) => message(id, 3, { smLength: 200 }),
    (id) => message(id, 4, { tlvs: tlv(0x0501, 0xffff, 'x') }),
    (id) => message(id, 5, { tlvs: Buffer.alloc(4 * 70) }),
    (id) => message(id, 6, { source: '6'.repeat(300) }),
    (id) => message(id === 4 ? 5 : 4, 7), // the other way
    (id) => Buffer.concat(Array.from({ length: 20 }, () => pdu((id ^ 1) + 0x80000000, 1, Buffer.from('1\0')))), // replayed responses
    () => bind('evil', 'secret'), // again
    () => pdu(0x0bad, 0xffffffff),
    () => pdu(0x80000000, 0, undefined, { status: 3 }),
    (id) => message(id, 8).subarray(0, 30), // half of it, then silence
    () => pdu(0x15, 9, undefined, { length: 0x7fffffff }),
];

const sockets = new Set();
let isActive = false;

function keep(socket) {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    socket.setNoDelay(true);
    return socket;
}

function callIn(n, onConnect) {
    const localAddress = `127.${10 + (n >> 16)}.${(n >> 8) & 255}.${1 + (n & 127)}`;
    const socket = keep(net.connect({ port: partnerPort, host: '127.0.0.1', localAddress }));
    socket.on('connect', () => onConnect(socket));
}

function beStranger(n) {
    const act = STRANGERS[n % STRANGERS.length];
    callIn(n, (socket) => (typeof act === 'function' ? act(socket) : socket.write(act)));
}

// One octet of the deed at a time on every third connection.
function misbehave(socket, id, n) {
    const octets = INSIDERS[n % INSIDERS.length](id);
    if (n % 3 === 0)
        for (const octet of octets.subarray(0, 200))
            socket.write(Buffer.from([octet]));
    else
        socket.write(octets);
}

function beInsider(n) {
    callIn(n, (socket) => {
        socket.write(bind('evil', 'secret'));
        socket.once('data', () => {
            for (let i = 0; i < 4; i++)
                misbehave(socket, 4, n + i);
            setTimeout(() => socket.destroy(), 500);
        });
    });
}

// A centre that takes the bind, or not, and then sends what a gateway should not get.
function beCentre(n) {
    let turn = n;
    const server = net.createServer((socket) => {
        keep(socket).once('data', (data) => {
            if (!isActive)
                return;
            turn++;
            if (turn % 4 === 0)
                socket.write(STRANGERS[turn % 5]);
            else {
                socket.write(pdu(0x80000009, data.readUInt32BE(12), Buffer.from('evil\0')));
                for (let i = 0; i < 4; i++)
                    misbehave(socket, 5, turn + i);
            }
            socket.on('data', () => {});
        });
    });
    return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server.address().port)));
}

let called = 0;
async function go(count, seconds) {
    const begun = Date.now();
    isActive = true;
    for (let done = 0; isActive && done < count;) {
        const due = Math.min(count, Math.ceil((count * (Date.now() - begun)) / (seconds * 1000)));
        for (; done < due; done++, called++)
            (called % 10 === 0 ? beInsider : beStranger)(called);
        await new Promise((resolve) => setTimeout(resolve, 10));
    }
    console.log('gone');
}

(async () => {
    console.log(JSON.stringify(await Promise.all(Array.from({ length: centreCount }, (_, n) => beCentre(n)))));
    readline.createInterface({ input: process.stdin }).on('line', (line) => {
        const [word, count, seconds] = line.split(' ');
        if (word === 'go')
            go(Number(count), Number(seconds));
        else {
            isActive = false;
            sockets.forEach((socket) => socket.destroy());
            console.log('rested');
        }
    }).on('close', () => process.exit(0));
})();
