// One and the same steps in `warungctl menu play` and before the live gateway. A step is [word, rest] as a
// line of a golden dialogue has them: dial, answer, sms, phone, limit, hangup, officer, training.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');

const { Centre } = require('./centre');
const { BUILD, Process } = require('./process');
const { smscEntry, withScene } = require('./scene');
const { MENU } = require('./warungd');

const GIVEN = /\b(?:\d{4}-?\d{6}-?\d|T\d{7})\b/g; // numbers of registrations and tickets
const SYNC = '  phone takes a number\n'; // what `.phone` without one says: the end of a step's output

// Each dialogue has numbers of its own in the live gateway's store; the same ones in the rehearsal.
function numberOf(place, msisdn) {
    return `6281${String(place).padStart(3, '0')}${msisdn.slice(-6)}`;
}

function playLine([word, rest], place) {
    switch (word) {
    case 'dial': return `.hangup\n${rest}`; // what is typed on an open dialogue is its answer
    case 'answer': return rest;
    case 'sms': return `.sms ${rest}`;
    case 'phone': return `.phone ${numberOf(place, rest)}`;
    default: return `.${word} ${rest}`; // hangup, limit, officer, training
    }
}

// What the phone in the terminal showed after each step: read()'s.
async function rehearse(steps, place) {
    const terminal = new Terminal(place);
    const shown = [];
    for (const step of steps)
        shown.push(await terminal.take(step));
    await terminal.end();
    return shown;
}

// `warungctl menu play`, step by step.
class Terminal {
    constructor(place) {
        this.place = place;
        this.process = new Process(path.join(BUILD, 'warungctl'), ['menu', 'play', MENU]);
        this.read = 0; // octets of its output
        this.process.child.stdout.on('data', () => this.look());
        this.process.ended.then(() => this.onEnd?.(new Error(`menu play ended:\n${this.process.stdout.slice(-2000)}`)));
        this.ready = this.put(`.phone ${numberOf(place, '6281200000001')}\n.phone`);
    }

    look() {
        const at = this.process.stdout.indexOf(SYNC, this.read);
        if (at < 0 || !this.onOutput)
            return;
        const output = this.process.stdout.slice(this.read, at);
        this.read = at + SYNC.length;
        this.onOutput(output);
    }

    put(lines) {
        return new Promise((resolve, reject) => {
            this.onOutput = resolve;
            this.onEnd = reject;
            this.process.child.stdin.write(`${lines}\n`);
        });
    }

    async take(step) {
        await this.ready;
        return read(await this.put(`${playLine(step, this.place)}\n.phone`));
    }

    async end() {
        this.onEnd = undefined;
        this.process.child.stdin.end();
        assert.equal(await this.process.ended, 0);
    }
}

const textOf = (block) => block.split('\n').filter((l) => l.startsWith('| ')).map((l) => l.slice(2)).join('\n');

function read(output) {
    const [, screen] = output.match(/^\+-+\+\n((?:\|.*\n)*)\+-+\+$/m) ?? [];
    const sms = [...output.matchAll(/^ {2}SMS to the phone .*\n((?:\|.*\n)*)/gm)].map((m) => textOf(m[1]));
    return {
        screen: screen === undefined ? undefined : textOf(screen), sms, output,
        isOver: /, the dialogue is over/.test(output), isDone: /^ {2}done$/m.test(output),
    };
}

// Numbers of registrations and tickets are the store's to give: the rehearsal's stand for the live ones.
class Numbers {
    constructor() {
        this.live = new Map();
    }

    same(rehearsed, shown) {
        const [a, b] = [rehearsed.match(GIVEN) ?? [], shown.match(GIVEN) ?? []];
        a.forEach((number, i) => b[i] && this.live.set(number.replaceAll('-', ''), b[i].replaceAll('-', '')));
        return rehearsed.replaceAll(GIVEN, (number) => this.translate(number));
    }

    translate(number) {
        const live = this.live.get(number.replaceAll('-', ''));
        if (!live)
            return number;
        return number.includes('-') ? `${live.slice(0, 4)}-${live.slice(4, 10)}-${live.slice(10)}` : live;
    }

    typed(text) {
        return text.replaceAll(GIVEN, (number) => this.translate(number));
    }
}

const RUN = {
    async dial(live, rest) {
        return (await live.phone.dial(rest)).text;
    },
    async answer(live, rest) {
        return (await live.phone.answer(live.numbers.typed(rest))).text;
    },
    async sms(live, rest) {
        const text = live.numbers.typed(rest.replaceAll('\\n', '\n'));
        assert.equal(await live.centre.text(live.phone.msisdn, text), 0);
    },
    async phone(live, rest) {
        live.take(rest);
    },
    async limit(live) { // the other centre's
        live.centre = live.narrow;
        live.take('6281200000001');
    },
    async hangup() { // what the centre would say of it changes no screen: the next dial is a new dialogue
    },
    async officer(live, rest) { // about the newest registration, as in the rehearsal
        const [verb, ...words] = rest.split(' ');
        const reason = words.find((w) => w !== 'refused');
        const { registrations } = await live.gateway.ctlJson('export', live.phone.msisdn);
        const args = ['merchants', verb, registrations.at(-1).regno, ...(reason ? ['--reason', reason] : [])];
        const { code, output } = await live.gateway.ctl(...args);
        assert.equal(code, words.includes('refused') ? 1 : 0, output);
    },
    async training(live, rest) {
        const [, id] = rest.match(/^off (.*)/) ?? [];
        const [, days, time, seats, regency, title, place] =
            rest.match(/^(\d+)d (\S+) (\d+) (\S+) (.*); (.*)$/) ?? [];
        const day = new Date(Date.now() + 7 * 3600e3 + days * 86400e3); // in Lampung
        const args = id ? ['cancel', id]
            : ['add', `${day.toISOString().slice(0, 10)}T${time}`, title, place, '--seats', seats,
                ...(regency === '-' ? [] : ['--regency', regency])];
        const { code, output } = await live.gateway.ctl('trainings', ...args);
        assert.equal(code, 0, output);
    },
};

async function withCentres(name, body) {
    const narrow = await new Centre().listen();
    try {
        await withScene(name, async (scene) => {
            scene.gateway.settings.smsc.push(smscEntry(narrow, { name: 'op2', limit: 160 }));
            await scene.gateway.start();
            await scene.centre.isBound();
            await narrow.isBound();
            await body(scene, narrow);
        }, { start: false });
    } finally {
        await narrow.close();
    }
}

module.exports = { Numbers, RUN, Terminal, numberOf, rehearse, withCentres };
