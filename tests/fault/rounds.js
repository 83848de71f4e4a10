#!/usr/bin/env node
// Fault rounds: gateways, real Redis and a loaded centre are hurt at random moments; after each round
// the centre's ledger is compared with the registrations: none lost, none double, none half.
//
//   ROUNDS=200     how many (default 6)
//   SEED=n         of the first round; the next ones count on. A round's kind, load and moments follow from its
//                  seed (the machine's own timing does not)
//   KINDS=a,b      only these kinds; all otherwise, each once before any comes again
//   ROLE=partner   the centre binds to us, ROLE=centre: we to it; as the seed says otherwise
//   TLS=yes|no     between us, DELAY=ms: for one way; as the seed says otherwise
//   FOLDER=path    where logs of failed rounds stay (default $BUILD/fault-logs)
//
// Reports in TAP. Kinds that cut connections want a network namespace with iptables (rounds.test.sh
// makes one); where there is none they are skipped, and said so.
'use strict';

const fs = require('node:fs');
const path = require('node:path');

const { BUILD, temporaryFolder } = require('../e2e/lib/process');
const { envOf, kinds } = require('./lib/faults');
const { judge } = require('./lib/judge');
const { Random } = require('./lib/random');
const { Scene } = require('./lib/scene');
const { Cluster, Lied, Sentinels, Single } = require('./lib/servers');

const ROUNDS = Number(process.env.ROUNDS || 6);
const SEED = Number(process.env.SEED || Date.now() % 1000000);
const KEPT = process.env.FOLDER || path.join(BUILD, 'fault-logs');
const NEEDS_CUTS = /^half-open|^partition|^isolate|^blind/;
// What dies between the answer by one connection and the screen by another has shown nothing (docs/custody.md).
const KILLS_GATEWAYS = /^die-|^kill-gateway|^kill-both/;

const folder = temporaryFolder('fault');
const groups = {};
const totals = { rounds: 0, failed: 0, skipped: 0, inputs: 0, steps: 0, registrations: 0, redelivered: 0, of: {} };

// The kinds in an order that the seed shuffles anew for each turn through all of them.
function chooseKinds() {
    const wanted = process.env.KINDS ? process.env.KINDS.split(',') : kinds.map((k) => k.name).filter((n) => n !== 'none');
    const chosen = [];
    for (let turn = 0; chosen.length < ROUNDS; turn++) {
        const random = new Random(SEED + turn);
        const left = kinds.filter((k) => wanted.includes(k.name));
        if (left.length === 0)
            throw new Error(`no such kind: ${process.env.KINDS}; there are: ${kinds.map((k) => k.name).join(' ')}`);
        while (left.length > 0)
            chosen.push(left.splice(random.between(0, left.length - 1), 1)[0]);
    }
    return chosen.slice(0, ROUNDS);
}

// A server alone is new for each round; a group is used again, emptied.
async function redisFor(kind, random, roundFolder) {
    if (kind.on === 'single')
        return new Single(roundFolder, { preload: kind.name === 'power-loss' }).start();
    if (kind.on === 'lied')
        return new Lied(roundFolder, random, kind.name === 'lies-of-a-cluster').start();
    if (!groups[kind.on])
        groups[kind.on] = await new (kind.on === 'cluster' ? Cluster : Sentinels)(path.join(folder, kind.on)).start();
    await groups[kind.on].isWhole();
    for (const master of groups[kind.on].masters ?? [groups[kind.on].master])
        await master.command('FLUSHALL');
    return groups[kind.on];
}

function chooseLoad(kind, random, number, seed) {
    const isOpen = random.flip();
    const load = {
        echo: random.flip() || kind.isNumbered, // the centre numbers its steps, or not (docs/custody.md)
        bind: random.flip() && !KILLS_GATEWAYS.test(kind.name) ? 'pair' : 'transceiver', binds: random.between(1, 2),
        isPartner: kind.isPartners || (process.env.ROLE ? process.env.ROLE === 'partner' : random.between(1, 3) === 1), // it binds to us
        seconds: process.env.SHORT ? 1 : random.between(2, 4), seed,
        rate: isOpen ? random.between(300, 2000) : 0, dialogues: random.pick([10, 50, 200]),
        firstPhone: 6281300000000 + number * 1000000,
        hasRoad: kind.hasRoad,
        isTls: kind.isTls || (process.env.TLS ? process.env.TLS === 'yes' : random.between(1, 3) === 1),
        delayMs: process.env.DELAY ? Number(process.env.DELAY) : process.env.SHORT ? 0 : random.pick([0, 0, 5, 40, 120]),
    };
    // The same where a partner's two connections end, one of them unheard (docs/custody.md).
    if (load.isPartner && kind.name === 'half-open-centre')
        load.bind = 'transceiver';
    load.jitterMs = random.pick([0, 1, 4]) * load.delayMs;
    load.inTps = random.pick([0, 0, 200, 1000]); // of a partner; what is more comes again
    return load;
}

