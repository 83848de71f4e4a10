// A gateway with a centre and a partner for each dialect found in the field, and warung-smsc as their
// other sides, which has a table of its own (tests/smsc/speech.c): two readings must agree.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { BUILD, Process, ROOT, freePort, temporaryFolder, until } = require('./process');
const { Redis } = require('./redis');
const { plainInFront, tlsInFront } = require('./tls');
const { Gateway, MENU } = require('./warungd');

const DIALECTS = ['spec34', 'tata', 'mica', 'sixdee', 'smppplus', 'datasm', 'digitalpulse', 'fdp', 'smpp4j', 'scripts',
    'comviva', 'p2', 'tlv1501', 'bare', 'letters', 'smppsim'];
const CODES = ['*384#', '384', '555'];

class EveryDialect {
    constructor(name) {
        this.folder = temporaryFolder(name);
        this.processes = [];
        this.relays = [];
    }

    smsc(...args) {
        const process = new Process(path.join(BUILD, 'warung-smsc'), args.map(String));
        this.processes.push(process);
        return process;
    }

    file(name) {
        return path.join(this.folder, name);
    }

    // The other side of a centre: `command` and its options; resolves when its port is known.
    async startCentre(dialect, command, ...args) {
        const file = this.file(`${dialect}.port`);
        const process = this.smsc(command, '--listen', '127.0.0.1:0', '--port-file', file, '--dialect', dialect, ...args);
        const port = Number(await until(`the port of ${dialect}: ${process.output}`, () =>
            fs.existsSync(file) && fs.readFileSync(file, 'utf8').trim()));
        return { process, port };
    }

    // The other side of a partner's account.
    startPartner(dialect, command, ...args) {
        return this.smsc(command, '--connect', `127.0.0.1:${this.partnerPort}`, '--dialect', dialect,
            '--system-id', `by-${dialect}`, '--password', 'secret', ...args);
    }

    async relay(starting) {
        const relay = await starting;
        this.relays.push(relay);
        return relay.port;
    }

    // `ports` of the centres by dialect; `authority` (lib/tls.js) = everything over TLS.
    async startGateway(ports, { authority, smsc = {}, account = {}, settings = {} } = {}) {
        const certificate = authority && (await authority.issue('localhost'));
        const listen = await freePort();
        const entries = [];
        for (const dialect of DIALECTS)
            entries.push({
                name: dialect, host: authority ? 'localhost' : '127.0.0.1',
                port: authority ? await this.relay(tlsInFront(ports[dialect], certificate)) : ports[dialect],
                system_id: 'warung', password: 'secret', dialect, codes: CODES, ...smsc,
                ...(authority && { tls: { ca: authority.cert } }),
            });
        this.redis = await new Redis(this.folder).start();
        this.gateway = new Gateway(this.folder, this.redis, {
            dialects_file: path.join(ROOT, 'conf/dialects.cfg'), smsc: entries,
            partners: {
                listen: [`127.0.0.1:${listen}`],
                accounts: DIALECTS.map((dialect) => ({ system_id: `by-${dialect}`, password: 'secret', dialect, codes: CODES, ...account })),
                ...(authority && { tls: { cert: certificate.cert, key: certificate.key } }),
            },
            menus: [{ file: MENU, codes: CODES, sms: ['384'] }],
            log: { level: 'info' }, ...settings,
        });
        await this.gateway.start();
        this.partnerPort = authority ? await this.relay(plainInFront(listen, authority.cert)) : listen;
    }

    async end() {
        for (const process of this.processes)
            await process.end().catch(() => {});
        await this.gateway?.stop().catch(() => {});
        this.relays.forEach((relay) => relay.close());
        await this.redis?.stop().catch(() => {});
    }
}

// Runs body(scene) in a scene that is cleared away afterwards; the folder stays when it throws.
async function withEveryDialect(name, body) {
    const scene = new EveryDialect(name);
    try {
        await body(scene);
    } catch (error) {
        error.message += `\n---- in ${scene.folder}, the gateway's log:\n${scene.gateway?.process?.output.slice(-4000)}`;
        throw error;
    } finally {
        await scene.end();
    }
    fs.rmSync(scene.folder, { recursive: true, force: true });
}

module.exports = { DIALECTS, withEveryDialect };
