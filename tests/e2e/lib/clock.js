// One wall clock for all programs that a test starts from now on, which the test can step
// (tests/fault/clock.c). The test's own Date is not moved: clock.now() is the programs' time.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { preload, temporaryFolder } = require('./process');

const HOUR_MS = 3600000;
const DAY_MS = 24 * HOUR_MS;

class Clock {
    constructor() {
        this.folder = temporaryFolder('clock');
        this.file = path.join(this.folder, 'ahead');
        this.set(0);
        process.env.CLOCK_AHEAD = this.file;
        process.env.LD_PRELOAD = preload('clock.so');
        // A sanitized program wants its own library to be the first.
        process.env.ASAN_OPTIONS = `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`;
    }

    set(aheadMs) {
        this.aheadMs = aheadMs;
        const octets = Buffer.alloc(8);
        octets.writeBigInt64LE(BigInt(aheadMs) * 1000n);
        const fd = fs.openSync(this.file, fs.constants.O_WRONLY | fs.constants.O_CREAT);
        fs.writeSync(fd, octets, 0, 8, 0);
        fs.closeSync(fd);
    }

    now() {
        return Date.now() + this.aheadMs;
    }

    step(ms) {
        this.set(this.aheadMs + ms);
    }

    // To the next time that it is so many hours (UTC).
    stepToHour(hour) {
        const at = hour * HOUR_MS;
        this.step((at - (this.now() % DAY_MS) + DAY_MS) % DAY_MS);
    }

    end() {
        delete process.env.LD_PRELOAD;
        delete process.env.CLOCK_AHEAD;
        fs.rmSync(this.folder, { recursive: true, force: true });
    }
}

module.exports = { Clock, DAY_MS, HOUR_MS };
