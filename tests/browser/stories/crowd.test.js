// Three hundred people in one séance: the lists that name them all stay readable, from the import to the attestations;
// and one of them leads and stands in the list of trainees too.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Clerk, gaiaFiles, makePerson, parisNow } from '../lib/office.js';
import { Human, id } from '../lib/people.js';
import { Server } from '../lib/server.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TRAINER = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const LONG = ['DE LA TOUR D’AUVERGNE-LAURAGUAIS', 'Marie-Emmanuelle', 'm-e.delatour@ac-versailles.fr'];
/** As GAIA writes it. */
const IN_GAIA = "DE LA TOUR D'AUVERGNE-LAURAGUAIS";
const ALL = 300;
const BEGAN = -600_000;

let server;
let browser;
let organiser;
let trainer;
let session;
let seance;
/** What the screens had wrong, all together at the end. */
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `crowd-${name}`)));
}

before(async () => {
  server = await Server.start();
  await makePerson(server, ORGANISER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, TRAINER);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  trainer = await Clerk.open(browser, server, TRAINER.email);
  await organiser.signsIn();
  await trainer.signsIn();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('GAIA brings them', async () => {
  const start = parisNow(BEGAN).slice(0, 10);
  const others = Array.from({ length: ALL - 2 }, (_, n) => {
    const number = String(n).padStart(3, '0');
    return [`DURAND-${number}`, 'Marie', `marie.durand.${number}@ac-versailles.fr`];
  });
  const trainees = [[IN_GAIA, LONG[1], LONG[2]], [TRAINER.lastName, TRAINER.firstName, TRAINER.email], ...others];
  await organiser.goes('/gaia');
  await organiser.page.setInputFiles(id('gaia-files'), gaiaFiles(start, trainees));
  await organiser.press('gaia-preview');
  await organiser.page.locator(id('gaia-import')).waitFor();
  await look(organiser, 'preview');
  await organiser.press('gaia-import');
  await organiser.hears('L’import est terminé');
  session = await organiser.opensSession({
    parcours: { title: 'Animer une classe virtuelle', distanceMin: 180 },
    title: 'Animer une classe virtuelle, n° 1',
    people: [],
    starts: start,
  });
  const plan = { title: 'Animer une classe virtuelle', startsAt: parisNow(BEGAN), durationMin: 60 };
  const made = await organiser.sends('POST', 'seances', {
    ...plan,
    template: 'classe_virtuelle',
    sessionFormation: session,
  });
  seance = made.seance.id;
});

test('a séance that follows the session of GAIA expects them all', async () => {
  await organiser.goes(`/seance/${seance}/gaia`);
  await organiser.page.selectOption(id('gaia-dispositif'), { index: 1 });
  await organiser.page.waitForSelector(id('gaia-module'));
  await organiser.page.selectOption(id('gaia-module'), { index: 1 });
  await organiser.press('gaia-link-make');
  await organiser.page.locator(id('link-told')).waitFor();
  await organiser.press('gaia-link-confirm');
  await organiser.page.waitForSelector(id('gaia-link'));
  await organiser.goes(`/seance/${seance}/enrolments`);
  await organiser.page.locator(id('long-count')).getByText('200 lignes affichées sur 300').waitFor();
  assert.equal(await organiser.page.locator(id('enrolled')).count(), 200);
  await organiser.press('long-more');
  await organiser.page.locator(`${id('enrolled')}[data-name="DURAND-297"]`).waitFor();
  await look(organiser, 'enrolments');
});

test('the class is held, and the sheet names everybody', async () => {
  await trainer.goes(`/seance/${seance}`);
  await trainer.page.waitForSelector(id('lobby-enter'));
  const paul = new Human(trainer.page, 'Paul MARTIN');
  await paul.clicksEnter();
  await paul.isInTheRoom();
  await trainer.press('toolbar-end');
  await trainer.press('end-confirm');
  await trainer.page.locator(id('ended')).waitFor();
  await trainer.goes(`/seance/${seance}/presence`);
  await trainer.page.locator(id('presence-row')).first().waitFor();
  await trainer.fill('long-search', 'durand-297');
  await trainer.page.locator(`${id('presence-row')}[data-name*="DURAND-297"]`).waitFor();
  await trainer.fill('long-search', '');
  await look(trainer, 'sheet');
});

test('one who leads and learns: no hours, until the organiser lets them count', async () => {
  await organiser.goes(`/sessions/${session}/hours`);
  const row = organiser.page.locator(`${id('hours-row')}[data-name="MARTIN"]`);
  await organiser.fill('long-search', 'mârtin');
  await row.getByText('formateur et stagiaire').waitFor();
  await look(organiser, 'hours');
  await row.locator(id('exception')).click();
  await organiser.page.locator(id('exception-accept')).waitFor();
  await look(organiser, 'exception');
  await organiser.press('exception-accept');
  await organiser.hears('comptent désormais');
});

test('no screen breaks the rules of accessibility or logs an error', () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, trainer]) assert.deepEqual(clerk.page.faults, []);
});
