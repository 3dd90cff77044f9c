// Runs the public npm simulator, and its client, for the tests: one JSON command a line on standard
// input, one JSON answer a line on standard output. Ends when its input does.
//
//   node npm-simulator.cjs <folder whose node_modules has tplink-smarthome-simulator and -api>
'use strict';

const { createRequire } = require('node:module');
const path = require('node:path');
const readline = require('node:readline');

const load = createRequire(path.join(path.resolve(process.argv[2]), 'package.json'));
const { Device } = load('tplink-smarthome-simulator');
const { Client } = load('tplink-smarthome-api');

const devices = new Map();

const sysinfo = (device) => device.data.system.sysinfo;

const commands = {
  // Starts a device on a free port. The simulator asks for one over UDP, where it may be free while it
  // is taken for TCP; then another has to do.
  async start({ name, model, address = '127.0.0.1' }) {
    for (let tries = 1; ; tries += 1) {
      const device = new Device({ model, address, port: 0, alias: name });
      // Without a listener one malformed request would end the process.
      device.deviceNetworking.on('error', () => {});
      try {
        await device.start();
      } catch (error) {
        if (error.code === 'EADDRINUSE' && tries < 20) continue;
        throw error;
      }
      devices.set(name, device);
      return { address: device.address, port: device.port };
    }
  },

  // What the device itself holds, not what it says.
  relay({ name, outlet }) {
    const device = devices.get(name);
    if (outlet == null) return { on: sysinfo(device).relay_state === 1 };
    return { on: device.children[outlet].sysinfo.state === 1 };
  },

  // A pressed button.
  press({ name, on }) {
    sysinfo(devices.get(name)).relay_state = on ? 1 : 0;
    return {};
  },

  identity({ name }) {
    const { deviceId, mac, mic_mac: micMac } = sysinfo(devices.get(name));
    return { device_id: deviceId, mac: mac ?? micMac };
  },

  // Answers after so many milliseconds.
  delay({ name, ms }) {
    devices.get(name).deviceNetworking.responseDelay = ms;
    return {};
  },

  // Sends random bytes instead of answers.
  garbage({ name, on }) {
    devices.get(name).unreliablePercent = on ? 1 : 0;
    return {};
  },

  // Closes the connection, after each answer or instead of it.
  hang_up({ name, answers }) {
    const device = devices.get(name);
    if (answers) {
      device.endSocketAfterResponse = true;
    } else {
      device.deviceNetworking.processTcpMessage = (_message, socket) => socket.destroy();
    }
    return {};
  },

  // Answers this method with an err_code.
  refuse({ name, module, method, code }) {
    devices.get(name).api[module][method] = () => ({ err_code: code, err_msg: 'refused' });
    return {};
  },

  // Closes its ports: connections are refused.
  async stop({ name }) {
    // The promise waits for open connections, which nobody needs to wait for.
    devices.get(name).stop();
    return {};
  },

  // The npm client as a second opinion on any device.
  async client({ host, port, on, outlet }) {
    const client = new Client({ defaultSendOptions: { timeout: 5000 } });
    const options = { host, port };
    if (outlet !== undefined) options.childId = outlet;
    const plug = await client.getDevice(options);
    if (on !== undefined) await plug.setPowerState(on);
    const state = await plug.getPowerState();
    const answer = { on: state, alias: plug.alias, model: plug.model, mac: plug.mac };
    if (plug.supportsEmeter) answer.energy = await plug.emeter.getRealtime();
    plug.closeConnection();
    return answer;
  },
};

const answer = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);

const obey = async (line) => {
  const { do: name, ...rest } = JSON.parse(line);
  try {
    answer(await commands[name](rest));
  } catch (error) {
    answer({ error: String(error.stack ?? error) });
  }
};

// Answers come in the order of the commands.
let turn = Promise.resolve();

readline
  .createInterface({ input: process.stdin })
  .on('line', (line) => {
    turn = turn.then(() => obey(line));
  })
  .on('close', () => process.exit(0));
