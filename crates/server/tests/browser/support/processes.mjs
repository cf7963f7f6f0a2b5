// Programs that the tests start, and everything they leave behind.

import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

const leftovers = [];

/** Does this when the test file ends, last first. */
export function later(act) {
  leftovers.push(act);
}

/** Stops everything that was started and removes every folder. */
export async function cleanUp() {
  while (leftovers.length > 0) await leftovers.pop()();
}

/** A folder that goes when the test file ends. */
export function folder(name) {
  const path = mkdtempSync(join(tmpdir(), `regain-${name}-`));
  later(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

/** A port on loopback that was free a moment ago. */
export function freePort() {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.on('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** The environment without any setting of Regain's, and with these. */
export function environment(settings = {}) {
  const plain = Object.entries(process.env).filter(([name]) => !name.startsWith('REGAIN'));
  return { ...Object.fromEntries(plain), ...settings };
}

/**
 * Starts a program and waits until a line of its output makes `ready` give something.
 * Gives that, and `stop`, which ends it as an operator would and waits until it has ended.
 */
export function start(program, words, { ready, line, ...options }) {
  const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment(), ...options });
  const said = [];
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const stop = async () => {
    child.kill('SIGTERM');
    await ended;
  };
  later(stop);
  return new Promise((resolve, reject) => {
    const fail = (why) => reject(new Error(`${program} ${words.join(' ')}: ${why}\n${said.join('\n')}`));
    child.once('error', (error) => fail(error.message));
    child.once('exit', (code) => fail(`ended with ${code} before it was ready`));
    const hear = (text) => {
      said.push(text);
      const found = ready(text);
      if (found) resolve({ found, stop, said, child });
      line?.(text);
    };
    createInterface({ input: child.stdout }).on('line', hear);
    createInterface({ input: child.stderr }).on('line', hear);
  });
}

/** Runs a program to its end and gives what it printed. */
export function run(program, words, options = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(program, words, { stdio: ['ignore', 'pipe', 'pipe'], env: environment(), ...options });
    let said = '';
    child.stdout.on('data', (data) => (said += data));
    child.stderr.on('data', (data) => (said += data));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve(said);
      else reject(new Error(`${program} ${words.join(' ')} ended with ${code}\n${said}`));
    });
  });
}
