// A round's scene: one or two gateways between a loaded centre and Redis.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { BUILD, Process, ROOT, delay, freePort, run, until } = require('../../e2e/lib/process');
const { Gateway } = require('../../e2e/lib/warungd');
const { makeAuthority } = require('../../e2e/lib/tls');
const { Road, fromGateways, tlsBehind, tlsInFront } = require('./road');

const WAIT_MS = 180000;

class Scene {
    // `link`: how the centre speaks, see rounds.js. Redis is there already.
    // env: of the first gateway's first life.
    constructor({ folder, redis, random, gateways = 1, load, env = {} }) {
        Object.assign(this, { folder, redis, random, load, env, count: gateways, gateways: [] });
        fs.mkdirSync(folder, { recursive: true });
    }

    async start() {
        this.port = await freePort();
        if (this.load.isTls)
            await this.makeCertificate();
        if (!this.load.isPartner)
            await this.openCentre();
        for (let i = 0; i < this.count; i++)
            this.gateways.push(this.makeGateway(`gw${i + 1}`, await freePort()));
        for (const gateway of this.gateways)
            await gateway.writeConfiguration();
        await Promise.all(this.gateways.map((g, i) => this.launch(g, i === 0 ? this.env : {})));
        if (this.load.isPartner) {
            const ends = this.load.isTls ? { ends: tlsBehind(this.certificate) } : {};
            this.road = await new Road(this.gateways.map((g) => g.partnerPort), { ...this.distance, ...ends }).listen(this.port);
            await this.dial();
        }
        await until('the load to begin', async () => (await this.stats()).sent > 0);
    }

    get distance() {
        return { delayMs: this.load.delayMs, jitterMs: this.load.jitterMs };
    }

    async makeCertificate() {
        this.authority = await makeAuthority(this.folder);
        await this.renewCertificate();
    }

    // In its place; a gateway that has read it goes on with the old one. A centre's end of the road shows the new one.
    async renewCertificate() {
        this.certificate = { ca: this.authority.cert, ...await this.authority.issue('localhost') };
        this.road?.renew(this.certificate);
    }

    // It listens; between it and the gateways is a road where it is far, where they speak TLS, or where one is asked for.
    async openCentre() {
        await this.dial();
        this.gatewaysDial = this.port;
        if (!this.load.isTls && !this.load.delayMs && !this.load.hasRoad)
            return;
        const ends = this.load.isTls ? tlsInFront(this.certificate) : fromGateways;
        this.road = await new Road([this.port], { ...this.distance, ends }).listen(0);
        this.gatewaysDial = this.road.port;
    }

    // A centre and its subscribers; again, with others, when the last ones are done.
    async dial() {
        const binds = this.count * this.load.binds;
        const echo = this.load.echo;
        this.control = path.join(this.folder, 'centre.sock');
        this.centre = new Process(path.join(BUILD, 'warung-smsc'), ['load',
            ...(this.load.isPartner ? ['--connect', `127.0.0.1:${this.port}`, '--bind', this.load.bind,
                '--system-id', 'agg1', '--password', 'secret'] : ['--listen', `127.0.0.1:${this.port}`]),
            '--binds', binds, '--wait-bind', 60,
            '--flow', path.join(ROOT, 'tests/smsc/flows/register.flow'), '--control', this.control,
            '--seconds', this.load.seconds, '--warmup', 0, '--drain', 90,
            ...(this.load.rate ? ['--rate', this.load.rate, '--think', 40] : ['--dialogues', this.load.dialogues]),
            '--response-timeout', 4000, '--retry', 200, '--give-up', 60000, '--screen-timeout', 45000,
            '--enquire-link', 1, '--its', echo ? 'echo' : 'constant',
            // Unnumbered, a key pressed again at once at another gateway passes for a copy.
            ...(echo ? [] : ['--reenter', 1000, '--sticky']),
            '--seed', this.load.seed, '--first-phone', this.load.firstPhone, '--phones', 1000000,
            '--json', '--ledger-out', path.join(this.folder, 'ledger.json')].map(String));
        // The last gateway to bind starts the load.
        await until('the centre', () => fs.existsSync(this.control) || !this.centre.isRunning);
    }

    async stats() {
        const { stdout } = await this.tellCentre('stats');
        return stdout.startsWith('{') ? JSON.parse(stdout) : {};
    }

    // Looks at the inputs taken, some fifty times a second; stop() tells the longest time without one.
    watchOutage() {
        let taken = 0, sinceMs = Date.now(), longestMs = 0, isOver = false;
        const look = async () => {
            while (!isOver) {
                const { accepted } = await this.stats();
                const nowMs = Date.now();
                if (accepted !== taken) {
                    longestMs = Math.max(longestMs, nowMs - sinceMs);
                    [taken, sinceMs] = [accepted, nowMs];
                }
                await delay(10);
            }
        };
        const done = look();
        return async () => {
            isOver = true;
            await done;
            return longestMs;
        };
    }

