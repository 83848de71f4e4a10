// Stands between a gateway or warungctl and one Redis, and lies about what was done: any call may be refused with any
// error that servers have, done and not heard of, not done and not heard of, done long after its connection
// broke, or heard of late. What it says is what a real server could say; nothing is ever told done that is
// not.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { BUILD, run } = require('./process');

const CRLF = Buffer.from('\r\n');
const REFUSALS = [
    'BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.',
    'LOADING Redis is loading the dataset in memory',
    "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'.",
    'MISCONF Errors writing to the AOF file: No space left on device',
    'NOPERM this user has no permissions to run the command',
    'NOREPLICAS Not enough good replicas to write.',
    "OOM command not allowed when used memory > 'maxmemory'.",
    "READONLY You can't write against a read only replica.",
    'ERR Function not found',
];
const MOVES = ['CLUSTERDOWN The cluster is down', 'TRYAGAIN Multiple keys request during rehashing of slot'];
// Of a connection's beginning: they are passed on.
const GREETING = new Set(['ASKING', 'AUTH', 'CLIENT', 'CLUSTER', 'CONFIG', 'FUNCTION', 'INFO', 'PING', 'ROLE']);

// Where the value that begins at `at` ends; -1: not all of it is there.
function endOf(octets, at) {
    const line = octets.indexOf(CRLF, at);
    if (line < 0)
        return -1;
    const count = Number(octets.toString('latin1', at + 1, line));
    const type = String.fromCharCode(octets[at]);
    if (type === '$') {
        const end = line + 2 + (count < 0 ? 0 : count + 2);
        return end <= octets.length ? end : -1;
    }
    let end = line + 2;
    for (let i = 0; type === '*' && i < count && end >= 0; i++)
        end = endOf(octets, end);
    return end;
}

// Whole values, out of what comes in pieces.
function onValues(socket, fn) {
    let left = Buffer.alloc(0);
    socket.on('data', (piece) => {
        left = left.length > 0 ? Buffer.concat([left, piece]) : piece;
        for (let end; left.length > 0 && (end = endOf(left, 0)) > 0;) {
            const value = left.subarray(0, end);
            left = left.subarray(end);
            fn(value);
        }
    });
}

// The first words of a command.
function wordsOf(command) {
    return command.toString('latin1', 0, 400).split('\r\n').filter((_, i) => i % 2 === 0).slice(1, 5);
}

class Liar {
    constructor(server, random, isCluster) {
        Object.assign(this, { server, random, isCluster, told: {}, isLying: false, open: new Set(), late: 0 });
    }

    async listen() {
        this.listener = net.createServer((client) => this.join(client));
        await new Promise((resolve) => this.listener.listen(0, '127.0.0.1', resolve));
        this.port = this.listener.address().port;
        this.address = `127.0.0.1:${this.port}`;
        return this;
    }

    connect() {
        const { socket: file, port, host } = this.server;
        const socket = file ? net.connect(file) : net.connect(port, host);
        socket.setNoDelay(true);
        socket.on('error', () => {});
        return socket;
    }

    // One connection of a gateway's, and one of its own to the server.
    join(client) {
        const server = this.connect();
        const slots = []; // what is to be answered, in order
        const end = () => {
            client.destroy();
            server.destroy();
            this.open.delete(client);
        };
        const flush = () => {
            while (slots.length > 0 && slots[0].reply && !client.destroyed) {
                if (slots[0].breaks)
                    end();
                else
                    client.write(slots[0].reply);
                slots.shift();
            }
        };
        this.open.add(client);
        client.setNoDelay(true);
        for (const socket of [client, server])
            socket.on('error', end).on('close', end);
        onValues(server, (reply) => {
            const slot = slots.find((s) => s.isAsked && !s.isAnswered);
            slot.isAnswered = true;
            const tell = () => {
                slot.reply = reply;
                flush();
            };
            if (slot.delayMs)
                setTimeout(tell, slot.delayMs);
            else
                tell();
        });
        onValues(client, (command) => {
            if (client.destroyed)
                return;
            const slot = { isAsked: true, ...this.choose(command) };
            slots.push(slot);
            if (slot.isLate)
                this.doLate(Buffer.from(command));
            if (slot.cuts)
                end();
            else if (slot.before)
                slot.before().then(() => server.write(command));
            else if (slot.isAsked)
                server.write(command);
            else
                flush();
        });
    }

