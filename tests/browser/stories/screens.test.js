// Every screen, inspected: axe in light and dark, 320 px, keyboard only; pictures are kept in artifacts/.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage } from '../lib/chromium.js';
import { openClass } from '../lib/class.js';
import { SECONDARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Keyboard } from '../lib/keyboard.js';
import { id, picture } from '../lib/people.js';
import { look, seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';
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

test('lobby', async () => {
  await ada.opens(server.links.trainer);
  assert.equal(await ada.page.getAttribute('html', 'lang'), 'fr');
  assert.deepEqual(await inspect(ada.page, 'lobby'), []);
});

test('room, with cameras and chat', async () => {
  await ada.clicksEnter();
  await ada.isInTheRoom();
  await ben.enters(server.links.participant);
  await ada.opensPeople();
  const benId = await ben.identifier(ada);
  await ada.turnsOnCamera();
  await ben.turnsOnCamera();
  await seesColours(ada.page, picture(benId), SECONDARY);
  await ben.says('Bonjour à tous, ravi d’être là');
  await ada.reads('Bonjour à tous');
  assert.deepEqual(await inspect(ada.page, 'room'), []);
});

test('presence', async () => {
  const page = await openPage(hers);
  await page.goto(server.links.trainer.replace('#', '/presence#'));
  await page.locator(id('presence-row')).first().waitFor();
  assert.deepEqual(await inspect(page, 'presence'), []);
  assert.deepEqual(page.faults, []);
  await page.context().close();
});

test('end and replay', async () => {
  await ada.page.click(id('toolbar-end'));
  await ada.page.click(id('end-confirm'));
  await ada.page.locator(id('to-replay')).waitFor();
  assert.deepEqual(await inspect(ada.page, 'ended'), []);
  await ada.page.click(id('to-replay'));
  await ada.page.locator(id('replay-play')).click();
  await until('the replay shows a camera', () => look(ada.page, id('replay-video')));
  assert.deepEqual(await inspect(ada.page, 'replay'), []);
});

test('keyboard only: entering and writing', async () => {
  const again = await Server.start();
  try {
    const page = await openPage(hers);
    await page.goto(again.links.participant);
    await page.waitForSelector(id('lobby-enter'));
    const keyboard = new Keyboard(page);
    await keyboard.types('lobby-name', 'Chloé Picard');
    await keyboard.activates('lobby-enter');
    await page.waitForSelector(id('toolbar-mic'));
    if (!(await page.locator(id('chat-input')).isVisible())) await keyboard.activates('toolbar-chat');
    await keyboard.types('chat-input', 'Au clavier seul');
    await keyboard.press('Enter');
    await page.locator(id('chat-message'), { hasText: 'Au clavier seul' }).waitFor();
    assert.deepEqual(page.faults, []);
  } finally {
    await again.close();
  }
});

test('nothing was logged as an error, blocked by the policy or asked of another host', () => {
  assert.deepEqual(ada.page.faults, []);
  assert.deepEqual(ben.page.faults, []);
});
