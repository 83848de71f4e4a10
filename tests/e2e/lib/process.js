// Child processes of a test: started, watched line by line, ended by their own pid.
'use strict';

const { spawn } = require('node:child_process');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const { StringDecoder } = require('node:string_decoder');

const ROOT = path.resolve(__dirname, '../../..');
const BUILD = path.resolve(ROOT, process.env.BUILD || 'build');

// For LD_PRELOAD: a library of tests/fault, from the folder that programs start in. The loader takes a path with a blank
// for two.
function preload(library) {
    return path.relative(ROOT, path.join(BUILD, 'tests/fault', library));
}
// A sanitized program is several times slower; so is a machine with other work.
const PATIENCE_MS = 20000;

const delay = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// Waits until probe() gives something truthy and returns it; throws with `what` after PATIENCE_MS.
async function until(what, probe, patienceMs = PATIENCE_MS) {
    const end = Date.now() + patienceMs;
    for (;;) {
        const value = await probe();
        if (value)
            return value;
        if (Date.now() > end)
            throw new Error(`waited ${patienceMs} ms in vain for: ${typeof what === 'function' ? what() : what}`);
        await delay(10);
    }
}

const FIRST_PORT = 10081; // fetch() refuses 10080 ("bad port"), and no port above
const [KERNEL_PORT] = fs.readFileSync('/proc/sys/net/ipv4/ip_local_port_range', 'latin1').split('\t').map(Number);

// A port of 127.0.0.1 that was free a moment ago; not of those that the kernel gives away, where it leaves room
// below them: another test's connection or server could have got it before it is used. Each is given once.
const given = new Set();

function freePort() {
    const room = Math.max(0, KERNEL_PORT - FIRST_PORT);
    return new Promise((resolve, reject) => {
        const server = net.createServer();
        server.on('error', (error) => (error.code === 'EADDRINUSE' ? resolve(freePort()) : reject(error)));
        server.listen(room && FIRST_PORT + Math.floor(Math.random() * room), '127.0.0.1', () => {
            const { port } = server.address();
            server.close(() => {
                resolve(given.has(port) ? freePort() : port);
                given.add(port);
            });
        });
    });
}

// A file without a name for a standard error. Into a pipe warungd drops lines of its log where nobody reads for a
// moment, and a test's process stands still for longer beside other work.
function unnamedFile() {
    const name = path.join(os.tmpdir(), `warung-stderr-${process.pid}-${Math.random().toString(36).slice(2)}`);
    const fd = fs.openSync(name, 'wx+');
    fs.unlinkSync(name);
    return fd;
}

class Process {
    // `errorsToPipe`: standard error is a pipe all the same, for a program that may write no file.
    constructor(file, args, { errorsToPipe = false, ...options } = {}) {
        this.name = path.basename(file);
        this.text = '';
        this.stdout = '';
        this.stderr = errorsToPipe ? null : { fd: unnamedFile(), read: 0, decoder: new StringDecoder('utf8') };
        this.child = spawn(file, args, { stdio: ['pipe', 'pipe', this.stderr?.fd ?? 'pipe'], cwd: ROOT, ...options });
        this.ended = new Promise((resolve) => {
            this.child.on('close', (code, signal) => {
                this.code = code;
                this.signal = signal;
                this.readErrors();
                if (this.stderr)
                    fs.closeSync(this.stderr.fd);
                this.stderr = null;
                resolve(code ?? signal);
            });
            this.child.on('error', (error) => {
                this.text += String(error);
                resolve(error);
            });
        });
        this.child.stdin.on('error', () => {});
        this.child.stdout.on('data', (data) => {
            this.readErrors(); // what was said before
            this.text += data;
            this.stdout += data;
        });
        this.child.stderr?.on('data', (data) => (this.text += data));
    }

    readErrors() {
        if (!this.stderr)
            return;
        const { fd, decoder } = this.stderr;
        const size = fs.fstatSync(fd).size - this.stderr.read;
        if (size <= 0)
            return;
        const octets = Buffer.alloc(size);
        const read = fs.readSync(fd, octets, 0, size, this.stderr.read);
        this.stderr.read += read;
        this.text += decoder.write(octets.subarray(0, read));
    }

    // What it has written until now.
    get output() {
        this.readErrors();
        return this.text;
    }

    get isRunning() {
        return this.child.exitCode === null && this.child.signalCode === null;
    }

    // Waits for a line of the output that the pattern matches; fails at once when the process ends.
    async sees(pattern, patienceMs) {
        return until(() => `${pattern} in the output of ${this.name}:\n${this.output}`, () => {
            const match = this.output.match(pattern);
            if (!match && !this.isRunning)
                throw new Error(`${this.name} ended (${this.code ?? this.signal}) without ${pattern}:\n${this.output}`);
            return match;
        }, patienceMs);
    }

    // Sends the signal and waits for the end; returns the exit status, or the signal that ended it.
    async end(signal = 'SIGTERM') {
        if (this.isRunning)
            this.child.kill(signal);
        let timer;
        const late = new Promise((resolve) => (timer = setTimeout(resolve, PATIENCE_MS, 'late')));
        const result = await Promise.race([this.ended, late]);
        clearTimeout(timer);
        if (result !== 'late')
            return result;
        this.child.kill('SIGKILL');
        await this.ended;
        throw new Error(`${this.name} did not end on ${signal}:\n${this.output}`);
    }
}

// Runs to the end: { code, stdout, output }.
async function run(file, args, { input, env, cwd = ROOT } = {}) {
    const process_ = new Process(file, args, { cwd, env: { ...process.env, ...env } });
    process_.child.stdin.end(input);
    await process_.ended;
    return { code: process_.code ?? process_.signal, stdout: process_.stdout, output: process_.output };
}

function temporaryFolder(name) {
    return fs.mkdtempSync(path.join(os.tmpdir(), `warung-${name}-`));
}

module.exports = { BUILD, PATIENCE_MS, Process, ROOT, delay, freePort, preload, run, temporaryFolder, until };
