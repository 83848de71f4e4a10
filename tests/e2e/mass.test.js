// The short form of tests/fault/mass.test.js.
'use strict';

const test = require('node:test');

const { checkBooks, runMass } = require('./lib/mass');

test('2,000 SMS: 5 % throttled, 2 % of responses missing, all accounted for', async (t) => {
    const count = 2000;
    const books = await runMass({
        count, entries: 100, binds: 1, window: 32, patienceMs: 120000, receiptFail: 3,
        faults: { throttle: 5, swallow: 1, mute: 1 },
    });
    const { total, faults } = checkBooks(books);
    t.diagnostic(`${JSON.stringify(books.tally)}; ${total} at the centre; ${faults.throttle} throttled, `
        + `${faults.swallow} swallowed, ${faults.mute} without a response`);
});
