// Redis servers on TCP ports of 127.0.0.x: alone, behind Sentinel, or as a Cluster.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { Process, ROOT, freePort, preload, run, until } = require('../../e2e/lib/process');
const { Liar } = require('../../e2e/lib/liar');

const START_MS = 60000; // six servers on a busy machine

class Server {
    // `host`: where it listens and where its own connections come from, so that a partition can tell
    // the servers apart.
    constructor(folder, name, { host = '127.0.0.1', port, settings = [], sentinel, preload = false }) {
        Object.assign(this, { name, host, port, settings, sentinel, preload });
        this.folder = path.join(folder, name);
        fs.mkdirSync(this.folder, { recursive: true });
        this.notes = path.join(this.folder, 'synced');
        this.file = path.join(this.folder, 'redis.conf');
        this.logfile = path.join(this.folder, 'log');
        this.write();
    }

    write() {
        fs.writeFileSync(this.file, this.configuration());
    }

    configuration() {
        const common = [`port ${this.port}`, `bind ${this.host}`, `bind-source-addr ${this.host}`,
            'protected-mode no', `dir ${this.folder}`, `logfile ${this.logfile}`];
        return (this.sentinel ? [...common, ...this.sentinel] :
            [`include "${ROOT}/conf/redis.conf"`, ...common, 'repl-diskless-sync-delay 0', ...this.settings])
            .join('\n') + '\n';
    }

    get address() {
        return `${this.host}:${this.port}`;
    }

    launch() {
        const env = { ...process.env };
        if (this.preload)
            Object.assign(env, { LD_PRELOAD: preload('synced.so'), SYNCED_NOTES: this.notes });
        // As in our unit: what a loss of power left unfinished goes first. A file at its limit is an error to
        // be told, not a signal to die of.
        this.process = new Process('sh', ['-c', `trap "" XFSZ; systemd/redis-tail ${this.folder}; exec redis-server "$@"`,
            'redis-server', this.file,
            ...(this.sentinel ? ['--sentinel'] : [])], { env });
        return this;
    }

    // A server that reads its files answers LOADING: not yet started.
    async isUp() {
        await until(`${this.name} to answer`, async () => (await this.command('PING')).trim() === 'PONG', START_MS);
    }

    async start() {
        this.launch();
        await this.isUp();
        return this;
    }

    get isRunning() {
        return Boolean(this.process?.isRunning);
    }

    // What redis-cli prints.
    async command(...words) {
        return (await run('timeout', ['5', 'redis-cli', '-h', this.host, '-p', String(this.port), ...words.map(String)])).stdout;
    }

    async kill() {
        if (this.isRunning)
            await this.process.end('SIGKILL');
    }

    pause() {
        this.process.child.kill('SIGSTOP');
    }

    resume() {
        this.process.child.kill('SIGCONT');
    }

    // After a kill with synced.so: cuts the append-only files where a loss of power might have, anywhere
    // from what fdatasync() has told to their end.
    losePower(random) {
        const synced = new Map();
        const notes = fs.existsSync(this.notes) ? fs.readFileSync(this.notes) : Buffer.alloc(0);
        for (let at = 0; at + 16 <= notes.length; at += 16)
            synced.set(notes.readBigUInt64LE(at), Number(notes.readBigUInt64LE(at + 8)));
        const folder = path.join(this.folder, 'appendonlydir');
        let lost = 0;
        for (const name of fs.readdirSync(folder).filter((n) => n.endsWith('.incr.aof'))) {
            const stat = fs.statSync(path.join(folder, name), { bigint: true });
            const kept = synced.get(stat.ino) ?? 0;
            const cut = kept + Math.floor(random.next() * (Number(stat.size) - kept));
            lost += Number(stat.size) - cut;
            fs.truncateSync(path.join(folder, name), cut);
        }
        return lost;
    }
}

