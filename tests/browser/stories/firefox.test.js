// Firefox and Chromium in one class, media on the address of the namespace (isolated.sh).

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage as openChromiumPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage, startFirefox } from '../lib/firefox.js';
import { Human, id, picture, sound, TRAINER } from '../lib/people.js';
import { hearsSomething, look, seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

let server;
let chromium;
let firefox;

before(async () => {
  server = await Server.start({ config: '[media]\naddresses = ["10.99.0.1"]\n' });
  chromium = await startChromium({ colours: PRIMARY, hz: 1000 });
  firefox = await startFirefox();
});

after(async () => {
  await firefox?.close();
  await chromium?.close();
  await server?.close();
});

test('Firefox sees Chromium, Chromium sees and hears Firefox', async () => {
  const ada = new Human(await openChromiumPage(chromium), TRAINER);
  await ada.enters(server.links.trainer);
  await ada.turnsOnCamera();
  await ada.turnsOnMicrophone();

  const page = await openPage(firefox);
  await page.goto(server.links.participant);
  await page.waitForSelector(id('lobby-enter'));
  if (await page.$(id('lobby-name'))) await page.type(id('lobby-name'), 'Ben Morel');
  await page.click(id('lobby-enter'));
  await page.waitForSelector(id('toolbar-mic'));

  await ada.opensPeople();
  const benId = await new Human(page, 'Ben Morel').identifier(ada);
  const adaId = await until('Ada is on Firefox’s stage', () =>
    page.$eval(`${id('tile')}[data-source="camera"]:has(video)`, (tile) => tile.dataset.participant),
  );
  await seesColours(page, picture(adaId), PRIMARY);
  await until('Firefox plays Ada’s sound', () =>
    page.$eval(sound(adaId), (audio) => audio.currentTime > 1 && !audio.paused),
  );

  await page.click(id('toolbar-camera'));
  await until(
    'Chromium decodes Firefox',
    async () => {
      const view = await look(ada.page, picture(benId));
      return view?.rgb.some((value) => value > 10);
    },
    120_000,
  );
  const first = await frames(ada.page, picture(benId));
  await until('the picture of Firefox moves', async () => (await frames(ada.page, picture(benId))) > first + 10);
  await page.click(id('toolbar-mic'));
  await hearsSomething(ada.page, sound(benId));
  assert.deepEqual(page.faults, []);
  assert.deepEqual(ada.page.faults, []);
});

/** Frames decoded so far. */
function frames(page, selector) {
  return page.evaluate((wanted) => document.querySelector(wanted).getVideoPlaybackQuality().totalVideoFrames, selector);
}
