// A power cut in mid-class: the pages come back by themselves, nothing that was acknowledged is lost.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage } from '../lib/chromium.js';
import { openClass } from '../lib/class.js';
import { PRIMARY } from '../lib/content.js';
import { id, picture, sound } from '../lib/people.js';
import { hearsTone, look, seesColours } from '../lib/senses.js';
import { until } from '../lib/wait.js';

let opened;
let server;
let hers;
let ada;
let ben;

before(async () => {
  opened = await openClass();
  ({ server, hers, ada, ben } = opened);
});

after(() => opened?.close());

test('kill -9 in mid-class', async (t) => {
  await ada.enters(server.links.trainer);
  await ben.enters(server.links.participant);
  await ada.opensPeople();
  await ben.opensPeople();
  const adaId = await ada.identifier(ben);
  await ada.turnsOnCamera();
  await ada.turnsOnMicrophone();
  await seesColours(ben.page, picture(adaId), PRIMARY);
  await hearsTone(ben.page, sound(adaId), 1000);
  await ben.says('Avant la coupure');
  await ada.reads('Avant la coupure');
  const entry = await (await server.get('/api/entry', server.links.trainer)).json();
  const [recording] = entry.recordings;
  assert.ok(recording, 'the class is being recorded');
  // A stretch of recording that outlasts the two seconds which may be lost.
  const recorded = Date.now() - Date.parse(recording.startedAt);
  if (recorded < 8_000) await new Promise((wake) => setTimeout(wake, 8_000 - recorded));

  ada.page.outage = true;
  ben.page.outage = true;
  await server.kill();
  const killed = Date.now();
  const verified = await server.command('journal', 'verify');
  assert.equal(verified.code, 0, verified.stdout + verified.stderr);
  await server.run();
  const back = Date.now();
  for (const human of [ada, ben]) {
    await until(
      `${human.name} is back without a click`,
      async () => {
        const entry = await (await server.get('/api/entry', server.links.trainer)).json();
        return entry.present === 2 && !(await human.page.locator(id('reconnecting')).isVisible());
      },
      120_000,
      50,
    );
  }
  const waited = Date.now() - back;
  t.diagnostic(`pages back ${waited} ms after the server listens, which took ${back - killed} ms`);

  await ben.reads('Avant la coupure');
  await ben.says('Après la coupure');
  await ada.reads('Après la coupure');
  await seesColours(ben.page, picture(adaId), PRIMARY);
  await hearsTone(ben.page, sound(adaId), 1000);
  const after = await server.command('journal', 'verify');
  assert.equal(after.code, 0, after.stdout + after.stderr);

  const page = await openPage(hers);
  await page.goto(server.links.trainer.replace('#', `/replay/${recording.id}#`));
  await page.locator(id('replay-play')).waitFor();
  const length = await until('the replay has a length', async () => {
    const value = await page.locator(id('replay-seek')).evaluate((seek) => {
      const slider = seek.matches('[max], [aria-valuemax]') ? seek : seek.querySelector('[max], [aria-valuemax]');
      return Number(slider.getAttribute('aria-valuemax') ?? slider.getAttribute('max'));
    });
    return value > 0 && value;
  });
  const lost = killed - Date.parse(recording.startedAt) - (length > 3_600 ? length : 1_000 * length);
  t.diagnostic(`the replay ends ${Math.round(lost)} ms before the kill`);
  assert.ok(lost >= -500 && lost <= 8_000, `the replay lost ${lost} ms`);

  await page.locator(id('replay-play')).click();
  await until('the replay of the interrupted recording plays', async () => {
    const view = await look(page, id('replay-video'));
    return view && PRIMARY.some((colour) => colour.every((value, c) => Math.abs(value - view.rgb[c]) <= 20));
  });
  assert.deepEqual([...ada.page.faults, ...ben.page.faults, ...page.faults], []);
});
