// A voice comes with copies of what it said before, from Chromium and to Chromium; Firefox hears it without.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage as openFirefoxPage, startFirefox } from '../lib/firefox.js';
import { Human, id, sound, TRAINER } from '../lib/people.js';
import { hearsTone } from '../lib/senses.js';
import { Server } from '../lib/server.js';
import { SoundCard } from '../lib/sound-card.js';
import { rememberConnections, stats } from '../lib/stats.js';
import { until } from '../lib/wait.js';

let server;
let low;
let high;
let card;
let firefox;

before(async () => {
  server = await Server.start({ config: '[media]\naddresses = ["127.0.0.1", "10.99.0.1"]\n' });
  [low, high] = await Promise.all([
    startChromium({ colours: PRIMARY, hz: 600 }),
    startChromium({ colours: PRIMARY, hz: 1500 }),
  ]);
  card = await SoundCard.start();
  firefox = await startFirefox({ card });
});

after(async () => {
  await firefox?.close();
  await card?.close();
  await low?.close();
  await high?.close();
  await server?.close();
});

/** What a page received of sound: packets, and their bytes without headers. */
async function received(page) {
  const sounds = (await stats(page)).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  const sum = (name) => sounds.reduce((total, entry) => total + (entry[name] ?? 0), 0);
  return { packets: sum('packetsReceived'), bytes: sum('bytesReceived') };
}

/** Bytes of each packet of sound that these pages receive in the same two seconds or more. */
async function sizes(...pages) {
  const look = () => Promise.all(pages.map(received));
  const before = await look();
  const after = await until('two seconds more of sound', async () => {
    const now = await look();
    return now.every(({ packets }, n) => packets > before[n].packets + 100) ? now : null;
  });
  return after.map(({ packets, bytes }, n) => (bytes - before[n].bytes) / (packets - before[n].packets));
}

test('with copies to Chromium, without to Firefox', { timeout: 240_000 }, async (t) => {
  const ada = new Human(await openPage(low), TRAINER);
  const ben = new Human(await openPage(high), 'Ben Morel');
  for (const human of [ada, ben]) await rememberConnections(human.page.context());
  await ada.enters(server.links.trainer);
  await ada.turnsOnMicrophone();
  await ben.enters(server.links.participant);
  await ben.opensPeople();
  const adaId = await ada.identifier(ben);
  await hearsTone(ben.page, sound(adaId), 600, 60_000);

  const page = await openFirefoxPage(firefox);
  await rememberConnections(page);
  await page.goto(server.links.participant);
  await page.waitForSelector(id('lobby-enter'));
  if (await page.$(id('lobby-name'))) await page.type(id('lobby-name'), 'Marie DURAND');
  await page.click(id('lobby-enter'));
  await page.waitForSelector(id('toolbar-mic'));
  await hearsTone(page, sound(adaId), 600, 60_000);

  const [whole, alone] = await sizes(ben.page, page);
  t.diagnostic(`${whole.toFixed()} bytes a packet in Chromium, ${alone.toFixed()} in Firefox`);
  assert.ok(whole > 1.5 * alone, `${whole} bytes a packet in Chromium, ${alone} in Firefox`);

  // And the other way round: Firefox sends no copies, and is heard.
  await page.click(id('toolbar-mic'));
  const marie = await new Human(page, 'Marie DURAND').identifier(ben);
  await until('Firefox is heard', () =>
    ben.page.evaluate((wanted) => document.querySelector(wanted)?.currentTime > 1, sound(marie)),
  );
  await ada.page.context().close();
  await ben.page.context().close();
  assert.deepEqual([...ada.page.faults, ...ben.page.faults, ...page.faults], []);
  await page.close();
});