// One server; `preload` for losses of power.
class Single {
    constructor(folder, { preload = false } = {}) {
        Object.assign(this, { folder, preload, servers: [], sentinels: [] });
    }

    async start() {
        const port = await freePort();
        this.servers = [await new Server(this.folder, 'redis', { port, preload: this.preload }).start()];
        return this;
    }

    get configuration() {
        return { servers: [this.servers[0].address], request_timeout_ms: 1000 };
    }

    async stop() {
        for (const server of [...this.sentinels, ...this.servers])
            await server.kill();
    }
}

// A master, two replicas on 127.0.0.11 to 13, and a sentinel beside each, on 127.0.0.21 to 23.
class Sentinels extends Single {
    constructor(folder, { downAfterMs = 1000, appendfsync = 'everysec' } = {}) {
        super(folder);
        Object.assign(this, { downAfterMs, appendfsync });
    }

    async start() {
        for (let i = 0; i < 3; i++) {
            const replica = i === 0 ? [] : [`replicaof ${this.servers[0].host} ${this.servers[0].port}`];
            this.servers.push(await new Server(this.folder, `redis${i + 1}`, {
                host: `127.0.0.${11 + i}`, port: await freePort(),
                settings: [`appendfsync ${this.appendfsync}`, ...replica],
            }).start());
        }
        const [master] = this.servers;
        for (let i = 0; i < 3; i++)
            this.sentinels.push(await new Server(this.folder, `sentinel${i + 1}`, {
                host: `127.0.0.${21 + i}`, port: await freePort(),
                sentinel: [`sentinel monitor warung ${master.host} ${master.port} 2`,
                    `sentinel down-after-milliseconds warung ${this.downAfterMs}`,
                    'sentinel failover-timeout warung 6000'],
            }).start());
        await this.isWhole();
        return this;
    }

    // Every sentinel knows all, and both replicas follow the master that it names.
    async isWhole() {
        await until(`${this.folder}: sentinels and replicas to come together`, async () => {
            const names = await Promise.all(this.sentinels.map((s) => s.command('SENTINEL', 'MASTER', 'warung')));
            const field = (text, name) => text.split('\n')[text.split('\n').indexOf(name) + 1];
            if (!names.every((text) => field(text, 'num-slaves') === '2' && field(text, 'num-other-sentinels') === '2' &&
                    field(text, 'flags') === 'master' && field(text, 'port') === field(names[0], 'port')))
                return false;
            this.masterPort = Number(field(names[0], 'port'));
            return (await this.master.command('INFO', 'replication')).match(/state=online/g)?.length === 2;
        }, START_MS);
    }

    // Of the last isWhole().
    get master() {
        return this.servers.find((s) => s.port === this.masterPort);
    }

    get replicas() {
        return this.servers.filter((s) => s !== this.master);
    }

    // The hosts on the other side when the master's host is cut off: all but its own sentinel's.
    get others() {
        const beside = this.servers.indexOf(this.master);
        return [...this.replicas, ...this.sentinels.filter((s, i) => i !== beside)].map((s) => s.host);
    }

    // Whom a sentinel names now.
    async named() {
        const answer = await this.sentinels[1].command('SENTINEL', 'GET-MASTER-ADDR-BY-NAME', 'warung');
        return this.servers.find((s) => s.port === Number(answer.split('\n')[1]));
    }

    get configuration() {
        return {
            mode: 'sentinel', servers: this.sentinels.map((s) => s.address), sentinel_name: 'warung',
            request_timeout_ms: 1000,
        };
    }
}

// Three masters with a replica each, or more: the masters first, then a first replica of each, ...
class Cluster extends Single {
    constructor(folder, { nodeTimeoutMs = 1000, appendfsync = 'everysec', replicas = 1 } = {}) {
        super(folder);
        Object.assign(this, { nodeTimeoutMs, appendfsync, size: 3 * (1 + replicas) });
    }