    // The server reads it when nobody waits for it any more.
    doLate(command) {
        this.late++;
        setTimeout(() => {
            const server = this.connect();
            server.write(command);
            onValues(server, () => {
                this.late--;
                server.destroy();
            });
        }, this.random.between(1, 3000));
    }

    // What becomes of a command.
    choose(command) {
        const words = wordsOf(command);
        const [name] = words;
        const [what, key] = name.startsWith('FCALL') ? [words[1], words[3]] : words;
        const { random } = this;
        if (this.plan?.what === what) {
            const { fate } = this.plan;
            this.plan = null;
            return fate;
        }
        if (name === 'WAIT') { // there are no replicas: it is the liar who is one
            const lags = this.isDue();
            return this.note(what, lags && 'lags', { isAsked: false, reply: Buffer.from(lags ? ':0\r\n' : ':1\r\n') });
        }
        if (GREETING.has(name) || !this.isDue())
            return {};
        switch (random.between(0, 5)) {
        case 0: return this.note(what, 'done, unheard of', { breaks: true });
        case 1: return this.note(what, 'not done, unheard of', { cuts: true });
        case 2: return this.note(what, 'done late, unheard of', { cuts: true, isLate: true });
        case 3: return this.note(what, 'heard of late', { delayMs: random.between(50, 1500) });
        default: return this.refuse(what, key);
        }
    }

    refuse(what, key) {
        const errors = this.isCluster ? [...REFUSALS, ...MOVES, this.move('MOVED', key), this.move('ASK', key)] : REFUSALS;
        const error = this.random.pick(errors);
        return this.note(what, error.split(' ', 1)[0], { isAsked: false, reply: Buffer.from(`-${error}\r\n`) });
    }

    // To itself: every slot is here.
    move(word, key) {
        return `${word} ${slotOf(key ?? '')} 127.0.0.1:${this.port}`;
    }

    note(what, lie, fate) {
        if (lie)
            this.told[`${what}: ${lie}`] = (this.told[`${what}: ${lie}`] ?? 0) + 1;
        return fate;
    }

    // Of the next call of this function: `cuts`: not done, unheard of; `breaks`: done, unheard of;
    // `before`: what happens before it is done.
    planFor(what, fate) {
        this.plan = { what, fate };
    }

    // From now on, about so often.
    lie(everyMs) {
        Object.assign(this, { everyMs, isLying: true, nextMs: 0 });
    }

    isDue() {
        const nowMs = Date.now();
        if (!this.isLying || nowMs < this.nextMs)
            return false;
        this.nextMs = nowMs + this.random.between(0, 2 * this.everyMs);
        return true;
    }

    stop() {
        this.isLying = false;
    }

    close() {
        this.listener.close();
        for (const client of this.open)
            client.destroy();
    }
}

// CRC16 (XMODEM) of the tag in braces, as Redis Cluster has it.
function slotOf(key) {
    const tag = /\{([^}]+)\}/.exec(key)?.[1] ?? key;
    let crc = 0;
    for (const octet of Buffer.from(tag)) {
        crc ^= octet << 8;
        for (let i = 0; i < 8; i++)
            crc = (crc & 0x8000 ? crc << 1 ^ 0x1021 : crc << 1) & 0xffff;
    }
    return crc % 16384;
}

// warungctl, with a liar between it and Redis.
async function withLiar({ folder, redis }, work, settings = '') {
    const liar = await new Liar(redis).listen();
    const file = path.join(folder, 'lied.cfg');
    const ctl = (...words) => ctl.with({}, ...words);
    ctl.with = (options, ...words) => run(path.join(BUILD, 'warungctl'), ['-c', file, ...words], options);
    fs.writeFileSync(file, fs.readFileSync(path.join(folder, 'warung.cfg'), 'utf8').replaceAll(redis.server, liar.address)
        .replace('redis = { ', `redis = { ${settings}`));
    try {
        await work(liar, ctl);
    } finally {
        liar.close();
    }
}

// Replicas that never have a commit of some: the master shows it, and a fail-over would lose it.
function noneHas(liar, which, count = Infinity) {
    const choose = liar.choose.bind(liar);
    const lost = { left: count };
    let isLost = false;
    liar.choose = (command) => {
        const text = command.toString('latin1');
        if (!/^\*\d+\r\n\$4\r\nWAIT\r\n/.test(text)) {
            isLost = lost.left > 0 && which.test(text);
            lost.left -= isLost;
            return choose(command);
        }
        return { isAsked: false, reply: Buffer.from(isLost ? ':0\r\n' : ':1\r\n') };
    };
    return lost;
}

module.exports = { Liar, noneHas, withLiar };
