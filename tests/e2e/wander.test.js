// `warungctl menu play` and the live gateway show the same screens and owe the same SMS, character by
// character, to merchants who take whatever way comes to mind.
//
//   WANDER_SEED=7 WANDERERS=500 STEPS=200 node --test tests/e2e/wander.test.js
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { Random } = require('../fault/lib/random');
const { Numbers, RUN, numberOf, order, rehearse, withCentres } = require('./lib/rehearsal');
const { Wanderer } = require('./lib/wander');

const SEED = Number(process.env.WANDER_SEED ?? 1);
const WANDERERS = Number(process.env.WANDERERS ?? 32);
const STEPS = Number(process.env.STEPS ?? 60);

// An order about the one registration that there is; which of several is meant, the rehearsal is not told.
// What it owes is awaited: a gateway looks only now and then for what warungctl has owed.
async function giveOrder(live, rest, steps) {
    const { msisdn } = live.phone;
    const { code, stdout } = await live.gateway.ctl('--json', 'merchants', 'show', msisdn);
    if (code !== 0 || Array.isArray(JSON.parse(stdout)))
        return;
    const count = live.centre.sms.filter((s) => s.msisdn === msisdn).length;
    const isDone = (await order(live, rest)).code === 0;
    steps.push(['officer', isDone ? rest : `${rest} refused`]);
    if (isDone)
        await live.centre.smsFor(msisdn, count);
}

// Walks; the steps, and the screen that each brought.
async function walk(wanderer, live) {
    const steps = [], screens = []; // by their place
    let open;
    while (steps.length < STEPS) {
        const [word, rest] = wanderer.next(open);
        if (word === 'officer') {
            await giveOrder(live, rest, steps);
            continue;
        }
        const shown = await RUN[word](live, rest);
        screens[steps.length] = shown;
        steps.push([word, rest]);
        if (rest === 'HAPUS YA') // where it is done at once, the phone in the terminal has no dialogue any more
            open = undefined;
        if (shown !== undefined)
            open = live.phone.screens.at(-1).ended ? undefined : shown;
    }
    return { steps, screens };
}

async function compare(place, scene) {
    const msisdn = numberOf(place, '6281200000001');
    const live = { gateway: scene.gateway, centre: scene.centre, numbers: new Numbers(), phone: scene.centre.phone(msisdn) };
    const { steps, screens } = await walk(new Wanderer(new Random(SEED * 100000 + place)), live);
    const rehearsed = await rehearse(steps, place);
    const told = (i) => `WANDER_SEED=${SEED}, the one of place ${place}:\n${steps.slice(0, i + 1).map((s) => s.join(' ')).join('\n')}`;
    let sms = 0;
    for (const [i, { screen, sms: owed, isDone }] of rehearsed.entries()) {
        assert.ok(isDone || steps[i][0] !== 'officer', told(i));
        assert.equal(screens[i], screen && live.numbers.same(screen, screens[i] ?? ''), told(i));
        for (const wanted of owed) {
            const { text } = await live.centre.smsFor(msisdn, sms++);
            assert.equal(text, live.numbers.same(wanted, text), told(i));
        }
    }
    assert.equal(live.centre.sms.filter((s) => s.msisdn === msisdn).length, sms, `SMS that the rehearsal does not owe; ${told(STEPS)}`);
    return { screens: screens.filter((s) => s !== undefined), sms };
}

test('whatever merchants do, rehearsed and live', async (t) => {
    await withCentres('wander', async (scene) => {
        const places = [...Array(WANDERERS).keys()];
        const screens = new Set();
        let sms = 0;
        await Promise.all([1, 2, 3, 4].map(async () => {
            for (let place; (place = places.shift()) !== undefined;) {
                const seen = await compare(place, scene);
                seen.screens.forEach((s) => screens.add(s));
                sms += seen.sms;
            }
        }));
        t.diagnostic(`${screens.size} different screens, ${sms} SMS`);
        assert.ok(screens.size > 100, `only ${screens.size} different screens`);
        assert.ok(sms > 200, `only ${sms} SMS`);
    });
});
