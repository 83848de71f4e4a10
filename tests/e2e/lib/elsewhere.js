// A machine of its own for a peer: a network namespace at the other end of a veth pair, which can vanish
// without a word: no FIN, no RST, no ICMP. All of it goes with the last process in it.
'use strict';

const fs = require('node:fs');

const { Process, run, until } = require('./process');

// RFC 2544's range, for tests between two networks; two test programs at once take different ones.
const BLOCK = process.pid % 16384 * 4;
const PREFIX = `198.18.${BLOCK >> 8}`;

async function must(file, ...args) {
    const { code, output } = await run(file, args.map(String));
    if (code !== 0)
        throw new Error(`${file} ${args.join(' ')}: ${output}`);
}

// Why there can be none here; or nothing.
async function whyNot() {
    if (process.getuid() !== 0)
        return 'needs root for a network namespace';
    for (const [file, ...args] of [['unshare', '--net', 'true'], ['ip', '-V'], ['nsenter', '-V']])
        if ((await run(file, args)).code !== 0)
            return `${file} does not work here`;
    return undefined;
}

class Elsewhere {
    constructor() {
        this.ours = `${PREFIX}.${(BLOCK & 255) + 1}`;
        this.theirs = `${PREFIX}.${(BLOCK & 255) + 2}`;
        this.device = `wrg${process.pid}`;
    }

    async open() {
        this.holder = new Process('unshare', ['--net', 'cat']);
        const pid = this.holder.child.pid;
        const here = fs.readlinkSync('/proc/self/ns/net');
        await until('the namespace', () => this.holder.isRunning && fs.readlinkSync(`/proc/${pid}/ns/net`) !== here);
        await must('ip', 'link', 'add', this.device, 'type', 'veth', 'peer', 'name', 'away', 'netns', pid);
        await must('ip', 'address', 'add', `${this.ours}/30`, 'dev', this.device);
        await must('ip', 'link', 'set', this.device, 'up');
        await this.inside('ip', 'address', 'add', `${this.theirs}/30`, 'dev', 'away');
        await this.inside('ip', 'link', 'set', 'lo', 'up');
        await this.comeBack();
        return this;
    }

    enter(...words) {
        return ['--net', '-t', this.holder.child.pid, ...words].map(String);
    }

    inside(...words) {
        return must('nsenter', ...this.enter(...words));
    }

    // A program that runs there.
    start(file, args) {
        return new Process('nsenter', this.enter(file, ...args));
    }

    async vanish() {
        await this.inside('ip', 'link', 'set', 'away', 'down');
    }

    async comeBack() {
        await this.inside('ip', 'link', 'set', 'away', 'up');
    }

    // States (include/net/tcp_states.h) of our kernel's TCP connections to there; neither attempts nor
    // TIME_WAIT, which hold no octets.
    connections() {
        const hex = Buffer.from(this.theirs.split('.').map(Number).reverse()).toString('hex').toUpperCase();
        return fs.readFileSync('/proc/net/tcp', 'utf8').split('\n').slice(1).map((line) => line.trim().split(/\s+/))
            .filter(([, , remote, state]) => remote?.startsWith(hex) && state !== '02' && state !== '06').map(([, , , state]) => state);
    }

    async close() {
        await this.holder?.end('SIGKILL');
    }
}

module.exports = { Elsewhere, whyNot };
