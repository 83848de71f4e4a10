// Chance that a seed repeats: mulberry32.
'use strict';

class Random {
    constructor(seed) {
        this.state = seed >>> 0;
    }

    // 0 <= x < 1
    next() {
        this.state = (this.state + 0x6d2b79f5) >>> 0;
        let t = this.state;
        t = Math.imul(t ^ (t >>> 15), t | 1);
        t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
        return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    }

    // A whole number, both ends included.
    between(least, most) {
        return least + Math.floor(this.next() * (most - least + 1));
    }

    pick(list) {
        return list[this.between(0, list.length - 1)];
    }

    flip() {
        return this.next() < 0.5;
    }
}

module.exports = { Random };
