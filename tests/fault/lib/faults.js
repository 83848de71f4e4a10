// What goes wrong in a round. Each kind: `on`, the Redis it needs; `hurt(scene, random)`, which ends
// when everything runs again. A moment is a random one after the load began.
'use strict';

const fs = require('node:fs');
const net = require('node:net');
const path = require('node:path');

const { ROOT, delay, preload, run, until } = require('../../e2e/lib/process');

const iptables = async (...words) => {
    const { code, output } = await run('iptables', ['-w', ...words.map(String)]);
    if (code !== 0)
        throw new Error(`iptables ${words.join(' ')}: ${output}`);
};

// Segments that the match names are lost for so long.
async function lose(matches, ms) {
    for (const match of matches)
        await iptables('-A', 'INPUT', ...match, '-j', 'DROP');
    await delay(ms);
    for (const match of matches)
        await iptables('-D', 'INPUT', ...match, '-j', 'DROP');
}

// Both directions of the connections to a port.
const ofPort = (port) => [['-p', 'tcp', '--dport', port], ['-p', 'tcp', '--sport', port]];
// Between two addresses; servers have one each, gateways are 127.0.0.1.
const between = (a, b) => [['-s', a, '-d', b], ['-s', b, '-d', a]];

const moment = (random) => delay(random.between(150, 900));

async function killGateway(scene, random) {
    const gateway = scene.victim;
    await gateway.kill();
    await delay(random.between(0, 400));
    await scene.launch(gateway);
}

async function killServer(server, random, meanwhile = async () => {}) {
    await server.kill();
    await meanwhile();
    await delay(random.between(0, 600));
    await server.start();
}

async function stopFor(thing, ms) {
    thing.pause();
    await delay(ms);
    thing.resume();
}

const asProcess = (gateway) => ({
    pause: () => gateway.process.child.kill('SIGSTOP'),
    resume: () => gateway.process.child.kill('SIGCONT'),
});

async function reload(gateway) {
    const { length } = gateway.log;
    gateway.process.child.kill('SIGHUP');
    await until('the reload', () => /event=gateway\.reloaded/.test(gateway.log.slice(length)));
}

// A bind of nobody's.
const STRANGER = Buffer.from('0000001d000000090000000000000001' + '6e6f626f6479000000' + '34000000', 'hex');

async function beBanned(gateway) {
    const { length } = gateway.log;
    const isBanned = () => /event=server\.banned/.test(gateway.log.slice(length));
    await until('a ban', async () => { // perhaps behind the one before
        await new Promise((resolve) => {
            const socket = net.connect(gateway.partnerPort, '127.0.0.1', () => socket.write(STRANGER));
            socket.on('error', () => {}).on('close', resolve).resume();
        });
        return isBanned();
    });
}

async function twice(scene, random, hurt) {
    for (let i = random.between(1, 2); i > 0; i--) {
        await moment(random);
        await hurt();
    }
}

// Waits until the sentinels name another master than `old`.
async function isReplaced(scene, old) {
    for (let i = 0; i < 200; i++) {
        const named = await scene.redis.named();
        if (named && named !== old)
            return;
        await delay(100);
    }
    throw new Error('no fail-over');
}

async function drainAndLaunch(scene, gateway) {
    const status = await gateway.stop();
    if (status !== 0)
        throw new Error(`the drained gateway ended with ${status}`);
    await scene.launch(gateway);
}

// It kills itself where DIE_AT says (dying.c).
async function isDead(scene, random) {
    const [gateway] = scene.gateways;
    await Promise.race([gateway.process.ended, delay(30000)]);
    if (gateway.process.isRunning)
        throw new Error(`it did not come to ${scene.env.DIE_AT}`);
    await delay(random.between(0, 400));
    await scene.launch(gateway);
}

