// Networks that let no media through at all: sound goes by the page's own socket, and the page says so.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage as openFirefoxPage, startFirefox } from '../lib/firefox.js';
import { closeUdp, openAll } from '../lib/network.js';
import { Human, id, sound, TRAINER } from '../lib/people.js';
import { hearsNothing, hearsSomething, hearsTone } from '../lib/senses.js';
import { ARTIFACTS, Server } from '../lib/server.js';
import { SoundCard } from '../lib/sound-card.js';
import { localCandidates, rememberConnections } from '../lib/stats.js';

const NO_RELAY = '[turn]\nenabled = false\n';

let low;
let high;

before(async () => {
  mkdirSync(ARTIFACTS, { recursive: true });
  [low, high] = await Promise.all([
    startChromium({ colours: PRIMARY, hz: 600 }),
    startChromium({ colours: PRIMARY, hz: 1500 }),
  ]);
});

after(async () => {
  await openAll();
  await low?.close();
  await high?.close();
});

/** The identifiers of two people, each as the other knows them. */
async function known(ada, ben) {
  await Promise.all([ada.opensPeople(), ben.opensPeople()]);
  return [await ada.identifier(ben), await ben.identifier(ada)];
}

test('nothing passes: both are heard by the page, a muted one is not', async () => {
  const server = await Server.start({ config: NO_RELAY });
  try {
    await closeUdp({ onlyTcp: server.port });
    const ada = new Human(await openPage(low), TRAINER);
    const ben = new Human(await openPage(high), 'Ben Morel');
    for (const [human, link] of [
      [ada, server.links.trainer],
      [ben, server.links.participant],
    ]) {
      await human.opens(link);
      await human.page.locator(`${id('lobby-way')}[data-way="page"]`).waitFor({ timeout: 120_000 });
    }
    await ben.page.screenshot({ path: join(ARTIFACTS, 'sound-by-page-lobby.png') });
    for (const human of [ada, ben]) {
      await human.clicksEnter();
      await human.isInTheRoom();
    }
    const [adaId, benId] = await known(ada, ben);
    await ada.turnsOnMicrophone();
    await ben.turnsOnMicrophone();
    await hearsTone(ben.page, sound(adaId), 600, 120_000);
    await hearsTone(ada.page, sound(benId), 1500, 120_000);
    await ben.page.locator(id('sound-by-page')).waitFor();
    await ben.page.screenshot({ path: join(ARTIFACTS, 'sound-by-page-room.png') });

    await ada.mutes(benId);
    await hearsNothing(ada.page, sound(benId));
    await ben.turnsOnMicrophone();
    await hearsTone(ada.page, sound(benId), 1500);
    await ben.says('Je vous entends.');
    await ada.reads('Je vous entends.');
    assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
    await ada.page.context().close();
    await ben.page.context().close();
  } finally {
    await openAll();
    await server.close();
  }
});

test('the network closes for one in mid-class, and opens again', async (t) => {
  const server = await Server.start({ config: NO_RELAY });
  try {
    const ada = new Human(await openPage(low), TRAINER);
    const ben = new Human(await openPage(high), 'Ben Morel');
    await rememberConnections(ada.page.context());
    await ada.enters(server.links.trainer);
    await ben.enters(server.links.participant);
    const [adaId, benId] = await known(ada, ben);
    await ada.turnsOnMicrophone();
    await ben.turnsOnMicrophone();
    await hearsTone(ben.page, sound(adaId), 600);
    await hearsTone(ada.page, sound(benId), 1500);

    const hers = (await localCandidates(ada.page)).map(({ port }) => port);
    await closeUdp({ onlyTcp: server.port, butUdp: hers });
    const closed = Date.now();
    await ben.page.locator(id('sound-by-page')).waitFor({ timeout: 120_000 });
    await hearsTone(ben.page, sound(adaId), 600, 120_000);
    await hearsTone(ada.page, sound(benId), 1500, 120_000);
    t.diagnostic(`heard by the page ${Date.now() - closed} ms after the cut`);
    assert.equal(await ada.page.locator(id('sound-by-page')).count(), 0);

    await openAll();
    const opened = Date.now();
    await ben.page.locator(id('sound-by-page')).waitFor({ state: 'detached', timeout: 120_000 });
    await hearsTone(ben.page, sound(adaId), 600, 120_000);
    await hearsTone(ada.page, sound(benId), 1500, 120_000);
    t.diagnostic(`heard by media connections ${Date.now() - opened} ms after the network opened`);
    assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
    await ada.page.context().close();
    await ben.page.context().close();
  } finally {
    await openAll();
    await server.close();
  }
});

test('Firefox hears and is heard by the page', async () => {
  const server = await Server.start({ config: NO_RELAY });
  const card = await SoundCard.start();
  const firefox = await startFirefox({ card });
  try {
    // Firefox is driven by TCP.
    await closeUdp({ onlyTcp: [server.port, Number(new URL(firefox.wsEndpoint()).port)] });
    const ada = new Human(await openPage(low), TRAINER);
    await ada.enters(server.links.trainer);
    await ada.turnsOnMicrophone();

    const page = await openFirefoxPage(firefox);
    await page.goto(server.links.participant);
    await page.waitForSelector(`${id('lobby-way')}[data-way="page"]`);
    await page.type(id('lobby-name'), 'Ben Morel');
    await page.click(id('lobby-enter'));
    await page.waitForSelector(id('sound-by-page'));
    await ada.opensPeople();
    const benId = await new Human(page, 'Ben Morel').identifier(ada);
    const adaId = await ada.page
      .locator(id('person-row'), { hasText: TRAINER })
      .first()
      .getAttribute('data-participant');
    await hearsTone(page, sound(adaId), 600, 120_000);
    await page.click(id('toolbar-mic'));
    await hearsSomething(ada.page, sound(benId), 120_000);
    assert.deepEqual(page.faults, []);
    assert.deepEqual(ada.page.faults, []);
    await ada.page.context().close();
  } finally {
    await openAll();
    await firefox.close();
    await card.close();
    await server.close();
  }
});
