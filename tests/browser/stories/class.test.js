// A class from end to end between two Chromiums: what one shows is what the other sees, hears and reads.

import assert from 'node:assert/strict';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPage } from '../lib/chromium.js';
import { openClass } from '../lib/class.js';
import { PRIMARY, SECONDARY } from '../lib/content.js';
import { clickToFirstFrame, median } from '../lib/first-frame.js';
import { inspect } from '../lib/inspect.js';
import { Human, id, picture, sound, TRAINER } from '../lib/people.js';
import { hearsNothing, hearsTone, look, seesColours } from '../lib/senses.js';
import { until } from '../lib/wait.js';

let opened;
let server;
let hers;
let his;
let ada;
let ben;
let adaId;
let benId;

before(async () => {
  opened = await openClass();
  ({ server, hers, his, ada, ben } = opened);
});

after(() => opened?.close());

test('the trainer and a teacher enter by their links', async () => {
  await ada.hasSmallScreen();
  await ada.enters(server.links.trainer);
  await ben.enters(server.links.participant);
  await ada.opensPeople();
  await ben.opensPeople();
  adaId = await ada.identifier(ben);
  benId = await ben.identifier(ada);
  assert.notEqual(adaId, benId);
});

test('cameras: each sees the colours of the other', async () => {
  await ada.turnsOnCamera();
  await ben.turnsOnCamera();
  await Promise.all([seesColours(ben.page, picture(adaId), PRIMARY), seesColours(ada.page, picture(benId), SECONDARY)]);
});

test('microphones: each hears the tone of the other', async () => {
  await ada.turnsOnMicrophone();
  await ben.turnsOnMicrophone();
  await hearsTone(ben.page, sound(adaId), 1000);
  await hearsTone(ada.page, sound(benId), 750);
});

test('a shared screen is seen in 1280×720', async () => {
  await ada.sharesScreen();
  await until(
    'the screen is decoded in full size',
    async () => {
      const view = await look(ben.page, picture(adaId, 'screen'));
      assert.deepEqual([view?.width, view?.height], [1280, 720]);
      return true;
    },
    120_000,
  );
  await ada.sharesScreen();
  await until('the share is over', async () => !(await ben.page.$(picture(adaId, 'screen'))));
});

test('chat: both read each other, a late-comer reads what came before', async () => {
  await ada.says('Bienvenue dans la classe');
  await ben.reads('Bienvenue dans la classe');
  await ben.says('Bonjour à tous');
  await ada.reads('Bonjour à tous');
  const late = new Human(await openPage(his), 'Chloé Picard');
  await late.enters(server.links.participant);
  await late.reads('Bienvenue dans la classe');
  await late.reads('Bonjour à tous');
  assert.deepEqual(late.page.faults, []);
  await late.page.context().close();
});

test('a raised hand reaches the trainer', async () => {
  await ben.page.click(id('toolbar-hand'));
  await ada.opensPeople();
  const row = ada.page.locator(`${id('person-row')}[data-participant="${benId}"]`);
  await row.getByText('Main levée').waitFor();
  await ben.page.click(id('toolbar-hand'));
});

test('a microphone muted by the trainer is silent at the other end', async () => {
  await ada.mutes(benId);
  await hearsNothing(ada.page, sound(benId));
  // The person may speak again.
  await ben.turnsOnMicrophone();
  await hearsTone(ada.page, sound(benId), 750);
});

test('click to first remote picture', async (t) => {
  const times = [];
  for (let entry = 0; entry < 5; entry++) {
    times.push(await clickToFirstFrame(his, server.links.participant, `Entrée ${entry}`));
  }
  t.diagnostic(`median ${Math.round(median(times))} ms of ${times.map(Math.round).join(', ')}`);
});