const SINGLE = {
    'die-before-commit': isDead,
    'die-after-commit': isDead,
    'die-before-answer': isDead,
    'die-after-answer': isDead,
    none: async () => {}, // what the load shows by itself
    'kill-gateway': (scene, random) => twice(scene, random, () => killGateway(scene, random)),
    'kill-redis': (scene, random) => twice(scene, random, () => killServer(scene.redis.servers[0], random)),
    'kill-both': (scene, random) => twice(scene, random, () => Promise.all([
        killGateway(scene, random), killServer(scene.redis.servers[0], random)])),
    'stop-gateway': async (scene, random) => {
        await moment(random);
        await stopFor(asProcess(scene.victim), random.between(200, 3000));
    },
    // The centre's timer runs out, and it delivers to the other gateway what this one has read.
    'stop-gateway-long': async (scene, random) => {
        await moment(random);
        await stopFor(asProcess(scene.victim), random.between(4000, 7000));
    },
    'stop-redis': (scene, random) => twice(scene, random, () =>
        stopFor(scene.redis.servers[0], random.between(100, 2500))),
    // With `always` Redis ends itself when its disk is full, and is started again when there is room.
    'disk-full-always': async (scene, random) => {
        const [server] = scene.redis.servers;
        await moment(random);
        await run('prlimit', ['--pid', String(server.process.child.pid), '--fsize=1024']);
        await Promise.race([server.process.ended, delay(10000)]);
        await delay(random.between(0, 600));
        if (server.isRunning)
            throw new Error('Redis did not notice its full disk');
        await server.start();
    },
    // With `everysec` it stays and refuses writes (MISCONF) until there is room.
    'disk-full-everysec': async (scene, random) => {
        const [server] = scene.redis.servers;
        const pid = String(server.process.child.pid);
        await server.command('CONFIG', 'SET', 'appendfsync', 'everysec');
        await moment(random);
        await run('prlimit', ['--pid', pid, '--fsize=1024:unlimited']);
        await delay(random.between(1000, 3000));
        await run('prlimit', ['--pid', pid, '--fsize=unlimited:unlimited']);
        await delay(1500); // it tries once a second
        await server.command('CONFIG', 'SET', 'appendfsync', 'always');
    },
    'memory-full': (scene, random) => twice(scene, random, async () => {
        const [server] = scene.redis.servers;
        await server.command('CONFIG', 'SET', 'maxmemory', 1);
        await delay(random.between(200, 2000));
        await server.command('CONFIG', 'SET', 'maxmemory', 0);
    }),
    'power-loss': (scene, random) => twice(scene, random, () => killServer(scene.redis.servers[0], random,
        async () => scene.redis.servers[0].losePower(random))),
    'drop-links': (scene, random) => twice(scene, random, () => scene.tellCentre('drop')),
    // In order, as it is restarted at night: what it has sent is under way still.
    'unbind-links': (scene, random) => twice(scene, random, () => scene.road.unbind()),
    // Certificates are replaced while links run; those that come next have the new ones.
    'renew-certificates': (scene, random) => twice(scene, random, async () => {
        await scene.renewCertificate();
        await Promise.all(scene.gateways.map((gateway) => reload(gateway)));
        await scene.tellCentre('drop');
    }),
    // Others behind a partner's address try passwords, or speak no TLS where it is spoken, until it is banned; then
    // the partner has to bind anew.
    'banned-address': (scene, random) => twice(scene, random, async () => {
        await Promise.all(scene.gateways.map((gateway) => beBanned(gateway)));
        await scene.tellCentre('drop');
    }),
    // The peer is gone without a word: what either side sends is lost until it looks for itself.
    'half-open-centre': async (scene, random) => {
        await moment(random);
        await Promise.all([lose(ofPort(scene.port), random.between(2000, 7000)),
            random.flip() ? scene.tellCentre('drop') : null]);
    },
    'half-open-redis': async (scene, random) => {
        await moment(random);
        await lose(ofPort(scene.redis.servers[0].port), random.between(500, 4000));
    },
    // One gateway after the other is replaced, the first by one with a newer library of functions: the
    // second must go on with that, also after its connections broke.
    'rolling-upgrade': async (scene, random) => {
        const [server] = scene.redis.servers;
        await moment(random);
        const newer = fs.readFileSync(path.join(ROOT, 'sessions/functions.lua'), 'utf8')
            .replace(/^local LIBRARY_VERSION = (\d+)/m, (line, version) => `local LIBRARY_VERSION = ${Number(version) + 1}`);
        await drainAndLaunch(scene, scene.gateways[0]);
        await server.command('FUNCTION', 'LOAD', 'REPLACE', newer);
        await server.command('CLIENT', 'KILL', 'TYPE', 'normal', 'SKIPME', 'yes');
        await moment(random);
        await drainAndLaunch(scene, scene.gateways[1]);
        if (!(await server.command('FUNCTION', 'LIST', 'WITHCODE')).includes(newer.match(/^local LIBRARY_VERSION.*/m)[0]))
            throw new Error('the newer library was replaced');
    },
    'drain-gateway': async (scene, random) => {
        await moment(random);
        await drainAndLaunch(scene, scene.victim);
    },
};

