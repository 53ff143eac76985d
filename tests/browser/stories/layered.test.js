// The other codecs in layers: H.264 in several sizes, VP9 and AV1 in one layered stream. What is received follows the tile,
// without standing still.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY, unmarked } from '../lib/content.js';
import { framesPass, hasHeight, longestGap, watchFrames } from '../lib/frames.js';
import { Human, id, picture, TRAINER } from '../lib/people.js';
import { seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';

/** A picture may stand still that long when its size changes, beyond what this machine itself makes of it. */
const STILL_MS = 500;
const BIG = { width: 1600, height: 900 };
const SMALL = { width: 800, height: 420 };

let chromium;

before(async () => {
  chromium = await startChromium({ colours: PRIMARY, hz: 1000, size: { width: 1280, height: 720 } });
});

after(() => chromium?.close());

for (const codec of ['h264', 'vp9', 'av1']) {
  test(`${codec}: the size follows the tile`, async (t) => {
    const server = await Server.start();
    try {
      const ada = new Human(await openPage(chromium), TRAINER);
      await ada.page.context().addInitScript((chosen) => {
        localStorage.setItem('preau:devices', JSON.stringify({ codec: chosen }));
        // Several sizes are sent from machines of more than two cores only.
        Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 4 });
      }, codec);
      const ben = new Human(await openPage(chromium), 'Ben Morel');
      await ben.page.setViewportSize(SMALL);
      await ada.enters(server.links.trainer);
      await ben.enters(server.links.participant);
      await ben.opensPeople();
      const adaId = await ada.identifier(ben);
      await ada.turnsOnCamera();
      const seen = picture(adaId);
      await hasHeight(ben.page, seen, 'small in a small window', (height) => height > 0 && height <= 360);
      await seesColours(ben.page, seen, unmarked(PRIMARY), { limit: 120_000 });
      await watchFrames(ben.page, seen);
      await framesPass(ben.page, 45);
      const quiet = await longestGap(ben.page);

      await ben.page.setViewportSize(BIG);
      await ben.page.click(`[data-participant="${adaId}"] ${id('tile-pin')}`);
      await hasHeight(ben.page, seen, 'in full size once it is shown large', (height) => height === 720);
      await framesPass(ben.page, 30);
      const larger = await longestGap(ben.page);
      // Software codecs take their time for a full picture.
      await framesPass(ben.page, 45);
      const still = await longestGap(ben.page);

      await ben.page.click(`[data-participant="${adaId}"] ${id('tile-pin')}`);
      await ben.page.setViewportSize(SMALL);
      await hasHeight(ben.page, seen, 'small again', (height) => height <= 360);
      await framesPass(ben.page, 30);
      const smaller = await longestGap(ben.page);
      const gaps = [quiet, larger, still, smaller].map(({ gap }) => gap);
      t.diagnostic(
        `longest stand-still: small ${gaps[0]}, to large ${gaps[1]}, large ${gaps[2]}, to small ${gaps[3]} ms`,
      );
      const limit = STILL_MS + Math.max(quiet.gap, still.gap);
      for (const { gap } of [larger, smaller]) assert.ok(gap <= limit, `stood still for ${gap} ms`);
      assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
      await ada.page.context().close();
      await ben.page.context().close();
    } finally {
      await server.close();
    }
  });
}
