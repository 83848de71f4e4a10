// `warungctl menu play` and the live gateway show the same screens and owe the same SMS, character by
// character, for the inputs of every golden dialogue, as far as a phone and an officer can give them: up
// to where days pass, or somebody texts who has no number.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { ROOT } = require('./lib/process');
const { Numbers, RUN, numberOf, rehearse, withCentres } = require('./lib/rehearsal');

const FOLDER = path.join(ROOT, 'tests/dialogs');

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
        assert.ok(rehearsed[i].isDone || word !== 'officer', where);
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
