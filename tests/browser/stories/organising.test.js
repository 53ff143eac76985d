// What an organiser of two academies does from afar and on the day: a séance of next spring that follows GAIA, a list as
// a French spreadsheet keeps it, an excuse in advance, a room for a month, a trainer appointed; and people who sign on
// site without any password.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect, photograph } from '../lib/inspect.js';
import { Clerk, gaiaFiles, makePerson, parisNow } from '../lib/office.js';
import { id } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TRAINER = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const TEACHER = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };
const TITLE = 'Animer une classe virtuelle';
/** Beyond the month that a search in GAIA reaches by itself. */
const FAR = 120 * 86_400_000;

let server;
let browser;
let organiser;
let trainer;
let teacher;
/** What the screens had wrong, all together at the end. */
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `organising-${name}`)));
}

before(async () => {
  server = await Server.start();
  // The first of the two is not the one that everything here belongs to.
  const managed = ['ac-lyon', 'ac-versailles'].map((academy) => ['gestionnaire', academy]);
  await makePerson(server, ORGANISER, managed);
  await makePerson(server, TRAINER);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  trainer = await Clerk.open(browser, server, TRAINER.email);
  teacher = await Clerk.open(browser, server, TEACHER.email);
  await organiser.signsIn();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('a séance of next spring takes the academy of its session and follows GAIA', async () => {
  const day = parisNow(FAR).slice(0, 10);
  await organiser.goes('/gaia');
  await organiser.fill('gaia-academy', 'ac-versailles');
  await organiser.page.setInputFiles(
    id('gaia-files'),
    gaiaFiles(day, [[TEACHER.lastName, TEACHER.firstName, TEACHER.email]]),
  );
  await organiser.press('gaia-preview');
  await organiser.press('gaia-import');
  await organiser.hears('L’import est terminé');
  const parcours = { title: TITLE, distanceMin: 180 };
  const session = await organiser.opensSession({ parcours, title: `${TITLE}, n° 1`, people: [], starts: day });
  await organiser.goes(`/seances/new?session=${session}`);
  await organiser.fill('seance-title', TITLE);
  await organiser.fill('seance-starts', parisNow(FAR));
  await organiser.press('seance-create');
  await organiser.page.waitForURL(/\/enrolments$/);
  await organiser.press('tab-gaia');
  for (const step of ['gaia-dispositif', 'gaia-module']) {
    await organiser.page.waitForSelector(`${id(step)} option:nth-child(2)`, { state: 'attached' });
    await organiser.page.selectOption(id(step), { index: 1 });
  }
  await organiser.fill('gaia-place', 'nulle part');
  await organiser.page.locator(id('gaia-link-make')).waitFor({ state: 'detached' });
  await look(organiser, 'gaia-place');
  await organiser.fill('gaia-place', 'distance');
  await organiser.press('gaia-link-make');
  await organiser.press('gaia-link-confirm');
  await organiser.page.waitForSelector(id('gaia-link'));
});

test('a list as the page says it, kept by a French spreadsheet', async () => {
  await organiser.press('tab-enrolments');
  const line = 'lea.garcon@ac-versailles.fr;GARÇON;Léa;stagiaire;0780001C\r\n';
  await organiser.page.locator(id('paste-file')).setInputFiles({
    name: 'liste.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(line, 'latin1'),
  });
  await organiser.press('paste-preview');
  await organiser.press('paste-enrol');
  await organiser.page.waitForSelector(`${id('enrolled')}[data-name="GARÇON"]`);
});

test('before a séance nobody is present; an absence is excused, and that taken back', async () => {
  await organiser.press('tab-presence');
  const row = (status) => organiser.page.locator(`${id('presence-row')}[data-name*="DURAND"][data-status="${status}"]`);
  const correct = async (status) => {
    await row(status).locator(id('correct')).click();
    assert.equal(await organiser.page.locator('[role="dialog"] [data-testid^="choice-"]').count(), 1);
  };
  await row('absent').waitFor();
  await look(organiser, 'sheet-before');
  await correct('absent');
  await photograph(organiser.page, 'organising-excuse-before');
  await organiser.press('correct-confirm');
  await row('excuse').waitFor();
  await correct('excuse');
  await organiser.press('correct-confirm');
  await row('absent').waitFor();
});

test('a room for a month is made and set in days', async () => {
  await organiser.goes('/seances/new');
  await organiser.fill('seance-title', 'Salle des formateurs');
  await organiser.fill('seance-starts', parisNow(86_400_000));
  await organiser.page.locator(`${id('seance-more')} > summary`).click();
  await organiser.page.selectOption(id('seance-template'), 'permanente');
  assert.equal(await organiser.page.locator(id('seance-duration')).inputValue(), '30');
  await look(organiser, 'permanent');
  await organiser.press('seance-create');
  await organiser.page.waitForURL(/\/enrolments$/);
  await organiser.press('tab-settings');
  await organiser.fill('settings-title', 'Salle des formateurs, printemps');
  await organiser.press('settings-save');
  await organiser.hears('Les réglages sont enregistrés');
});

test('a gestionnaire appoints a trainer, who is not shown what others do', async () => {
  await organiser.goes('/people');
  await organiser.fill('people-search', TRAINER.lastName);
  const row = organiser.page.locator(`${id('person')}[data-name="Paul MARTIN"]`);
  await row.locator(id('person-roles')).click();
  await organiser.press('role-grant');
  await organiser.hears('Les rôles sont à jour');
  await look(organiser, 'roles');
  await organiser.page.keyboard.press('Escape');
  await row.getByText('Formateur (ac-versailles)').waitFor();
  await row.locator(id('person-invite')).waitFor();
  await trainer.signsIn();
  await trainer.goes('/sessions');
  await trainer.page.locator(id('session-row')).waitFor();
  assert.equal(await trainer.page.locator(id('session-add')).count(), 0);
});

test('on site: a code scanned without a password leads on, the personal link signs', async () => {
  const plan = { title: TITLE, startsAt: parisNow(-60_000), durationMin: 180, template: 'presentiel' };
  const { seance } = await organiser.sends('POST', 'seances', { ...plan, academy: 'ac-versailles' });
  const people = [{ ...TRAINER, role: 'trainer' }, TEACHER];
  await organiser.sends('POST', `seances/${seance.id}/enrolments`, { people });
  const enrolled = await organiser.sends('GET', `seances/${seance.id}/enrolments`);
  const marie = enrolled.find(({ person }) => person.email === TEACHER.email).person.id;
  const { link } = await organiser.sends('POST', `seances/${seance.id}/personal-links/${marie}`);
  const half = { startsAt: parisNow(-60_000), durationMin: 180 };
  const { halfDays } = await organiser.sends('POST', `seances/${seance.id}/half-days`, half);
  const shown = () => organiser.sends('GET', `half-days/${halfDays[0].id}/code`);

  await teacher.page.goto((await shown()).link);
  await teacher.page.locator(id('sign-otherwise')).getByText('lien personnel').waitFor();
  await look(teacher, 'sign-unknown');
  await teacher.page.goto(link);
  await teacher.press('to-sign');
  // The code turns every 30 seconds, also while it is typed; Chromium reports each refusal.
  const faults = [...teacher.page.faults];
  await until('the code is taken', async () => {
    await teacher.fill('emargement-digits', (await shown()).code);
    await teacher.press('emargement-sign');
    await teacher.page
      .locator(`${id('signed')}, ${id('emargement-digits')}[aria-invalid]`)
      .first()
      .waitFor();
    return teacher.page.locator(id('signed')).isVisible();
  });
  teacher.page.faults = faults;
  await look(teacher, 'signed-by-link');
  await teacher.goes(`/seance/${seance.id}/presence`);
  await teacher.page.locator(id('own-verdict')).getByText('1 demi-journée signée').waitFor();
  await look(teacher, 'own-signed');

  await trainer.goes(`/seance/${seance.id}/emargement`);
  await trainer.page.locator(id('signed-count')).getByText('1 signature sur 1').waitFor();
  await trainer.page.locator(`${id('signer')}[data-name*="MARTIN"] ${id('tick')}`).click();
  await trainer.page
    .locator(`${id('signer')}[data-name*="MARTIN"]`)
    .getByText('coché')
    .waitFor();
  await look(trainer, 'desk');
  await trainer.press('tab-presence');
  const own = trainer.page.locator(`${id('presence-row')}[data-name*="MARTIN"][data-status="present"]`);
  await own.locator(id('intervention')).getByText('créditée').waitFor();
  await own.locator(id('correct')).waitFor();
  await look(trainer, 'sheet-on-site');
});

test('no screen breaks the rules of accessibility or logs an error', async () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, trainer, teacher]) assert.deepEqual(clerk.page.faults, []);
});