test('the presence page lists everybody and gives the CSV', async () => {
  const page = await openPage(hers);
  await page.goto(server.links.trainer.replace('#', '/presence#'));
  const row = page.locator(`${id('presence-row')}[data-name="Ben Morel"]`);
  await row.waitFor();
  const [download] = await Promise.all([page.waitForEvent('download'), page.click(id('presence-csv'))]);
  const csv = await readFile(await download.path(), 'utf8');
  assert.ok(csv.startsWith('\ufeff'));
  assert.ok(csv.includes(TRAINER));
  assert.match(csv, /Ben Morel;/);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('the proof of the class holds offline until somebody touches it', async () => {
  const page = await openPage(hers);
  await page.goto(server.links.trainer.replace('#', '/presence#'));
  const save = async (click) => {
    const [download] = await Promise.all([page.waitForEvent('download'), click()]);
    const path = join(server.folder, download.suggestedFilename());
    await download.saveAs(path);
    return path;
  };
  const proof = await save(() => page.click(id('presence-proof')));
  const verifier = await save(() => page.click('a[href="/api/verifier"]'));
  await page.goto(pathToFileURL(verifier).href);
  const verdict = async (name, bytes) => {
    const path = join(server.folder, name);
    await writeFile(path, bytes);
    await page.setInputFiles('#file', path);
    await page.locator(`[data-file="${name}"]`).waitFor();
    return page.innerText('#verdict');
  };
  const whole = await readFile(proof, 'utf8');
  const intact = await verdict('intact.jsonl', whole);
  assert.match(intact, /Intact/);
  assert.match(await page.innerText('#presence'), /Ben Morel/);
  assert.deepEqual(await inspect(page, 'verifier'), []);
  const records = whole.split('\n').filter((line) => line.startsWith('{"record"'));
  const at = records.findIndex((line) => line.includes('Ben Morel')) + 1;
  assert.match(
    await verdict('altered.jsonl', whole.replace('Ben Morel', 'Ben Moral')),
    new RegExp(`Altéré[^]*l’enregistrement ${at},`),
  );
  assert.match(await verdict('truncated.jsonl', whole.slice(0, whole.length / 2)), /Tronqué/);
  assert.match(await verdict('forged.jsonl', whole.replace('"signature":"', '"signature":"0')), /Altéré/);
  assert.deepEqual(page.faults, [`asked ${pathToFileURL(verifier).href}`], 'nothing but the file itself');
  await page.context().close();
});

test('the end leads to presence and to the replay', async (t) => {
  await ada.page.click(id('toolbar-end'));
  await ada.page.click(id('end-confirm'));
  const ended = Date.now();
  await ada.page.locator(id('ended')).waitFor();
  await ben.page.locator(id('ended')).waitFor();
  const replay = ada.page.locator(id('to-replay'));
  await replay.waitFor();
  t.diagnostic(`replay offered ${Date.now() - ended} ms after the end`);
  await ada.page.locator(id('to-presence')).waitFor();
  await replay.click();

  await ada.page.locator(id('replay-play')).click();
  const known = [...PRIMARY, ...SECONDARY];
  await until(
    'the replay shows one of the cameras',
    async () => {
      const view = await look(ada.page, `${id('replay-video')}`);
      assert.ok(view, 'nothing decoded');
      assert.ok(
        known.some((colour) => colour.every((value, channel) => Math.abs(value - view.rgb[channel]) <= 20)),
        `colour ${view.rgb}`,
      );
      return true;
    },
    120_000,
  );
  const before = await clock(ada.page);
  await until('the replay moves on', async () => (await clock(ada.page)) > before);
  await ada.page.locator(id('replay-chat-message')).first().waitFor();
  await ada.page.locator(id('replay-seek')).focus();
  await ada.page.keyboard.press('End');
  await until('the seek is followed', async () => (await clock(ada.page)) > before + 5);
});

test('nothing was logged as an error, blocked by the policy or asked of another host', () => {
  assert.deepEqual(ada.page.faults, []);
  assert.deepEqual(ben.page.faults, []);
});

/** The position of the replay, in seconds. */
async function clock(page) {
  const text = await page.locator(id('replay-time')).innerText();
  const [position] = text.split('/');
  return position
    .trim()
    .split(':')
    .reduce((sum, part) => 60 * sum + Number(part), 0);
}
