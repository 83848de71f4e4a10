// Start, health, drain and exit statuses of the contract.
'use strict';

const assert = require('node:assert/strict');
const { spawn } = require('node:child_process');
const { once } = require('node:events');
const fs = require('node:fs');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const test = require('node:test');

const { openMainMenu } = require('./lib/programme');
const { withScene } = require('./lib/scene');
const { BUILD, delay, run, until } = require('./lib/process');
const { MENU } = require('./lib/warungd');

const WARUNGD = path.join(BUILD, 'warungd');

test('--version and wrong usage', async () => {
    const version = await run(WARUNGD, ['--version']);
    assert.equal(version.code, 0);
    assert.match(version.stdout, /\b\d+\.\d+\.\d+\b/);
    assert.equal((await run(WARUNGD, ['--no-such-option'])).code, 2);
    for (const [program, status] of [['warungd', 4], ['warungctl', 1]]) {
        const full = await run('bash', ['-c', `exec "$0" --version >/dev/full`, path.join(BUILD, program)]);
        assert.equal(full.code, status, full.output);
        assert.match(full.output, /cannot write the output/);
    }
});

test('started without standard input, output and error, it has nothing else in their place', async () => {
    await withScene('closed', async ({ centre, gateway }) => {
        await gateway.writeConfiguration();
        const child = spawn('bash', ['-c', 'exec "$@" <&- >&- 2>&-', '-', WARUNGD, '-c', gateway.file]);
        await centre.isBound();
        for (const fd of [0, 1, 2])
            assert.equal(fs.readlinkSync(`/proc/${child.pid}/fd/${fd}`), '/dev/null');
        child.kill();
        const [code] = await once(child, 'exit');
        assert.equal(code, 0);
    }, { start: false });
});

test('health, readiness and metrics', async () => {
    await withScene('health', async ({ centre, gateway }) => {
        await openMainMenu(centre.phone('6281200000051'));
        assert.equal((await gateway.get('/healthz')).status, 200);
        assert.equal((await gateway.get('/readyz')).status, 200);
        const metrics = await gateway.get('/metrics');
        assert.equal(metrics.status, 200);
        assert.match(metrics.text, /^warung_\w+ \d|^warung_\w+\{.*\} \d/m);
        assert.equal(metrics.text.includes('6281200000051'), false, 'no personal data in metrics');
        const checked = await run('promtool', ['check', 'metrics'], { input: metrics.text });
        assert.equal(checked.code, 0, checked.output);
        assert.equal(checked.output.trim(), '');
    });
});

test('SIGTERM drains: unbinds, ends with 0; dialogues go on after a restart', async () => {
    await withScene('drain', async ({ centre, gateway }) => {
        const phone = centre.phone('6281200000052');
        await openMainMenu(phone);
        let unbound = false;
        centre.sessions[0].on('unbind', () => (unbound = true));
        assert.equal(await gateway.stop(), 0);
        assert.equal(unbound, true);
        gateway.launch();
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        assert.match((await phone.answer('5')).text, /^Bantuan:/);
    });
});

const catches = (pid, number) => BigInt(`0x${fs.readFileSync(`/proc/${pid}/status`, 'latin1').match(/^SigCgt:\s*(\w+)/m)[1]}`) >> BigInt(number - 1) & 1n;