    // The same gateways, another crowd.
    async dialAgain() {
        await this.dial();
        await until('the load to begin', async () => (await this.stats()).sent > 0, 60000);
    }

    // How it and the centre meet: it binds, or is bound to at a port of its own.
    linksOf(partnerPort) {
        const { isTls, delayMs } = this.load;
        const common = { window: delayMs > 0 ? 512 : 64, codes: ['*384#', '384'], enquire_link_s: 1, response_timeout_s: 3, ...(this.load.echo ? { dialect: 'units', turn_token: 'echo' } : {}) };
        if (this.load.isPartner)
            return {
                partners: {
                    listen: [`127.0.0.1:${partnerPort}`],
                    accounts: [{ system_id: 'agg1', password: 'secret', allow: ['127.0.0.1/32'], max_binds: 16, in_tps: this.load.inTps, ...common }],
                    ban_s: 2,
                    ...(isTls ? { tls: { cert: this.certificate.cert, key: this.certificate.key } } : {}),
                },
            };
        return {
            smsc: [{
                name: 'op1', host: isTls ? 'localhost' : '127.0.0.1', port: this.gatewaysDial, system_id: 'warung', password: 'secret',
                bind: this.load.bind ?? 'transceiver', binds: this.load.binds, ...common,
                ...(isTls ? { tls: { ca: this.certificate.ca, verify: true } } : {}),
            }],
        };
    }

    makeGateway(instance, partnerPort) {
        const folder = path.join(this.folder, instance);
        fs.mkdirSync(folder, { recursive: true });
        const dialects = path.join(folder, 'dialects.cfg');
        fs.writeFileSync(dialects, 'dialects = ( { name = "units"; session_out = "echo+unit"; } );\n');
        const gateway = new Gateway(folder, { server: '' }, {
            instance,
            dialects_file: dialects,
            redis: { buckets: 64, connections: 4, ...this.redis.configuration },
            ...this.linksOf(partnerPort),
            turn: { reply_deadline_ms: 40000, answer_window_ms: 2000, sms_expiry_s: 600 },
            log: { level: 'info' },
            start_timeout_s: 60,
        });
        gateway.partnerPort = partnerPort;
        return gateway;
    }

    // Its log of this life; the earlier ones are kept.
    async launch(gateway, env) {
        if (gateway.process)
            gateway.earlier = (gateway.earlier ?? '') + gateway.process.output;
        gateway.launch(env);
        await gateway.process.sees(/event=gateway\.ready/, 60000);
    }

    // One of them; the seed chooses.
    get victim() {
        return this.random.pick(this.gateways);
    }

    tellCentre(...command) {
        return run(path.join(BUILD, 'warung-smsc'), ['tell', this.control, command.join(' ')]);
    }

    get isLoaded() {
        return this.centre.isRunning;
    }

    // The end of the load, and what there is to judge. Officers' lists are written down, so that they want
    // a group of servers that is whole; `asIs`: as it stands.
    async finish({ asIs = false } = {}) {
        let timer;
        const late = new Promise((resolve) => (timer = setTimeout(resolve, WAIT_MS, 'late')));
        const status = await Promise.race([this.centre.ended, late]);
        clearTimeout(timer);
        if (status === 'late')
            throw new Error('the load did not end');
        if (!this.centre.stdout)
            throw new Error(`the load ended with ${status}:\n${this.centre.output}`);
        const report = JSON.parse(this.centre.stdout);
        const accounts = JSON.parse(fs.readFileSync(path.join(this.folder, 'ledger.json'))).subscribers;
        if (!asIs)
            await this.redis.isWhole?.();
        const merchants = await this.gateways[0].ctlJson('merchants', 'list');
        return { report, accounts, merchants, status };
    }

    // Exit statuses of the gateways; 0 each when all is well.
    async stop() {
        const statuses = await Promise.all(this.gateways.map((g) =>
            (g.process?.isRunning ? g.stop() : g.process?.code ?? g.process?.signal)));
        if (this.centre?.isRunning)
            await this.centre.end('SIGKILL');
        this.road?.close();
        return statuses;
    }

    keepLogs() {
        for (const gateway of this.gateways)
            fs.writeFileSync(path.join(gateway.folder, 'log'), (gateway.earlier ?? '') + (gateway.process?.output ?? ''));
        fs.writeFileSync(path.join(this.folder, 'centre.log'), this.centre?.output ?? '');
    }
}

module.exports = { Scene };
