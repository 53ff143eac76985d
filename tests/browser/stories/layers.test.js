// The picture that is sent follows the size at which it is shown, in both browsers, without standing still.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage as openChromiumPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage, startFirefox } from '../lib/firefox.js';
import { framesPass, hasHeight, longestGap, watchFrames } from '../lib/frames.js';
import { Human, id, picture, TRAINER } from '../lib/people.js';
import { seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

/** A picture may stand still that long when its size changes, beyond what this machine itself makes of it. */
const STILL_MS = 500;
const BIG = { width: 1600, height: 900 };
const SMALL = { width: 800, height: 420 };

let server;
let chromium;
let firefox;
let ada;
let adaId;

before(async () => {
  server = await Server.start({ config: '[media]\naddresses = ["10.99.0.1"]\n' });
  chromium = await startChromium({ colours: PRIMARY, hz: 1000, size: { width: 1280, height: 720 } });
  firefox = await startFirefox();
  ada = new Human(await openChromiumPage(chromium), TRAINER);
  // Three sizes are sent from machines of more than two cores only.
  await ada.page.context().addInitScript(() => {
    Object.defineProperty(Navigator.prototype, 'hardwareConcurrency', { get: () => 4 });
  });
  await ada.enters(server.links.trainer);
  await ada.turnsOnCamera();
});

after(async () => {
  await firefox?.close();
  await chromium?.close();
  await server?.close();
});

/** Grid, large, small window, hidden: the same story in any browser. `resize` sets the viewport. */
async function follows(t, page, resize) {
  const seen = picture(adaId);
  await resize(SMALL);
  await hasHeight(page, seen, 'small in a small window', (height) => height <= 180);
  await watchFrames(page, seen);
  await framesPass(page, 45);
  const quiet = await longestGap(page);

  await resize(BIG);
  await page.click(`[data-participant="${adaId}"] ${id('tile-pin')}`);
  await hasHeight(page, seen, 'in full size once it is shown large', (height) => height === 720);
  await framesPass(page, 30);
  const larger = await longestGap(page);

  await page.click(`[data-participant="${adaId}"] ${id('tile-pin')}`);
  await resize(SMALL);
  await hasHeight(page, seen, 'small again', (height) => height <= 180);
  await framesPass(page, 30);
  const smaller = await longestGap(page);

  await until(
    'nothing says of the moving picture that it is interrupted',
    async () => !(await page.$(id('interrupted'))),
  );

  t.diagnostic(`longest stand-still: at rest ${quiet.gap} ms, to large ${larger.gap} ms, to small ${smaller.gap} ms`);
  for (const { gap } of [larger, smaller]) assert.ok(gap <= STILL_MS + quiet.gap, `stood still for ${gap} ms`);
}

test('Chromium: the size follows the tile', { timeout: 120_000 }, async (t) => {
  const ben = new Human(await openChromiumPage(chromium), 'Ben Morel');
  await ben.enters(server.links.participant);
  await ben.opensPeople();
  adaId = await ada.identifier(ben);
  await seesColours(ben.page, picture(adaId), PRIMARY);
  await follows(t, ben.page, (size) => ben.page.setViewportSize(size));
  assert.deepEqual(ben.page.faults, []);
  await ben.page.context().close();
});

test('Firefox: the size follows the tile', { timeout: 120_000 }, async (t) => {
  const page = await openPage(firefox);
  await page.goto(server.links.participant);
  await page.waitForSelector(id('lobby-name'));
  await page.type(id('lobby-name'), 'Chloé Picard');
  await page.click(id('lobby-enter'));
  await page.waitForSelector(id('toolbar-mic'));
  adaId = await until('Ada is on the stage', () =>
    page.$eval(`${id('tile')}[data-source="camera"]:has(video)`, (tile) => tile.dataset.participant),
  );
  await seesColours(page, picture(adaId), PRIMARY);
  await follows(t, page, (size) => page.setViewport(size));
  assert.deepEqual(page.faults, []);
});

test('a hidden page is sent no picture, and has it back when it is looked at', { timeout: 60_000 }, async () => {
  const ben = new Human(await openChromiumPage(chromium), 'Dora Lemaire');
  await ben.page.context().addInitScript(() => {
    window.preauHidden = false;
    Object.defineProperty(Document.prototype, 'hidden', { get: () => window.preauHidden });
  });
  await ben.enters(server.links.participant);
  const hide = (hidden) =>
    ben.page.evaluate((now) => {
      window.preauHidden = now;
      document.dispatchEvent(new Event('visibilitychange'));
    }, hidden);
  const frames = () =>
    ben.page.evaluate(
      (wanted) => document.querySelector(wanted)?.getVideoPlaybackQuality().totalVideoFrames,
      picture(adaId),
    );
  await seesColours(ben.page, picture(adaId), PRIMARY);
  await hide(true);
  await until('no picture comes any more', async () => {
    const before = await frames();
    await new Promise((wake) => setTimeout(wake, 1_000));
    return (await frames()) === before;
  });
  await hide(false);
  await seesColours(ben.page, picture(adaId), PRIMARY);
  assert.deepEqual(ben.page.faults, []);
  assert.deepEqual(ada.page.faults, []);
});
