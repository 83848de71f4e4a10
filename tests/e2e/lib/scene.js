// What nearly every test needs: a folder, a Redis, a centre, a gateway, and an end to all of them.
'use strict';

const assert = require('node:assert/strict');
const fs = require('node:fs');

const { Centre } = require('./centre');
const { temporaryFolder } = require('./process');
const { Redis } = require('./redis');
const { Gateway } = require('./warungd');

function smscEntry(centre, more) {
    return {
        name: 'op1', host: '127.0.0.1', port: centre.port, system_id: 'warung', password: 'secret',
        bind: 'transceiver', codes: ['*384#', '384'], ...more,
    };
}

// Runs body(scene) between the start and the end of a scene; the folder is kept when it throws. `smsc`
// adds to the centre's entry, `settings` to the configuration, `dialects` is the text of a dialects_file.
async function withScene(name, body, { smsc = {}, settings = {}, dialects, start = true } = {}) {
    const scene = { folder: temporaryFolder(name) };
    let failed = true;
    try {
        scene.redis = await new Redis(scene.folder).start();
        scene.centre = await new Centre().listen();
        if (dialects) {
            settings = { ...settings, dialects_file: `${scene.folder}/dialects.cfg` };
            fs.writeFileSync(settings.dialects_file, dialects);
        }
        scene.gateway = new Gateway(scene.folder, scene.redis, {
            smsc: [smscEntry(scene.centre, smsc)], ...settings,
        });
        if (start) {
            await scene.gateway.start();
            await scene.centre.isBound();
        }
        await body(scene);
        // An orderly end; under a sanitizer also the proof that nothing leaked.
        if (scene.gateway.process?.isRunning)
            assert.equal(await scene.gateway.stop(), 0, 'exit status of the gateway');
        failed = false;
    } catch (error) {
        if (scene.gateway?.process)
            error.message += `\n---- the gateway's log:\n${scene.gateway.log.slice(-6000)}`;
        throw error;
    } finally {
        await scene.gateway?.stop().catch(() => {});
        await scene.centre?.close();
        await scene.redis?.stop().catch(() => {});
        if (!failed)
            fs.rmSync(scene.folder, { recursive: true, force: true });
    }
}

module.exports = { smscEntry, withScene };
