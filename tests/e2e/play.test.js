// `warungctl menu play` and the live gateway show the same screens and owe the same SMS, character by
// character, for the inputs of every golden dialogue, as far as a phone and an officer can give them: up
// to where days pass, or somebody texts who has no number.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { Centre } = require('./lib/centre');
const { BUILD, ROOT, run } = require('./lib/process');
const { smscEntry, withScene } = require('./lib/scene');
const { MENU } = require('./lib/warungd');

const FOLDER = path.join(ROOT, 'tests/dialogs');
const GIVEN = /\b(?:\d{4}-?\d{6}-?\d|T\d{7})\b/g; // numbers of registrations and tickets
const SYNC = '  phone takes a number\n'; // what `.phone` without one says: the end of a step's output

// The lines of a dialogue that do something: [[word, rest], ...], up to one that takes days.
function stepsOf(file) {
    const steps = [];
    for (const line of fs.readFileSync(path.join(FOLDER, file), 'utf8').split('\n')) {
        const [, word, rest] = line.match(/^([a-z]+) ?(.*)$/) ?? [];
        if (!word || word === 'expect')
            continue;
        if (word === 'later' || (word === 'phone' && !/^62/.test(rest)))
            break;
        steps.push([word, rest]);
    }
    return steps;
}

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

// What the phone in the terminal showed after each step: { screen, sms: [...] }.
async function rehearse(steps, place) {
    const lines = [`.phone ${numberOf(place, '6281200000001')}`];
    for (const step of steps)
        lines.push('.phone', playLine(step, place));
    const { code, stdout } = await run(path.join(BUILD, 'warungctl'), ['menu', 'play', MENU],
        { input: `${lines.join('\n')}\n` });
    assert.equal(code, 0);
    const shown = stdout.split(SYNC).slice(1);
    assert.equal(shown.length, steps.length, stdout);
    return shown.map(read);
}

const textOf = (block) => block.split('\n').filter((l) => l.startsWith('| ')).map((l) => l.slice(2)).join('\n');

function read(output) {
    const [, screen] = output.match(/^\+-+\+\n((?:\|.*\n)*)\+-+\+$/m) ?? [];
    const sms = [...output.matchAll(/^ {2}SMS to the phone .*\n((?:\|.*\n)*)/gm)].map((m) => textOf(m[1]));
    return { screen: screen === undefined ? undefined : textOf(screen), sms };
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
    async officer(live, rest) {
        const [verb, ...words] = rest.split(' ');
        const reason = words.find((w) => w !== 'refused');
        const { regno } = await live.gateway.ctlJson('merchants', 'show', live.phone.msisdn);
        const args = ['merchants', verb, regno, ...(reason ? ['--reason', reason] : [])];
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

async function compare(file, place, scene, narrow) {
    const steps = stepsOf(file);
    const rehearsed = await rehearse(steps, place);
    const live = {
        gateway: scene.gateway, centre: scene.centre, narrow, numbers: new Numbers(), taken: new Map(),
        take(msisdn) {
            const number = numberOf(place, msisdn); // one that was taken before is in its dialogue still
            this.phone = this.centre.phones.get(number) ?? this.centre.phone(number);
        },
    };
    let seen = 0;
    live.take('6281200000001');
    for (const [i, [word, rest]] of steps.entries()) {
        const where = `${file}: ${word} ${rest}`;
        if (word === 'answer' && rehearsed[i].screen === undefined)
            continue; // the dialogue is over: a phone has nothing to answer
        const shown = await RUN[word](live, rest);
        assert.equal(shown, rehearsed[i].screen && live.numbers.same(rehearsed[i].screen, shown), where);
        for (const wanted of rehearsed[i].sms) {
            const count = (live.taken.get(live.phone.msisdn) ?? 0) + 1;
            const { text } = await live.centre.smsFor(live.phone.msisdn, count - 1);
            live.taken.set(live.phone.msisdn, count);
            assert.equal(text, live.numbers.same(wanted, text), where);
        }
        seen += (rehearsed[i].screen !== undefined) + rehearsed[i].sms.length;
    }
    return seen;
}

const files = fs.readdirSync(FOLDER).filter((f) => f.endsWith('.dialog')).sort();
const planning = files.filter((f) => stepsOf(f).some(([word]) => word === 'training'));

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

test('golden dialogues, rehearsed and live', async () => {
    await withCentres('play', async (scene, narrow) => {
        const queue = files.filter((f) => !planning.includes(f));
        const counts = [];
        await Promise.all([1, 2, 3, 4].map(async () => {
            for (let file; (file = queue.shift());)
                counts.push(await compare(file, files.indexOf(file), scene, narrow));
        }));
        const seen = counts.reduce((sum, n) => sum + n, 0);
        assert.ok(seen > 250, `only ${seen} screens and SMS were compared`);
    });
});

for (const file of planning) { // trainings are for all: each has a store of its own
    test(`golden dialogue ${file}, rehearsed and live`, async () => {
        await withCentres('play-training', async (scene, narrow) => {
            assert.ok(await compare(file, 1, scene, narrow) > 10);
        });
    });
}