    async start() {
        for (let i = 0; i < this.size; i++)
            this.servers.push(await new Server(this.folder, `node${i + 1}`, {
                port: await freePort(),
                settings: ['cluster-enabled yes', `cluster-node-timeout ${this.nodeTimeoutMs}`,
                    `cluster-port ${await freePort()}`, 'cluster-require-full-coverage no',
                    `appendfsync ${this.appendfsync}`],
            }).start());
        await this.join();
        await this.isWhole();
        return this;
    }

    async join() {
        const [first] = this.servers;
        for (let i = 0; i < 3; i++) {
            const to = i === 2 ? 16383 : (i + 1) * 5461 - 1;
            await this.servers[i].command('CLUSTER', 'ADDSLOTSRANGE', i * 5461, to);
            await this.servers[i].command('CLUSTER', 'SET-CONFIG-EPOCH', i + 1);
        }
        for (const server of this.servers.slice(1)) {
            const bus = (await server.command('CONFIG', 'GET', 'cluster-port')).split('\n')[1];
            await first.command('CLUSTER', 'MEET', server.host, server.port, bus);
        }
        for (let i = 3; i < this.size; i++) {
            const id = (await this.servers[i % 3].command('CLUSTER', 'MYID')).trim();
            await until('a replica to be taken', async () =>
                (await this.servers[i].command('CLUSTER', 'REPLICATE', id)).trim() === 'OK', START_MS);
        }
    }

    // All slots served as every node sees it, and each master has its replica.
    async isWhole() {
        let infos = [], roles = [];
        const seen = () => this.servers.map((s, i) => `\n${s.name}:\n${infos[i]}${roles[i] ?? ''}`).join('');
        await until(() => `${this.folder}: the cluster to be whole; it is:${seen()}`, async () => {
            infos = await Promise.all(this.servers.map((s) => s.command('CLUSTER', 'INFO')));
            if (!infos.every((text) => /cluster_state:ok/.test(text) && /cluster_slots_ok:16384/.test(text) &&
                    text.includes(`cluster_known_nodes:${this.size}`)))
                return false;
            roles = await Promise.all(this.servers.map((s) => s.command('INFO', 'replication')));
            this.masters = this.servers.filter((s, i) => /role:master/.test(roles[i]));
            return this.masters.length === 3 &&
                roles.filter((text) => /role:master/.test(text)).every((text) => /state=online/.test(text)) &&
                roles.filter((text) => /role:slave/.test(text)).every((text) => /master_link_status:up/.test(text));
        }, START_MS);
    }

    // Of the last isWhole().
    get master() {
        return this.masters[0];
    }

    get configuration() {
        return { mode: 'cluster', servers: this.servers.map((s) => s.address), request_timeout_ms: 1000 };
    }
}

// One server, alone or a cluster of its own, behind a liar who also passes for its replica.
class Lied extends Single {
    constructor(folder, random, isCluster) {
        super(folder);
        Object.assign(this, { random, isCluster });
    }

    async start() {
        const server = new Server(this.folder, 'redis', { port: await freePort() });
        this.liar = await new Liar(server, this.random, this.isCluster).listen();
        if (this.isCluster)
            server.settings.push('cluster-enabled yes', `cluster-announce-port ${this.liar.port}`,
                `cluster-port ${await freePort()}`);
        server.write();
        this.servers = [await server.start()];
        if (this.isCluster) {
            await server.command('CLUSTER', 'ADDSLOTSRANGE', 0, 16383);
            await until('the cluster', async () => /cluster_state:ok/.test(await server.command('CLUSTER', 'INFO')), START_MS);
        }
        return this;
    }

    get configuration() {
        return {
            mode: this.isCluster ? 'cluster' : 'standalone', servers: [this.liar.address], wait_replicas: 1,
            request_timeout_ms: 1000,
        };
    }

    async stop() {
        this.liar.close();
        await super.stop();
    }
}

module.exports = { Cluster, Lied, Sentinels, Server, Single };
