// `warungctl menu play` and the live gateway show the same screens and owe the same SMS, character by
// character, to merchants who take whatever way comes to mind, while days go by. Then they are erased, and
// no number is left in the store.
//
//   WANDER_SEED=7 WANDERERS=100 STEPS=200 HOPS=12 node --test tests/e2e/wander.test.js
'use strict';

const assert = require('node:assert/strict');
const test = require('node:test');

const { Random } = require('../fault/lib/random');
const { Clock, HOUR_MS } = require('./lib/clock');
const { delay, until } = require('./lib/process');
const { Numbers, RUN, Terminal, numberOf, withCentres } = require('./lib/rehearsal');
const { Wanderer } = require('./lib/wander');

const SEED = Number(process.env.WANDER_SEED ?? 4);
const WANDERERS = Number(process.env.WANDERERS ?? 24);
const STEPS = Number(process.env.STEPS ?? 30); // of each, between two hops of the clock
const HOPS = Number(process.env.HOPS ?? 3);
const NUMBER = '6281200000001';

// None ends where something is due, so that a minute makes no difference; none is so long that the one who is
// reminded is rejected, too (the gateway would find both due); and it stays day.
function hopsOf(random) {
    const hops = [];
    for (let hour = 10; hops.length < HOPS;) {
        const drift = random.pick([-1, 1]);
        if (hour + drift < 9 || hour + drift > 16)
            continue;
        hour += drift;
        hops.push(`${random.pick([24, 48]) + drift}h`);
    }
    return hops;
}
const msOf = (hop) => parseInt(hop, 10) * HOUR_MS;

// What was due within a hop is done behind it.
const undated = (text) => text.replace(/(dihapus pada|deleted on) \d\d-\d\d-\d{4}/, '$1 DAY');

class Merchant {
    constructor(place, hops) {
        this.place = place;
        this.hops = hops;
        this.steps = []; // [word, rest] each, and
        this.rehearsed = []; // what the terminal showed
        this.at = 0;
        this.smsCount = 0;
    }

    // In the terminal, all the days.
    async rehearse() {
        const wanderer = new Wanderer(new Random(SEED * 100000 + this.place));
        const terminal = new Terminal(this.place);
        for (let day = 0; day <= this.hops.length; day++) {
            for (let screen, i = 0; i < STEPS; i++)
                screen = await this.go(terminal, wanderer.next(screen), screen);
            if (day < this.hops.length)
                await this.take(terminal, ['later', this.hops[day]]);
        }
        await terminal.end();
    }

    async take(terminal, step) {
        const shown = await terminal.take(step);
        this.steps.push(step);
        this.rehearsed.push(shown);
        return shown;
    }

    // The screen that is open then.
    async go(terminal, step, screen) {
        const shown = await terminal.take(step);
        const [word, rest] = step;
        if (word === 'officer') {
            if (/no-such-registration/.test(shown.output))
                return screen;
            if (!shown.isDone)
                step = [word, `${rest} refused`];
        }
        this.steps.push(step);
        this.rehearsed.push(shown);
        if (shown.screen !== undefined)
            return shown.isOver ? undefined : shown.screen;
        return rest === 'HAPUS YA' ? undefined : screen; // where it is done at once, no dialogue is open any more
    }

    where() {
        const steps = this.steps.slice(0, this.at + 1).map((step) => step.join(' '));
        return `WANDER_SEED=${SEED}, the one of place ${this.place}:\n${steps.join('\n')}`;
    }

    live(scene) {
        this.centre = scene.centre;
        this.gateway = scene.gateway;
        this.numbers = new Numbers();
        this.phone = scene.centre.phone(numberOf(this.place, NUMBER));
    }

    told() {
        return this.centre.sms.filter((s) => s.msisdn === this.phone.msisdn).slice(this.smsCount).map((s) => s.text);
    }

    // As rehearsed, up to the next hop.
    async serve() {
        for (; this.at < this.steps.length && this.steps[this.at][0] !== 'later'; this.at++) {
            const [word, rest] = this.steps[this.at];
            const { screen, sms } = this.rehearsed[this.at];
            const shown = await RUN[word](this, rest);
            assert.equal(shown, screen && this.numbers.same(screen, shown ?? ''), this.where());
            await until(() => `${sms.length} SMS; ${this.where()}`, () => this.told().length >= sms.length);
            for (const [i, text] of this.told().entries())
                assert.equal(text, sms[i] && this.numbers.same(sms[i], text), this.where());
            this.smsCount += sms.length;
        }
    }

    // What comes by itself meanwhile comes in any order.
    async pass() {
        if (this.at === this.steps.length)
            return;
        const { sms } = this.rehearsed[this.at];
        await until(() => `${sms.length} SMS, not ${this.told().length}; ${this.where()}`, () => this.told().length >= sms.length);
        await delay(1000);
        assert.deepEqual(this.told().map(undated).sort(), sms.map((text) => undated(this.numbers.typed(text))).sort(), this.where());
        this.smsCount += sms.length;
        this.at++;
    }

    async erase() {
        const { code, output } = await this.gateway.ctl('erase', this.phone.msisdn);
        assert.ok(code === 0 || (code === 1 && /nothing is stored/.test(output)), output);
    }
}

// So many at a time.
async function each(merchants, does) {
    const queue = [...merchants];
    await Promise.all([1, 2, 3, 4].map(async () => {
        for (let merchant; (merchant = queue.shift());)
            await does(merchant);
    }));
}

test('whatever merchants do, rehearsed and live', async (t) => {
    const clock = new Clock();
    try {
        clock.stepToHour(3); // ten in Lampung
        const hops = hopsOf(new Random(SEED));
        const merchants = Array.from({ length: WANDERERS }, (_, place) => new Merchant(place, hops));
        await withCentres('wander', async (scene) => {
            await each(merchants, (m) => m.rehearse());
            merchants.forEach((m) => m.live(scene));
            for (let day = 0; day <= hops.length; day++) {
                await each(merchants, (m) => m.serve());
                if (day < hops.length)
                    clock.step(msOf(hops[day]));
                await Promise.all(merchants.map((m) => m.pass()));
            }
            await each(merchants, (m) => m.erase());
            let left;
            await until(() => `no more of ${left}`, async () => {
                const held = await scene.redis.dump();
                left = merchants.map((m) => m.phone.msisdn).filter((number) => held.includes(number));
                return left.length === 0;
            }, 5000);
        });
        const shown = merchants.flatMap((m) => m.rehearsed);
        const screens = new Set(shown.map((s) => s.screen));
        const sms = shown.flatMap((s) => s.sms);
        const byThemselves = merchants.flatMap((m) => m.rehearsed.filter((_, i) => m.steps[i][0] === 'later').flatMap((s) => s.sms));
        t.diagnostic(`${screens.size} different screens, ${sms.length} SMS, ${byThemselves.length} of them by themselves`);
        assert.ok(screens.size > 100 && sms.length > 200 && byThemselves.length > 10);
    } finally {
        clock.end();
    }
});
