// 100,000 SMS owed at once, 5 % of submits throttled, 2 % of responses missing. MASS=n for another number.
//
// 256 links: a bind that is throttled at random, whatever its pace, and as often as here, is slowed down
// every now and then (pacer.h), so the number of binds is what decides how long this takes.
'use strict';

const test = require('node:test');

const { checkBooks, runMass } = require('../e2e/lib/mass');

const count = Number(process.env.MASS || 100000);

test(`${count} SMS, throttled and with responses missing, all accounted for`, async (t) => {
    const began = Date.now();
    let told = 0;
    const books = await runMass({
        count, entries: 256, binds: 1, window: 100, patienceMs: 1800000, receiptFail: 3,
        faults: { throttle: 5, swallow: 1, mute: 1 },
        log: (text) => {
            if (Date.now() - told < 10000)
                return;
            told = Date.now();
            t.diagnostic(`${Math.round((told - began) / 1000)} s: ${text}`);
        },
    });
    const { total, faults } = checkBooks(books);
    t.diagnostic(`${JSON.stringify(books.tally)}; ${total} at the centre; ${faults.throttle} throttled, `
        + `${faults.swallow} swallowed, ${faults.mute} without a response; ${Math.round((Date.now() - began) / 1000)} s`);
});
