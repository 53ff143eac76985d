// Networks that let little through: sound and pictures find a way, and the page says which.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { closeUdp, openAll } from '../lib/network.js';
import { Human, id, picture, sound, TRAINER } from '../lib/people.js';
import { hearsTone, seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';
import { heard, localCandidate, rememberConnections } from '../lib/stats.js';
import { until } from '../lib/wait.js';

let chromium;

before(async () => {
  // The certificate of these tests is signed by nobody; relays by TLS are refused by it too otherwise.
  chromium = await startChromium({ colours: PRIMARY, hz: 1000, args: ['--ignore-certificate-errors'] });
});

after(async () => {
  await openAll();
  await chromium?.close();
});

/** A trainer is seen and heard by a participant; both lobbies say `way`. Answers what the participant's browser used. */
async function meet(server, way) {
  const ada = new Human(await openPage(chromium, { ignoreHTTPSErrors: true }), TRAINER);
  const ben = new Human(await openPage(chromium, { ignoreHTTPSErrors: true }), 'Ben Morel');
  await rememberConnections(ben.page.context());
  for (const [human, link] of [
    [ada, server.links.trainer],
    [ben, server.links.participant],
  ]) {
    await human.opens(link);
    await human.page.locator(`${id('lobby-way')}[data-way="${way}"]`).waitFor({ timeout: 120_000 });
    await human.clicksEnter();
    await human.isInTheRoom();
  }
  await ben.opensPeople();
  const adaId = await ada.identifier(ben);
  await ada.turnsOnCamera();
  await ada.turnsOnMicrophone();
  await seesColours(ben.page, picture(adaId), PRIMARY, { limit: 120_000 });
  await hearsTone(ben.page, sound(adaId), 1000);
  const used = await localCandidate(ben.page);
  assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
  await ada.page.context().close();
  await ben.page.context().close();
  return used;
}

test('no UDP at all: by TCP to the media port', async () => {
  const server = await Server.start();
  try {
    await closeUdp();
    const used = await meet(server, 'tcp');
    assert.equal(used.protocol, 'tcp');
    assert.notEqual(used.candidateType, 'relay');
  } finally {
    await openAll();
    await server.close();
  }
});

test('nothing but the HTTPS port of the page: by the relay in it', async () => {
  const server = await Server.start({ tls: true });
  try {
    await closeUdp({ onlyTcp: server.port });
    const used = await meet(server, 'relay');
    assert.equal(used.candidateType, 'relay');
    assert.equal(used.relayProtocol, 'tls');
  } finally {
    await openAll();
    await server.close();
  }
});

test('nothing but the HTTP port of the page: by the relay in it', async () => {
  const server = await Server.start();
  try {
    await closeUdp({ onlyTcp: server.port });
    const used = await meet(server, 'relay');
    assert.equal(used.relayProtocol, 'tcp');
  } finally {
    await openAll();
    await server.close();
  }
});

test('the network closes in mid-class: the relay takes over without a click', async (t) => {
  const server = await Server.start();
  try {
    const ada = new Human(await openPage(chromium), TRAINER);
    const ben = new Human(await openPage(chromium), 'Ben Morel');
    await rememberConnections(ben.page.context());
    await ada.enters(server.links.trainer);
    await ben.opens(server.links.participant);
    await ben.page.locator(`${id('lobby-way')}[data-way="udp"]`).waitFor({ timeout: 120_000 });
    await ben.clicksEnter();
    await ben.isInTheRoom();
    await ben.opensPeople();
    const adaId = await ada.identifier(ben);
    await ada.turnsOnCamera();
    await ada.turnsOnMicrophone();
    await seesColours(ben.page, picture(adaId), PRIMARY, { limit: 120_000 });
    assert.equal((await localCandidate(ben.page)).protocol, 'udp');
    await until('three seconds of a class', async () => (await heard(ben.page)).samples > 3 * 48_000);

    await closeUdp({ onlyTcp: server.port });
    const closed = Date.now();
    const used = await until(
      'Ben is reached by the relay',
      async () => {
        const candidate = await localCandidate(ben.page);
        return candidate?.candidateType === 'relay' && candidate;
      },
      120_000,
    );
    await seesColours(ben.page, picture(adaId), PRIMARY, { limit: 120_000 });
    await hearsTone(ben.page, sound(adaId), 1000);
    t.diagnostic(`seen and heard again ${Date.now() - closed} ms after the cut, by ${used.relayProtocol}`);
    assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
  } finally {
    await openAll();
    await server.close();
  }
});
