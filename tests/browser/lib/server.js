// Starts the real server on free ports of the loopback, with a data folder of its own.

import { execFile, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';
import { deadline } from './wait.js';

const ROOT = resolve(import.meta.dirname, '../../..');

/** The binary under test: the development build, or the one named by TESTS_BINARY. */
export const BINARY = resolve(ROOT, process.env.TESTS_BINARY ?? 'target/debug/preau');

export const ARTIFACTS = resolve(import.meta.dirname, '../artifacts');

/** What the pages showed when a test failed. */
export const FAILURES = join(ARTIFACTS, 'failures');

// Below the ports that the system gives out by itself: a page that tries a server which is away must not become, by
// chance, both ends of a connection to that port.
const FIRST_PORT = 20_000;
const PORTS = 12_000;

const anyPort = () => FIRST_PORT + Math.floor(Math.random() * PORTS);

/** The port of a socket that `open` could bind to one of them. */
async function bound(open) {
  for (;;) {
    const socket = open(anyPort());
    try {
      await once(socket, 'listening');
    } catch (error) {
      if (error.code !== 'EADDRINUSE') throw error;
      continue;
    }
    const { port } = socket.address();
    socket.close();
    await once(socket, 'close');
    return port;
  }
}

const freePort = (host) => bound((port) => createServer().listen(port, host));
const freeUdpPort = (host) => bound((port) => createSocket('udp4').bind(port, host));

/** Makes a certificate for 127.0.0.1; answers the options that name it. */
async function certificate(folder) {
  const [file, key] = ['certificate.pem', 'key.pem'].map((name) => join(folder, name));
  const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'];
  const name = ['-subj', '/CN=127.0.0.1', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await promisify(execFile)('openssl', ['req', ...kind, ...name, '-keyout', key, '-out', file]);
  return `tls_certificate = ${JSON.stringify(file)}\ntls_key = ${JSON.stringify(key)}\n`;
}

/** One `preau serve --demo`, which may be killed and started again on the same ports and data. */
export class Server {
  /**
   * @param {{ config?: string, tls?: boolean }} options `config` is TOML, written to a file of its own; with `tls` the
   * page is served by HTTPS, with a certificate that nobody signed
   */
  static async start({ config = '', tls = false } = {}) {
    const server = new Server();
    server.folder = mkdtempSync(join(tmpdir(), 'preau-'));
    server.data = join(server.folder, 'data');
    server.port = await freePort('127.0.0.1');
    server.mediaPort = await freeUdpPort('127.0.0.1');
    server.log = '';
    const options = tls ? `${config}\n[http]\n${await certificate(server.folder)}` : config;
    if (options) {
      server.config = join(server.folder, 'preau.toml');
      writeFileSync(server.config, options);
    }
    await server.run();
    return server;
  }

  /** The options that name its configuration, for other commands of the binary too. */
  get configured() {
    return this.config ? ['--config', this.config] : [];
  }

  get arguments() {
    const ports = ['--listen', `127.0.0.1:${this.port}`, '--media-port', String(this.mediaPort)];
    return ['serve', '--demo', ...this.configured, ...ports, '--data', this.data];
  }

  /** Starts the process and waits until it says that it listens. */
  async run() {
    this.process = spawn(BINARY, this.arguments, { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] });
    const child = this.process;
    process.once('exit', () => child.kill('SIGKILL'));
    child.stderr.on('data', (chunk) => {
      this.log += chunk;
    });
    this.ended = once(this.process, 'exit');
    this.links = {};
    const lines = createInterface({ input: this.process.stdout });
    const announced = new Promise((fulfil) => {
      lines.on('line', (line) => {
        const [word, url] = line.trim().split(/\s+/);
        this.links[word] = url;
        if (this.links.listening && this.links.trainer && this.links.participant && this.links.organiser) fulfil();
      });
    });
    const died = this.ended.then(([code]) => {
      throw new Error(`preau ended with ${code} before listening:\n${this.log}`);
    });
    died.catch(() => {});
    await deadline(Promise.race([announced, died]), 90_000, 'preau listens');
  }

  /** Ends it as a power cut would. */
  async kill() {
    this.process.kill('SIGKILL');
    await this.ended;
  }

  /** Asks it to stop, and returns its exit code. */
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) {
      this.process.kill('SIGTERM');
      await deadline(this.ended, 60_000, 'preau stops when asked').catch((error) => {
        this.process.kill('SIGKILL');
        throw error;
      });
    }
    return this.process.exitCode;
  }

  /** Stops it and removes its data. */
  async close() {
    await this.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Runs another command of the binary on the same data: its exit code and what it printed. */
  async command(...words) {
    try {
      const { stdout, stderr } = await promisify(execFile)(BINARY, [...words, '--data', this.data], { cwd: ROOT });
      return { code: 0, stdout, stderr };
    } catch (error) {
      return { code: error.code, stdout: error.stdout, stderr: error.stderr };
    }
  }

  /** A REST answer on behalf of the holder of a link. */
  async get(path, link) {
    const [, ticket] = link.split('#');
    return fetch(`http://127.0.0.1:${this.port}${path}`, { headers: { authorization: `Bearer ${ticket}` } });
  }
}
