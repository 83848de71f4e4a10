// The gateway's own capture, read by tshark: a third party's reading of all that left.
'use strict';

const assert = require('node:assert/strict');
const path = require('node:path');

const { BUILD, Process, run, until } = require('./process');

const OURS = 'ip.src == 192.0.2.1'; // gateway/link/pcap.h
const COMMANDS = {
    0x80000000: 'generic_nack', 1: 'bind_receiver', 0x80000001: 'bind_receiver_resp', 2: 'bind_transmitter',
    0x80000002: 'bind_transmitter_resp', 0x80000003: 'query_sm_resp', 4: 'submit_sm', 0x80000004: 'submit_sm_resp',
    5: 'deliver_sm', 0x80000005: 'deliver_sm_resp', 6: 'unbind', 0x80000006: 'unbind_resp', 0x80000007: 'replace_sm_resp',
    0x80000008: 'cancel_sm_resp', 9: 'bind_transceiver', 0x80000009: 'bind_transceiver_resp', 0x15: 'enquire_link',
    0x80000015: 'enquire_link_resp', 0x103: 'data_sm', 0x80000103: 'data_sm_resp',
};

// Ended by end(), which gives its exit status.
async function startCapture(gateway, file) {
    const capture = new Process(path.join(BUILD, 'warungctl'), ['-c', gateway.file, 'pcap', '--for', '1h', file]);
    await until('the capture', () => gateway.log.includes('event=tap.open'));
    return capture;
}

// Lines of tshark's fields for the packets that fit.
async function tshark(file, filter, ...fields) {
    const result = await run('tshark', ['-n', '-r', file, '-Y', filter, '-T', 'fields', ...fields.flatMap((f) => ['-e', f])]);
    assert.equal(result.code, 0, result.output);
    return result.stdout.split('\n').filter((line) => line !== '');
}

// All that the gateway sent is SMPP without a fault, these commands among it; how many packets.
async function isUnderstood(file, commands) {
    const malformed = await tshark(file, `${OURS} && _ws.malformed`, 'frame.number', 'smpp.command_id', 'tcp.payload');
    assert.deepEqual(malformed, []);
    const packets = await tshark(file, OURS, 'smpp.command_id', 'tcp.payload');
    const unknown = packets.filter((line) => line.startsWith('\t'));
    assert.deepEqual(unknown, [], 'packets of ours that tshark does not take for SMPP');
    const sent = new Set(packets.map((line) => COMMANDS[Number(line.split('\t')[0])] ?? line));
    for (const command of commands)
        assert.ok(sent.has(command), `${command} among ${[...sent]}`);
    assert.deepEqual(await tshark(file, 'tcp.analysis.flags', 'frame.number'), [], 'the streams have gaps');
    return packets.length;
}

module.exports = { OURS, isUnderstood, startCapture, tshark };
