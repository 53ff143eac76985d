// The floor given, taken back and given again, cameras off and on, the screen shared twice: the picture comes each time,
// and where it does not come any more the others see that.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY, SECONDARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Clerk, makePerson, parisNow } from '../lib/office.js';
import { Human, id, picture } from '../lib/people.js';
import { look, seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';
import { rememberConnections } from '../lib/stats.js';
import { until } from '../lib/wait.js';

const PAUL = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const MARIE = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };

let server;
let hers;
let his;
let paul;
let marie;
let marieId;

before(async () => {
  server = await Server.start();
  await makePerson(server, PAUL, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, MARIE);
  hers = await startChromium({ colours: PRIMARY, hz: 1000 });
  his = await startChromium({ colours: SECONDARY, hz: 750 });
  const planner = await Clerk.open(his, server, PAUL.email);
  const learner = await Clerk.open(hers, server, MARIE.email);
  await planner.signsIn();
  await learner.signsIn();
  await rememberConnections(learner.page.context());
  const session = await planner.opensSession({
    parcours: { title: 'Lire à voix haute', distanceMin: 60 },
    title: 'Lire à voix haute, n° 1',
    people: [
      { ...PAUL, role: 'trainer' },
      { ...MARIE, role: 'participant' },
    ],
  });
  // There a camera goes with the floor.
  const { seance } = await planner.sends('POST', 'seances', {
    template: 'audioconference',
    title: 'Lire à voix haute',
    startsAt: parisNow(),
    durationMin: 60,
    sessionFormation: session,
  });
  paul = new Human(planner.page, 'Paul MARTIN');
  marie = new Human(learner.page, 'Marie DURAND');
  for (const { page } of [paul, marie]) await page.goto(`http://127.0.0.1:${server.port}/seance/${seance.id}`);
  for (const human of [paul, marie]) {
    await human.clicksEnter();
    await human.isInTheRoom();
  }
  await paul.opensPeople();
  marieId = await marie.identifier(paul);
});

after(async () => {
  await hers?.close();
  await his?.close();
  await server?.close();
});

/** Paul gives Marie the floor, or takes it back. */
async function floor(words) {
  const row = paul.page.locator(`${id('person-row')}[data-participant="${marieId}"]`);
  await row.getByRole('button').first().click();
  await paul.page.getByRole('menuitem', { name: words }).click();
}

const gone = (source) =>
  until(`no picture of her ${source} is left`, async () => !(await paul.page.$(picture(marieId, source))));

test('a camera that comes and goes with the floor is seen each time', async () => {
  for (let round = 0; round < 3; round += 1) {
    await floor('Donner la parole');
    await marie.turnsOnCamera();
    await seesColours(paul.page, picture(marieId), PRIMARY);
    await floor('Reprendre la parole');
    await gone('camera');
  }
});

test('a camera that is turned off and on again is seen', async () => {
  await floor('Donner la parole');
  for (let round = 0; round < 2; round += 1) {
    await marie.turnsOnCamera();
    await seesColours(paul.page, picture(marieId), PRIMARY);
    await marie.turnsOnCamera();
    await gone('camera');
  }
});

test('a screen is seen the second time too, next to a camera', async () => {
  await marie.turnsOnCamera();
  for (let round = 0; round < 2; round += 1) {
    await marie.sharesScreen();
    await until('the screen is seen', () => look(paul.page, picture(marieId, 'screen')));
    await marie.sharesScreen();
    await gone('screen');
  }
  await seesColours(paul.page, picture(marieId), PRIMARY);
});

test('a picture that does not come any more gives way to the initials, until it comes again', async () => {
  await marie.page.evaluate(async () => {
    const senders = window.preauConnections.flatMap((connection) => connection.getSenders());
    window.cut = senders.filter(({ track }) => track?.kind === 'video').map((sender) => [sender, sender.track]);
    for (const [sender] of window.cut) await sender.replaceTrack(null);
  });
  const words = paul.page.locator(`${id('tile')}[data-participant="${marieId}"] ${id('interrupted')}`);
  await words.getByText('Image interrompue').waitFor({ state: 'attached' });
  assert.deepEqual(await inspect(paul.page, 'interrupted'), []);
  await marie.page.evaluate(async () => {
    for (const [sender, track] of window.cut) await sender.replaceTrack(track);
  });
  await words.waitFor({ state: 'detached' });
  await seesColours(paul.page, picture(marieId), PRIMARY);
});

test('nothing was logged as an error', () => {
  assert.deepEqual(paul.page.faults, []);
  assert.deepEqual(marie.page.faults, []);
});
