// A gateway under test with a configuration of its own.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { BUILD, Process, ROOT, freePort, run } = require('./process');

const MENU = path.join(ROOT, 'conf/menus/terususaha.cfg');

function quote(value) {
    return `"${String(value).replace(/[\\"]/g, '\\$&')}"`;
}

// A JavaScript value as libconfig text: objects are groups, arrays lists.
function libconfig(value) {
    if (Array.isArray(value))
        return `( ${value.map(libconfig).join(', ')} )`;
    if (value && typeof value === 'object')
        return `{ ${Object.entries(value).map(([k, v]) => `${k} = ${libconfig(v)};`).join(' ')} }`;
    return typeof value === 'string' ? quote(value) : String(value);
}

class Gateway {
    // `settings` replace or add top-level keys of the configuration.
    constructor(folder, redis, settings) {
        this.folder = folder;
        this.file = path.join(folder, 'warung.cfg');
        this.settings = {
            instance: 'e2e',
            redis: { servers: [redis.server], buckets: 16 },
            menus: [{ file: MENU, codes: ['*384#'], sms: ['384'] }],
            drain_timeout_s: 5,
            log: { level: 'debug' },
            ...settings,
        };
    }

    async writeConfiguration() {
        if (!this.settings.admin) {
            this.port = await freePort();
            this.settings.admin = { listen: `127.0.0.1:${this.port}` };
        }
        const text = Object.entries(this.settings).map(([k, v]) => `${k} = ${libconfig(v)};\n`);
        fs.writeFileSync(this.file, text.join(''));
    }

    launch(env = {}, ...options) {
        this.process = new Process(path.join(BUILD, 'warungd'), ['-c', this.file, ...options],
            { env: { ...process.env, ...env }, errorsToPipe: this.errorsToPipe });
        return this;
    }

    async start() {
        await this.writeConfiguration();
        this.launch();
        await this.process.sees(/event=gateway\.ready/);
        return this;
    }

    get log() {
        return this.process.output;
    }

    async kill() {
        return this.process.end('SIGKILL');
    }

    async stop() {
        return this.process ? this.process.end('SIGTERM') : undefined;
    }

    // GET of the admin port: { status, text }.
    async get(where) {
        const url = `http://127.0.0.1:${this.port}${where}`;
        const response = await fetch(url).catch((error) => {
            throw new Error(`GET ${url}: ${error.cause?.message ?? error.message}`);
        });
        return { status: response.status, text: await response.text() };
    }

    // warungctl with this gateway's configuration: { code, stdout, output }.
    ctl(...args) {
        return run(path.join(BUILD, 'warungctl'), ['-c', this.file, ...args]);
    }

    async ctlJson(...args) {
        const result = await this.ctl(...args, '--json');
        if (result.code !== 0)
            throw new Error(`warungctl ${args.join(' ')}: ${result.code}\n${result.output}`);
        return JSON.parse(result.stdout);
    }
}

module.exports = { Gateway, MENU, libconfig };
