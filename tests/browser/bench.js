// `make bench`: the release binary and its page against the limits, one table.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { openPage, startChromium } from './lib/chromium.js';
import { PRIMARY, SECONDARY } from './lib/content.js';
import { clickToFirstFrame, median } from './lib/first-frame.js';
import { Human, id, picture, TRAINER } from './lib/people.js';
import { seesColours } from './lib/senses.js';
import { BINARY, Server } from './lib/server.js';

const STARTS = 10;
const ENTRIES = 7;

/** Milliseconds from starting the binary to its line `listening URL`. */
async function startUp(port) {
  const data = mkdtempSync(join(tmpdir(), 'preau-bench-'));
  const began = performance.now();
  const child = spawn(BINARY, [
    'serve',
    '--demo',
    '--listen',
    `127.0.0.1:${port}`,
    '--media-port',
    '0',
    '--data',
    data,
  ]);
  let out = '';
  while (!out.includes('listening ')) {
    const [chunk] = await once(child.stdout, 'data');
    out += chunk;
  }
  const took = performance.now() - began;
  child.kill('SIGKILL');
  await once(child, 'exit');
  rmSync(data, { recursive: true });
  return took;
}

/** Milliseconds to start a process that does nothing: what no binary can go below. */
async function emptyProcess() {
  const began = performance.now();
  await once(spawn('/bin/true'), 'exit');
  return performance.now() - began;
}

/** Resident memory of a process, MiB. */
function resident(pid) {
  const [, kib] = readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmRSS:\s+(\d+)/);
  return Number(kib) / 1024;
}

/** KiB of JavaScript and CSS, gzip, that a browser loads until the lobby can be used; the room follows in advance. */
async function lobbyWeight(browser, link) {
  const page = await openPage(browser);
  await page.context().addInitScript((button) => {
    new MutationObserver((_, observer) => {
      if (!document.querySelector(button)) return;
      window.usableAt = performance.now();
      observer.disconnect();
    }).observe(document, { childList: true, subtree: true });
  }, id('lobby-enter'));
  const bodies = new Map();
  page.on('response', (response) =>
    bodies.set(
      response.url(),
      response.body().catch(() => null),
    ),
  );
  await page.goto(link);
  await page.waitForSelector(id('lobby-enter'));
  const loaded = await page.evaluate(() =>
    performance
      .getEntriesByType('resource')
      .filter(({ name, startTime }) => /\.(js|css)$/.test(name) && startTime < window.usableAt)
      .map(({ name }) => name),
  );
  let bytes = 0;
  for (const url of loaded) bytes += gzipSync(await bodies.get(url), { level: 9 }).length;
  await page.context().close();
  return bytes / 1024;
}

async function firstFrames(server, hers, his) {
  const ada = new Human(await openPage(hers), TRAINER);
  const ben = new Human(await openPage(his), 'Ben');
  await ada.enters(server.links.trainer);
  await ben.enters(server.links.participant);
  await ada.opensPeople();
  await ben.opensPeople();
  await ada.turnsOnCamera();
  await seesColours(ben.page, picture(await ada.identifier(ben)), PRIMARY);
  const times = [];
  for (let entry = 0; entry < ENTRIES; entry++) {
    times.push(await clickToFirstFrame(his, server.links.participant, `Entrée ${entry}`));
  }
  return times;
}

const rows = [];
function row(what, value, unit, limit, detail = '') {
  rows.push({
    what,
    value: `${value.toFixed(value < 10 ? 1 : 0)} ${unit}`,
    limit: limit ? `${limit} ${unit}` : '',
    detail,
  });
  if (limit && value > limit) {
    rows.at(-1).detail += ' OVER THE LIMIT';
    process.exitCode = 1;
  }
}

const starts = [];
const floor = [];
for (let run = 0; run < STARTS; run++) {
  floor.push(await emptyProcess());
  starts.push(await startUp(18_080 + run));
}
row('start-up to listening', median(starts), 'ms', 300, `median of ${STARTS}, worst ${Math.max(...starts).toFixed(0)}`);
row('  an empty process', median(floor), 'ms', 0, 'the floor, same run');

const server = await Server.start();
// Long enough for whatever follows a start.
await new Promise((wake) => setTimeout(wake, 3_000));
row('memory at rest (RSS)', resident(server.process.pid), 'MiB', 60);

const hers = await startChromium({ colours: PRIMARY, hz: 1000 });
const his = await startChromium({ colours: SECONDARY, hz: 750 });
try {
  row('lobby, JS and CSS (gzip)', await lobbyWeight(his, server.links.participant), 'KiB', 170);
  const times = await firstFrames(server, hers, his);
  row(
    'click to first picture',
    median(times),
    'ms',
    2000,
    `median of ${ENTRIES}, worst ${Math.max(...times).toFixed(0)}`,
  );
  row('memory with two publishers', resident(server.process.pid), 'MiB', 0);
} finally {
  await hers.close();
  await his.close();
  await server.close();
}

const wide = (key) => Math.max(...rows.map((line) => line[key].length));
const widths = { what: wide('what'), value: wide('value'), limit: Math.max(wide('limit'), 5) };
console.log(`${'measure'.padEnd(widths.what)}  ${'found'.padStart(widths.value)}  ${'limit'.padStart(widths.limit)}`);
for (const { what, value, limit, detail } of rows) {
  console.log(
    `${what.padEnd(widths.what)}  ${value.padStart(widths.value)}  ${limit.padStart(widths.limit)}  ${detail}`,
  );
}
