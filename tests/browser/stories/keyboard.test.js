// The organiser's and the trainer's work from end to end without a mouse: create, enrol, hold, correct, attest, export.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { Keyboard } from '../lib/keyboard.js';
import { Clerk, makePerson, PASSWORD, parisNow } from '../lib/office.js';
import { id } from '../lib/people.js';
import { Server } from '../lib/server.js';

const PAUL = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const MARIE = 'marie.durand@ac-versailles.fr';
const TITLE = 'Animer une classe virtuelle';

let server;
let browser;
let clerk;
let keyboard;

before(async () => {
  server = await Server.start();
  // Who plans and who leads, in one person.
  await makePerson(server, PAUL, [['gestionnaire', 'ac-versailles']]);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  clerk = await Clerk.open(browser, server, PAUL.email);
  keyboard = new Keyboard(clerk.page);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('log in; a wrong password leaves the focus where it is typed again', async () => {
  await clerk.goes('/');
  await keyboard.types('login-email', PAUL.email);
  await keyboard.types('login-password', 'ce n’est pas elle');
  await keyboard.press('Enter');
  await clerk.page.getByText('ne convient pas').waitFor();
  await keyboard.finds(id('login-password'));
  clerk.page.faults.length = 0;
  await keyboard.types('login-password', PASSWORD);
  await keyboard.press('Enter');
  await clerk.page.locator(id('nav-account')).waitFor();
});

test('the skip link leads past the header', async () => {
  await clerk.goes('/');
  await clerk.page.locator(id('door-newSeance')).waitFor();
  await keyboard.press('Tab');
  await keyboard.finds('.skip-link');
  await keyboard.press('Enter');
  await keyboard.press('Tab');
  await keyboard.finds(id('door-newSeance'));
});

test('a parcours and its session', async () => {
  await keyboard.activates('door-sessions');
  await keyboard.reaches(`${id('session-add')} > summary`);
  await keyboard.press('Enter');
  await keyboard.reaches(`${id('parcours-add')} > summary`);
  await keyboard.press('Enter');
  await keyboard.types('parcours-identifiant', '26_A025_ANIMER_1.0');
  await keyboard.types('parcours-title', TITLE);
  await keyboard.types('parcours-distanceMin', '180');
  await keyboard.press('Enter');
  await clerk.hears('Le parcours est créé');
  await keyboard.types('session-title', `${TITLE}, n° 1`);
  const today = parisNow(-600_000).slice(0, 10);
  await keyboard.dates('session-starts', today);
  await keyboard.dates('session-ends', today);
  await keyboard.activates('session-create');
  await clerk.hears('La session est créée');
  await clerk.page.waitForSelector(id('session-open'));
});

test('a séance; what the server refuses is said at its field, and the focus goes there', async () => {
  await keyboard.activates('session-new-seance');
  await keyboard.types('seance-title', TITLE);
  // A year that a form takes and no organiser means.
  await keyboard.dates('seance-starts', '2300-01-01T10:00');
  await keyboard.types('seance-duration', '60');
  await keyboard.activates('seance-create');
  await keyboard.finds(id('seance-starts'));
  assert.equal(await clerk.page.locator(id('seance-starts')).getAttribute('aria-invalid'), 'true');
  clerk.page.faults.length = 0;
  await keyboard.dates('seance-starts', parisNow(-600_000));
  assert.equal(await clerk.page.locator(id('seance-starts')).getAttribute('aria-invalid'), null, 'it is being mended');
  await keyboard.activates('seance-create');
  await clerk.page.waitForURL(/\/enrolments$/);
});

test('enrol a teacher, and oneself as the trainer', async () => {
  await keyboard.types('enrol-email', MARIE);
  await keyboard.press('Enter');
  await clerk.page.locator(`${id('enrolled')}[data-name*="durand" i]`).waitFor();
  await keyboard.types('enrol-email', PAUL.email);
  await keyboard.reaches(id('enrol-role'));
  await keyboard.press('ArrowDown');
  await keyboard.activates('enrol-submit');
  await clerk.page.locator(`${id('enrolled')}[data-name="MARTIN"]`).waitFor();
});

test('hold the class', async () => {
  await keyboard.activates('nav-home');
  await keyboard.activates('seance-enter');
  await keyboard.activates('lobby-enter');
  await clerk.page.locator(id('toolbar-mic')).waitFor();
  await keyboard.activates('toolbar-end');
  // Escape is always a way back.
  await clerk.page.locator(id('end-confirm')).waitFor();
  await keyboard.press('Escape');
  await clerk.page.locator(id('end-confirm')).waitFor({ state: 'detached' });
  await keyboard.finds(id('toolbar-end'));
  await keyboard.press('Enter');
  await keyboard.activates('end-confirm');
  await keyboard.activates('to-presence');
});

test('correct: Escape closes and gives the focus back, then who, why, confirm; it is said aloud', async () => {
  const correct = `${id('presence-row')}[data-name*="durand" i] ${id('correct')}`;
  await keyboard.reaches(correct);
  await keyboard.press('Enter');
  await clerk.page.locator('[role="dialog"]').waitFor();
  await keyboard.press('Escape');
  await clerk.page.locator('[role="dialog"]').waitFor({ state: 'detached' });
  await keyboard.finds(correct);
  await keyboard.press('Enter');
  await keyboard.reaches('[role="dialog"] input[type="radio"]');
  await keyboard.press('Space');
  await keyboard.activates('correct-confirm');
  await clerk.page.locator(`${id('presence-row')}[data-name*="durand" i][data-status="present"]`).waitFor();
  await keyboard.finds(correct);
  await clerk.page.locator('[role="status"], [aria-live]').getByText('La correction de').first().waitFor();
});

test('export by the menu, and Escape closes it', async () => {
  await keyboard.reaches(id('export-menu'));
  await keyboard.press('Enter');
  await clerk.page.locator('[role="menu"]').waitFor();
  await keyboard.press('Escape');
  await keyboard.finds(id('export-menu'));
  await keyboard.press('Enter');
  await clerk.page.locator('[role="menu"]').waitFor();
  const [download] = await Promise.all([clerk.page.waitForEvent('download'), keyboard.press('Enter')]);
  assert.equal(await download.failure(), null);
  await keyboard.finds(id('export-menu'));
});

test('attest what is proposed', async () => {
  await clerk.goes('/');
  await keyboard.reaches(`${id('to-attest-session')} a`);
  await keyboard.press('Enter');
  await keyboard.activates('attest-all');
  await clerk.hears('L’attestation est enregistrée');
});

test('the network goes away: it is said in words, and « Réessayer » asks again', async () => {
  const { page } = clerk;
  await clerk.goes('/');
  await page.locator(id('seance-row')).first().waitFor();
  page.outage = true;
  await page.context().setOffline(true);
  await keyboard.reaches(id('period-past'));
  await keyboard.press('Space');
  await page.locator(id('failure')).getByText('Le serveur ne répond pas').waitFor();
  await page.context().setOffline(false);
  await keyboard.activates('retry');
  await page.locator(id('failure')).waitFor({ state: 'detached' });
  page.outage = false;
});

test('the focus could be seen everywhere, and no screen logged an error', () => {
  assert.deepEqual([...keyboard.unseen], []);
  assert.deepEqual(clerk.page.faults, []);
});