// The key of its records, which it reads when it checks the configuration and again to use it, is a pipe
// that has it once: so it stands still where the signal is to come.
test('a signal in the middle of a start that fails', async () => {
    await withScene('start-signal', async ({ gateway, folder }) => {
        const key = path.join(folder, 'key');
        gateway.settings.cdr = { directory: folder, key_file: key };
        await gateway.writeConfiguration();
        assert.equal((await gateway.ctl('cdr', 'init')).code, 0);
        const text = fs.readFileSync(key);
        for (const signal of ['SIGTERM', 'SIGHUP']) {
            fs.rmSync(key, { force: true });
            assert.equal((await run('mkfifo', ['-m', '600', key])).code, 0);
            gateway.launch();
            const writer = await fs.promises.open(key, 'w'); // when it reads
            await writer.write(text);
            await until('its signals', () => catches(gateway.process.child.pid, os.constants.signals.SIGHUP));
            gateway.process.child.kill(signal);
            await delay(50);
            await writer.close();
            assert.equal(await gateway.process.ended, 3);
            assert.match(gateway.log, /event=gateway\.failed reason=".*key: is no Ed25519 key/);
        }
    }, { start: false });
});

test('SIGHUP with a faulty file keeps the old configuration', async () => {
    await withScene('reload', async ({ centre, gateway }) => {
        const good = fs.readFileSync(gateway.file, 'utf8');
        fs.writeFileSync(gateway.file, `${good}colour = "blue";\n`);
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/warung\.cfg:\d+.*colour|colour.*warung\.cfg:\d+/);
        assert.match((await centre.phone('6281200000053').dial()).text, /#TerusUsaha/);
        fs.unlinkSync(gateway.file);
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=config\.fault at=\S+warung\.cfg text="cannot read /);
        fs.writeFileSync(gateway.file, good);
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=gateway\.reloaded/);
        assert.match((await centre.phone('6281200000054').dial()).text, /#TerusUsaha/);
    });
});

test('who gives orders to a gateway that still waits for its store is told so', async () => {
    await withScene('drain-start', async ({ gateway, redis }) => {
        await redis.kill();
        gateway.settings.control = `${gateway.folder}/control`;
        await gateway.writeConfiguration();
        gateway.launch();
        await gateway.process.sees(/event=store\.down/);
        for (const order of [['links'], ['links', 'disable', 'op1'], ['trace', '--link', 'op1', '--for', '1s']]) {
            const refused = await gateway.ctl(...order);
            assert.equal(refused.code, 3, refused.output);
            assert.match(refused.output, /it waits for its store/);
        }
        const told = await gateway.ctl('drain');
        assert.equal(told.code, 0, told.output);
        assert.equal(await gateway.process.ended, 0);
    }, { start: false });
});

test('a reload is refused while the gateway drains: its links still work with what they have', async () => {
    await withScene('drain-reload', async ({ centre, gateway }) => {
        centre.submitStatus = () => null; // an SMS without its response holds the drain up
        assert.equal(await centre.text('6281200000055', 'INFO'), 0);
        gateway.process.child.kill('SIGTERM');
        await gateway.process.sees(/event=gateway\.draining/);
        gateway.process.child.kill('SIGHUP');
        await gateway.process.sees(/event=config\.rejected .*draining/);
        assert.equal(await gateway.process.ended, 0);
        assert.doesNotMatch(gateway.log, /event=gateway\.reloaded/);
    }, { settings: { drain_timeout_s: 3 } });
});

test('-v logs everything, whatever the configuration says, and goes on so after a reload', async () => {
    await withScene('verbose', async ({ centre, gateway }) => {
        await gateway.writeConfiguration();
        gateway.launch({}, '-v');
        await gateway.process.sees(/event=gateway\.ready/);
        await centre.isBound();
        assert.equal((await gateway.ctl('reload')).code, 0);
        await gateway.process.sees(/event=gateway\.reloaded/);
    }, { settings: { log: { level: 'error' } }, start: false });
});

test('no Redis at the start: ends with 3 and says which', async () => {
    await withScene('no-redis', async ({ gateway, redis }) => {
        await redis.stop();
        await gateway.writeConfiguration();
        gateway.launch();
        assert.equal(await gateway.process.ended, 3, gateway.log);
        assert.ok(gateway.log.includes(redis.socket), gateway.log);
    }, { start: false });
});

test('the admin port is taken: ends with 3 and names it', async () => {
    await withScene('port-taken', async ({ gateway }) => {
        const squatter = net.createServer().listen(0, '127.0.0.1');
        await new Promise((resolve) => squatter.on('listening', resolve));
        const { port } = squatter.address();
        gateway.settings.admin = { listen: `127.0.0.1:${port}` };
        await gateway.writeConfiguration();
        gateway.launch();
        assert.equal(await gateway.process.ended, 3, gateway.log);
        assert.ok(gateway.log.includes(String(port)), gateway.log);
        squatter.close();
    }, { start: false });
});

test('faults of configuration and menu: file:line: text, exit 1, nothing started', async () => {
    await withScene('faults', async ({ centre, gateway, folder }) => {
        await gateway.writeConfiguration();
        const good = fs.readFileSync(gateway.file, 'utf8');
        const menu = path.join(folder, 'menus/menu.cfg');
        const withMenu = good.replace(MENU, menu);
        fs.cpSync(path.dirname(path.dirname(MENU)), folder, { // the menu includes what lies beside it
            recursive: true, filter: (from) => !from.endsWith('warung.cfg'),
        });
        const lines = fs.readFileSync(MENU, 'utf8').split('\n');
        const badMenu = () => fs.writeFileSync(menu, [...lines, 'no_such_thing = 1;'].join('\n'));

        const cases = [
            ['unknown key', `${good}colour = "blue";\n`, /warung\.cfg:8: .*colour/],
            ['broken syntax', good.replace('drain_timeout_s = 5;', 'drain_timeout_s = ;'), /warung\.cfg:4: /],
            ['wrong type', good.replace('drain_timeout_s = 5', 'drain_timeout_s = "soon"'), /warung\.cfg:4: .*drain_timeout_s/],
            ['no menu file', withMenu.replace(menu, '/nonexistent/menu.cfg'),
                /^\S*warung\.cfg:\d+: cannot read the menu \/nonexistent\/menu\.cfg: No such file/],
            ['faulty users', `${good.replace(/^admin = .*\n/m, '')}\nadmin = {\n users_file = "bad-users"; };\n`,
                /warung\.cfg:9: \S*bad-users:1: a line is NAME ROLE HASH/, () => fs.writeFileSync(path.join(folder, 'bad-users'), 'eve\n')],
            ['keys for all', `${good.replace(/^keys_file = .*\n/m, '')}keys_file = "open-keys";\n`,
                /warung\.cfg:[78]: \S*open-keys: mode 0644/, () => fs.writeFileSync(path.join(folder, 'open-keys'), '', { mode: 0o644 })],
            ['no key for CDRs', `${good}cdr = { directory = "cdr";\n key_file = "none.key"; };\n`,
                /warung\.cfg:9: \S*none\.key: No such file/],
            ['no certificate', `${good}partners = { listen = [ "127.0.0.1:1" ];\n\n tls = { };\n` +
                ' accounts = ( { system_id = "a"; password = "b"; } ); };\n', /warung\.cfg:10: a server needs a certificate/],
            ['a socket without room', good.replace(/host = "127\.0\.0\.1"/, `host = "unix:/${'x'.repeat(107)}"`),
                /warung\.cfg:\d+: smsc\[\]\.host: "unix:\/x+" is too long for a socket/],
            ['a secret as UTF-16', good.replace('password = "secret"', 'password_file = "utf16"'),
                /warung\.cfg:\d+: password_file \S*utf16 has a NUL octet in its first line/,
                () => fs.writeFileSync(path.join(folder, 'utf16'), 'secret\n', 'utf16le')],
            ['faulty menu', withMenu, new RegExp(`menu\\.cfg:${lines.length + 1}: .*no_such_thing`), badMenu],
        ];
        for (const [name, text, expected, prepare] of cases) {
            prepare?.();
            fs.writeFileSync(gateway.file, text);
            for (const args of [['-n', '-c', gateway.file], ['-c', gateway.file]]) {
                const result = await run(WARUNGD, args);
                assert.equal(result.code, 1, `${name}: ${result.output}`);
                assert.match(result.output, expected, name);
            }
        }
        assert.equal(centre.binds.length, 0);
        fs.writeFileSync(gateway.file, good);
        assert.equal((await run(WARUNGD, ['-n', '-c', gateway.file])).code, 0);
    }, { start: false });
});
