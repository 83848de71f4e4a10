// A merchant who takes whatever way comes to mind: dials, chooses, types, hangs up and texts by chance,
// rather sensibly. The same chance and the same screens give the same steps.
'use strict';

const NAMES = ['SITI AMINAH', 'h. budi santoso', 'Nur\'aini', 'ahmad  yani', 'SITI', 'JO', 'X', 'siti;aminah', 'Ayu 2', '-'];
const SHOPS = ['WARUNG SITI', 'toko budi 2', 'Kedai "Kopi"', 'pecel lele 88', 'A', '?'];
const OTHERS = ['3201011503850001', '1872015503850003', '18720155038500', '0', '1', '2', '3', '7', '11', '98', '99', '00',
    '1.', 'ya', 'tidak', 'no 1', '18720002862', '2862', '?', '123456789012345678901234567890'];
const PLACES = ['METRO#METRO BARAT', 'metro#metro timur', '1#1', 'Lampung Tengah#gunung sugih', '18.01#kalianda', 'XX#YY',
    'METRO#', 'METRO#KALIANDA', 'BANDAR LAMPUNG#RAJABASA'];
const CODES = ['*384#', '*384#', '*384#', '*384#', '*384*1#', '*384*2#', '*384*3#', '*384*4#', '*384*5#', '*384*6#',
    '*384*9#', '*384*1*SITI*1#', '*384*5*5#'];
const WORDS = ['YA', 'YA', 'YA', 'Ya.', 'ya setuju', 'TIDAK', 'STATUS', 'STATUS', 'BATAL', 'BANTUAN', 'TELEPON', 'STOP', 'MULAI',
    'HAPUS', 'HAPUS YA', 'INFO', 'asal saja', 'YA?', 'STATUS 18720002862', 'NAMA', 'KAB METRO', 'KEC METRO BARAT',
    'KAB 18.01', 'KEC kalianda', 'JENIS 1', 'JENIS jasa', 'JENIS 99', 'NIK 1872015503850003'];
const SEPARATORS = ['#', '#', '#', ', ', '*', ';', '\\n'];
const ORDERS = ['review', 'fix P01', 'fix P02', 'fix P03', 'approve', 'reject T02'];

class Wanderer {
    constructor(random) {
        this.random = random;
    }

    // What comes while `screen` is shown; undefined: none, or one that ended its dialogue.
    next(screen) {
        const chance = this.random.next();
        if (screen !== undefined && chance < 0.88)
            return ['answer', this.answer(screen)];
        if (chance < (screen === undefined ? 0.4 : 0.93))
            return ['dial', this.random.pick(CODES)];
        return this.random.next() < 0.85 ? this.texts() : ['officer', this.random.pick(ORDERS)];
    }

    // Mostly one of the choices shown, where there are any but to go on and back.
    answer(screen) {
        const choices = [...screen.matchAll(/^(\d+)\. /gm)].map((m) => m[1]);
        const chance = this.random.next();
        if (choices.length > 1 && chance < 0.9)
            return this.random.pick(choices);
        if (/nama usaha|business name/i.test(screen) && chance < 0.9)
            return this.random.pick(SHOPS);
        if (/nama|name/i.test(screen) && chance < 0.9)
            return this.random.pick(NAMES);
        return this.random.pick(chance < 0.5 && choices.length > 0 ? choices : OTHERS);
    }

    texts() {
        const { random } = this;
        let text;
        do {
            const chance = random.next();
            if (chance < 0.3)
                text = ['DAFTAR', random.pick(NAMES), random.pick(SHOPS), random.pick(['1', 'kopi', 'toko', '99']),
                    ...random.pick(PLACES).split('#')].slice(0, random.pick([6, 6, 6, 3, 1])).join(random.pick(SEPARATORS));
            else if (chance < 0.4)
                text = `NAMA ${random.pick(NAMES)}`;
            else if (chance < 0.5)
                text = `USAHA ${random.pick(SHOPS)}`;
            else
                text = random.pick(WORDS);
        } while (text === this.last); // twice at once it may be a copy (docs/custody.md)
        this.last = text;
        return ['sms', text];
    }
}

module.exports = { Wanderer };