async function play(kind, seed, number) {
    const random = new Random(seed * 7919);
    const roundFolder = path.join(folder, `round-${seed}`);
    const redis = await redisFor(kind, random, roundFolder);
    const scene = new Scene({
        folder: roundFolder, redis, random, gateways: kind.gateways || random.between(1, 2), load: chooseLoad(kind, random, number, seed), env: envOf(kind, random),
    });
    const faults = [];
    let result;
    try {
        await scene.start();
        await kind.hurt(scene, random);
        result = await scene.finish();
        faults.push(...judge(result));
        for (const status of await scene.stop())
            if (status !== 0)
                faults.push(`a gateway ended with ${status}`);
    } catch (error) {
        faults.push(error.stack);
    }
    await scene.stop().catch((error) => faults.push(String(error)));
    if (redis !== groups[kind.on])
        await redis.stop();
    if (faults.length > 0)
        await keep(scene, redis, faults, kind, roundFolder);
    fs.rmSync(roundFolder, { recursive: true, force: true });
    return { faults, result, scene };
}

async function keep(scene, redis, faults, kind, roundFolder) {
    const kept = path.join(KEPT, path.basename(roundFolder));
    scene.keepLogs();
    fs.writeFileSync(path.join(roundFolder, 'faults'), `${kind.name}\n${faults.join('\n')}\n`);
    fs.rmSync(kept, { recursive: true, force: true });
    fs.cpSync(roundFolder, kept, { recursive: true, filter: (name) => !/\.sock$/.test(name) });
    if (redis === groups[kind.on]) {
        await redis.stop(); // the next round of its kind gets a new one
        fs.cpSync(redis.folder, path.join(kept, kind.on), { recursive: true });
        delete groups[kind.on];
        fs.rmSync(redis.folder, { recursive: true, force: true });
    }
    faults.push(`logs: ${kept}`);
}

function count(kind, { faults, result }) {
    totals.rounds++;
    totals.failed += faults.length > 0;
    totals.of[kind.name] = (totals.of[kind.name] ?? 0) + 1;
    if (!result)
        return;
    totals.inputs += result.report.ledger.inputs;
    totals.steps += result.report.ledger.screens;
    const { cut, temporary, throttled, unanswered } = result.report.centre;
    totals.redelivered += cut + temporary + throttled + unanswered;
    totals.registrations += result.merchants.length;
}

function describe(scene, result) {
    const { load } = scene;
    const l = result?.report.ledger ?? {};
    const c = result?.report.centre ?? {};
    return `${scene.count} gw, ${load.binds} ${load.bind}${load.binds > 1 ? 's' : ''}${load.isPartner ? ' of a partner' : ''}${load.isTls ? ' by TLS' : ''}${load.delayMs > 0 ? ` ${load.delayMs} to ${load.delayMs + load.jitterMs} ms away` : ''}${load.isPartner && load.inTps ? ` at ${load.inTps}/s` : ''}, ${load.echo ? 'numbered' : 'unnumbered'}, ` +
        `${load.rate ? `${load.rate}/s` : `${load.dialogues} at once`}: ${l.inputs} inputs, ${l.screens} screens, ` +
        `delivered again ${c.cut} cut, ${c.temporary} temporary, ${c.throttled} throttled, ${c.unanswered} unanswered; ${l.duplicates} screens again, ` +
        `${l.busy} busy, ${l.untaken} untaken, ` +
        `${result?.merchants.length} registered, longest ${Math.round((result?.report.screen_us?.max ?? 0) / 1000)} ms`;
}

async function main() {
    const hasCuts = process.env.HAS_CUTS === '1';
    const chosen = chooseKinds();
    console.log(`1..${chosen.length}`);
    console.log(`# seed ${SEED}`);
    for (const [i, kind] of chosen.entries()) {
        const seed = SEED + i;
        if (NEEDS_CUTS.test(kind.name) && !hasCuts) {
            totals.skipped++;
            console.log(`ok ${i + 1} - ${kind.name} # SKIP no network namespace with iptables`);
            continue;
        }
        const beganMs = Date.now();
        const outcome = await play(kind, seed, i);
        count(kind, outcome);
        console.log(`${outcome.faults.length ? 'not ok' : 'ok'} ${i + 1} - ${kind.name} (SEED=${seed})`);
        console.log(`# ${describe(outcome.scene, outcome.result)}; ${((Date.now() - beganMs) / 1000).toFixed(1)} s`);
        if (outcome.faults.length > 0 && outcome.scene.redis.liar)
            console.log(`# told: ${JSON.stringify(outcome.scene.redis.liar.told)}`);
        for (const fault of outcome.faults.slice(0, 20))
            console.log(`# ${fault.replace(/\n/g, '\n# ')}`);
    }
    for (const group of Object.values(groups))
        await group.stop();
    fs.rmSync(folder, { recursive: true, force: true });
    console.log(`# ${JSON.stringify(totals)}`);
    process.exitCode = totals.failed > 0 ? 1 : 0;
}

main().catch((error) => {
    console.error(error);
    process.exit(1);
});
