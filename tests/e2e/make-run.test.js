// `make run` with a pipe for a phone: the command of the README.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');
const path = require('node:path');
const test = require('node:test');

const { ANSWERS, MERCHANT } = require('./lib/programme');
const { BUILD, Process, run, temporaryFolder, until } = require('./lib/process');

// make, without what a surrounding make says to its children.
function environment(folder) {
    return { MAKEFLAGS: '', MFLAGS: '', MAKELEVEL: '', BUILD: '', RUN: folder, PHONE: '6281200000071' };
}

const KIND = /build-(\w+)$/.exec(BUILD)?.[1] ?? 'plain';

function makeRun(folder, keystrokes) {
    return run('make', ['-s', 'run', `KIND=${KIND}`], {
        input: keystrokes.map((line) => `${line}\n`).join(''), env: environment(folder),
    });
}

// README.md's picture of it, two columns, as passages of what it prints.
function pictured(regno) {
    const picture = fs.readFileSync(path.join(__dirname, '../../README.md'), 'utf8').match(/^ +\$ make run\n((?: {4}.+\n)+)/m)[1];
    const rows = picture.trimEnd().split('\n').map((line) => line.slice(4).split(/ {2,}(.+)/));
    const lines = [0, 1].flatMap((column) => rows.map((row) => row[column]));
    return lines.join('\n').replace('SITI AMINAH', MERCHANT.name).replace('WARUNG BU SITI', MERCHANT.business)
        .replace(/1872-\d{6}-\d/, regno).split(/\n.*\.\.\.\n/);
}

// Pids of processes that name the folder on their command line.
function processesOf(folder) {
    return fs.readdirSync('/proc').filter((pid) => /^\d+$/.test(pid)).filter((pid) => {
        try {
            return fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(folder);
        } catch {
            return false;
        }
    });
}

test('a pipe registers a merchant; the next run finds it; nothing is left running', async () => {
    const folder = temporaryFolder('make-run');
    const answers = ANSWERS.map(([, answer]) => answer);
    const first = await makeRun(folder, ['*384#', '1', ...answers]);
    assert.equal(first.code, 0, first.output);
    assert.match(first.stdout, /Terima kasih, pendaftaran terkirim\./);
    const [regno] = first.stdout.match(/1872-\d{6}-\d/);
    const passages = pictured(regno);
    assert.equal(passages.length, 3);
    for (const passage of passages)
        assert.ok(first.stdout.includes(passage), passage);
    assert.deepEqual(processesOf(folder), []);

    const second = await makeRun(folder, ['*384#', '2', 'hangup', 'sms STATUS']);
    assert.equal(second.code, 0, second.output);
    assert.ok(second.stdout.includes(`${regno}\nStatus: TERKIRIM`), second.stdout);
    assert.ok(second.stdout.includes(`#TerusUsaha ${regno}: TERKIRIM`), second.stdout);
    assert.equal(second.stdout.includes(MERCHANT.nik), false);
    assert.doesNotMatch(second.stdout, /event=|make|level=/, 'the phone\'s screens alone');
    fs.rmSync(folder, { recursive: true });
});

test('what a killed run left behind is cleared by the next', async () => {
    const folder = temporaryFolder('make-run-killed');
    const killed = new Process('bash', ['tools/run.sh'], {
        env: { ...environment(folder), BUILD },
    });
    await until('the daemon of the first run', () =>
        fs.existsSync(`${folder}/warungd.log`) && /gateway\.ready/.test(fs.readFileSync(`${folder}/warungd.log`)));
    killed.child.kill('SIGKILL'); // the script alone: what it started lives on
    await until('its end', () => !killed.isRunning);
    assert.equal(processesOf(folder).length >= 2, true);
    const next = await makeRun(folder, ['*384#']);
    assert.equal(next.code, 0, next.output);
    assert.match(next.stdout, /#TerusUsaha/);
    assert.deepEqual(processesOf(folder), []);
    killed.child.stdin.end();
    fs.rmSync(folder, { recursive: true });
});

// A socket's path has at most 107 octets: a checkout that lies deep must do.
test('a folder with a long name that has blanks', async () => {
    const parent = temporaryFolder('make-run-long');
    const folder = path.join(parent, `${'deep '.repeat(20)}folder`, 'run');
    const result = await makeRun(folder, ['*384#', 'hangup', 'sms']);
    assert.equal(result.code, 0, result.output);
    assert.match(result.stdout, /Tabik pun!/);
    assert.match(result.stdout, /what does it say\?/);
    assert.deepEqual(processesOf(folder), []);
    fs.rmSync(parent, { recursive: true });
});

test('a number that is none is told at once', async () => {
    const folder = temporaryFolder('make-run-number');
    const result = await run('make', ['-s', 'run', `KIND=${KIND}`], {
        input: '*384#\n', env: { ...environment(folder), PHONE: '0812-0000' },
    });
    assert.notEqual(result.code, 0);
    assert.match(result.output, /PHONE is a number with its country code/);
    fs.rmSync(folder, { recursive: true });
});
