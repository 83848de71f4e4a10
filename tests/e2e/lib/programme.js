// The shipped programme as a merchant meets it: the answers of a registration and what is expected.
'use strict';

const assert = require('node:assert/strict');

// Words that stand in no menu text: menus are kept in Redis too, and tests look there for the merchant.
const MERCHANT = {
    name: 'RATNA DEWI', nik: '1871994101809999', business: 'KEDAI BU RATNA', category: 'WARUNG',
    regency: '1872', district: '187203',
};

// What is typed from the main menu's "1" to the last "1. Kirim"; each with a word of the screen that
// asks for it, so that a wrong turn shows where it was taken.
const ANSWERS = [
    ['#TerusUsaha Lampung', '1'], // Daftar UMKM
    ['Setuju?', '1'],
    ['nama lengkap', MERCHANT.name],
    ['NIK', MERCHANT.nik],
    ['nama usaha', MERCHANT.business],
    ['Jenis usaha', '1'],
    ['Kab/kota', '2'], // Metro
    ['Kecamatan', '1'],
    ['Penjualan per bulan', '1'],
    ['HP pintar', '1'],
    ['Periksa:', '1'],
];

// Through the language question, if it comes, to the main menu.
async function openMainMenu(phone) {
    let screen = await phone.dial();
    if (screen.text.includes('Pilih bahasa'))
        screen = await phone.answer('1');
    assert.match(screen.text, /#TerusUsaha Lampung \(gratis\)/);
    return screen;
}

// Answers from the screen shown; `from` and `to` select questions of ANSWERS. The last screen.
async function answerQuestions(phone, screen, from = 0, to = ANSWERS.length) {
    for (const [word, answer] of ANSWERS.slice(from, to)) {
        assert.ok(screen.text.toLowerCase().includes(word.toLowerCase()),
            `expected "${word}" before typing "${answer}", got:\n${screen.text}`);
        assert.equal(screen.ended, false);
        screen = await phone.answer(answer);
    }
    return screen;
}

// The registration number on the last screen, 11 digits.
function regnoOf(screen) {
    const match = screen.text.match(/\b(\d{4})-(\d{6})-(\d)\b/);
    assert.ok(match, `no registration number in:\n${screen.text}`);
    return match[1] + match[2] + match[3];
}

async function register(phone) {
    const screen = await answerQuestions(phone, await openMainMenu(phone));
    assert.equal(screen.ended, true);
    return regnoOf(screen);
}

module.exports = { ANSWERS, MERCHANT, answerQuestions, openMainMenu, register, regnoOf };
