// A radio that loses every tenth packet: what a voice says is understood, and the picture moves.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openClass } from '../lib/class.js';
import { loses, openAll } from '../lib/network.js';
import { picture, sound } from '../lib/people.js';
import { hearsTone } from '../lib/senses.js';
import { heard, localCandidate, rememberConnections, stats } from '../lib/stats.js';
import { until } from '../lib/wait.js';

const LOST_PERCENT = 10;
/** Without copies of what came before, as much is invented as is lost. */
const INVENTED_PERCENT = 5;

let opened;

before(async () => {
  opened = await openClass({ busy: true });
});

after(async () => {
  await openAll();
  await opened?.close();
});

async function decoded(page) {
  const pictures = (await stats(page)).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'video');
  return Math.max(0, ...pictures.map(({ framesDecoded }) => framesDecoded ?? 0));
}

test('every tenth packet is lost', { timeout: 240_000 }, async (t) => {
  const { server, ada, ben } = opened;
  await rememberConnections(ben.page.context());
  await ada.enters(server.links.trainer);
  await ben.enters(server.links.participant);
  await ben.opensPeople();
  const adaId = await ada.identifier(ben);
  await ada.turnsOnCamera();
  await ada.turnsOnMicrophone();
  await ben.page.locator(picture(adaId)).waitFor();
  await hearsTone(ben.page, sound(adaId), 1000);
  const { port } = await until('Ben’s media flows', () => localCandidate(ben.page));

  await loses(port, LOST_PERCENT);
  const [before, frames] = [await heard(ben.page), await decoded(ben.page)];
  await until('twenty seconds of sound', async () => (await heard(ben.page)).samples > before.samples + 20 * 48_000);
  const later = await heard(ben.page);
  const [lost, shown] = [later.lost - before.lost, (await decoded(ben.page)) - frames];
  const lostPercent = (100 * lost) / Math.max(1, lost + later.packets - before.packets);
  const invented = (100 * (later.invented - before.invented)) / (later.samples - before.samples);
  await hearsTone(ben.page, sound(adaId), 1000);
  t.diagnostic(
    `${lostPercent.toFixed(1)} % of the sound's packets lost, ${invented.toFixed(1)} % of the sound invented; ${shown} frames`,
  );
  assert.ok(lostPercent > LOST_PERCENT / 2, `only ${lostPercent} % lost`);
  assert.ok(invented < INVENTED_PERCENT, `${invented} % of the sound invented`);
  assert.ok(shown > 100, `${shown} frames in twenty seconds`);
  assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
});