const SENTINEL = {
    'kill-master': async (scene, random) => {
        const old = scene.redis.master;
        await moment(random);
        await killServer(old, random, () => isReplaced(scene, old));
    },
    // Shorter than it takes to be replaced, or longer.
    'stop-master': async (scene, random) => {
        await moment(random);
        await stopFor(scene.redis.master, random.between(300, 5000));
    },
    'kill-replica': async (scene, random) => {
        await moment(random);
        await killServer(random.pick(scene.redis.replicas), random);
    },
    // The master alone on its side; gateways still reach it.
    // The master's host is cut off from the others; gateways still reach both sides.
    'partition-master': async (scene, random) => {
        const { master, others } = scene.redis;
        await moment(random);
        await lose(others.flatMap((host) => between(master.host, host)), random.between(2500, 5000));
    },
    // ... or none of it.
    'isolate-master': async (scene, random) => {
        const { master, others } = scene.redis;
        await moment(random);
        await lose([...others, '127.0.0.1'].flatMap((host) => between(master.host, host)),
            random.between(2500, 5000));
    },
    // The sentinels lose sight of a master that works on and that both replicas follow.
    'blind-sentinels': async (scene, random) => {
        const { master, others, replicas } = scene.redis;
        const sentinels = others.filter((host) => !replicas.some((r) => r.host === host));
        await moment(random);
        await lose(sentinels.flatMap((host) => between(master.host, host)), random.between(1500, 5000));
    },
    'kill-gateway-and-master': async (scene, random) => {
        const old = scene.redis.master;
        await moment(random);
        await Promise.all([killGateway(scene, random), killServer(old, random, () => isReplaced(scene, old))]);
    },
    'failover-command': async (scene, random) => {
        await moment(random);
        await scene.redis.sentinels[random.between(0, 2)].command('SENTINEL', 'FAILOVER', 'warung');
        await delay(4000);
    },
};

async function reshard(scene, random) {
    const [from, to] = random.flip() ? [0, 1] : [1, 2];
    const { masters } = scene.redis;
    const ids = await Promise.all([masters[from], masters[to]].map((m) => m.command('CLUSTER', 'MYID')));
    const { code, output } = await run('redis-cli', ['--cluster', 'reshard', masters[0].address,
        '--cluster-from', ids[0].trim(), '--cluster-to', ids[1].trim(), '--cluster-slots', '400', '--cluster-yes']);
    if (code !== 0)
        throw new Error(`reshard: ${output.slice(-2000)}`);
}

const CLUSTER = {
    'kill-a-master': async (scene, random) => {
        await moment(random);
        const old = random.pick(scene.redis.masters);
        await killServer(old, random, () => delay(random.between(0, 5000)));
    },
    'stop-a-master': async (scene, random) => {
        await moment(random);
        await stopFor(random.pick(scene.redis.masters), random.between(300, 5000));
    },
    'move-slots': async (scene, random) => {
        await moment(random);
        await reshard(scene, random);
    },
    'kill-gateway-and-a-master': async (scene, random) => {
        await moment(random);
        await Promise.all([killGateway(scene, random),
            killServer(random.pick(scene.redis.masters), random, () => delay(random.between(0, 3000)))]);
    },
};

// Every answer of the store's may be a lie, as long as the load lasts (e2e/lib/liar.js).
async function isLiedTo(scene, random) {
    const { liar } = scene.redis;
    liar.lie(random.pick([10, 30, 100]));
    for (const endMs = Date.now() + 8000; scene.isLoaded && Date.now() < endMs;)
        await delay(100);
    liar.stop();
    await until('what is late to be done', () => liar.late === 0);
}

const LIED = { 'lies-of-redis': isLiedTo, 'lies-of-a-cluster': isLiedTo };

// Two copies of an input may be alive at once: only numbered steps are safe then (HALF_OPEN in
// docs/custody.md).
const NUMBERED = ['half-open-centre'];
const PAIRS = ['rolling-upgrade'];
const ROADS = ['unbind-links']; // it is the road that does it
const BY_TLS = ['renew-certificates'];
const PARTNERS = ['banned-address'];

const kinds = Object.entries({ single: SINGLE, sentinel: SENTINEL, cluster: CLUSTER, lied: LIED }).flatMap(([on, table]) =>
    Object.entries(table).map(([name, hurt]) => ({
        name, on, hurt, isNumbered: NUMBERED.includes(name), gateways: PAIRS.includes(name) ? 2 : 0, hasRoad: ROADS.includes(name),
        isTls: BY_TLS.includes(name), isPartners: PARTNERS.includes(name),
    })));

// For the first gateway. Its first commits are its own: the database's record, menus.
function envOf(kind, random) {
    const point = kind.name.match(/^die-(.*)/)?.[1];
    if (!point)
        return {};
    return {
        LD_PRELOAD: preload('dying.so'),
        ASAN_OPTIONS: `${process.env.ASAN_OPTIONS ?? ''}:verify_asan_link_order=0`, // of a sanitized gateway
        DIE_AT: `${point}:${random.between(point.endsWith('commit') ? 15 : 1, 60)}`,
    };
}

module.exports = { envOf, kinds };
