// Hours of many teachers on the screens that only read them: the inspector's report and the statistics, with nobody,
// with some and with three hundred, on a network that goes away, and in English.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect, photograph } from '../lib/inspect.js';
import { Keyboard } from '../lib/keyboard.js';
import { Clerk, makePerson } from '../lib/office.js';
import { id } from '../lib/people.js';
import { Server } from '../lib/server.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const INSPECTOR = { email: 'inspection@ac-versailles.fr', lastName: 'INSPECTION', firstName: 'Équipe' };
const TRAPPES = '0781234R';
const PLAISIR = '0785678W';
/** As long as names and titles get. */
const LONG = { lastName: 'DE LA TOUR D’AUVERGNE-LAURAGUAIS', firstName: 'Marie-Emmanuelle' };
const TITLE = 'Enseigner la compréhension en lecture au cycle 3 avec des albums, en réseau d’éducation prioritaire';
const ALL = 300;

let server;
let browser;
let organiser;
let inspector;
/** What the screens had wrong, all together at the end. */
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, name)));
}

/** Teacher number n: every third of Plaisir, in a school of one of two towns. */
function teacher(n) {
  const name = n === 0 ? LONG : { lastName: `DURAND-${String(n).padStart(3, '0')}`, firstName: 'Marie' };
  return { email: `marie.durand.${n}@ac-versailles.fr`, role: 'participant', ...name };
}

before(async () => {
  server = await Server.start();
  await makePerson(server, ORGANISER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, INSPECTOR, [['inspecteur', TRAPPES]]);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  inspector = await Clerk.open(browser, server, INSPECTOR.email);
  await organiser.signsIn();
  await inspector.signsIn();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('nobody yet: both screens say so', async () => {
  await inspector.press('door-supervision');
  await inspector.page.getByText('Personne ne correspond').waitFor();
  await look(inspector, 'supervision-empty');
  await organiser.press('door-statistics');
  await organiser.page.locator(id('statistics-circonscription')).getByText('Ensemble').waitFor();
  await look(organiser, 'statistics-empty');
});

test('three hundred teachers, two trainings, four of them in another circonscription', async () => {
  const people = Array.from({ length: ALL }, (_, n) => teacher(n));
  const trainer = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul', role: 'trainer' };
  const parcours = { title: TITLE, distanceMin: 180, presenceMin: 360 };
  const first = await organiser.opensSession({ parcours, title: `${TITLE}, groupe 1`, people: [...people, trainer] });
  const unknown = { title: 'Laïcité' };
  await organiser.opensSession({ parcours: unknown, title: 'Laïcité', people: people.slice(0, 10) });
  const ids = await organiser.peopleOf(first);
  for (const [n, { email }] of people.entries()) {
    const circonscription = n > 0 && n < 5 ? PLAISIR : TRAPPES;
    const school = n % 2 ? 'École élémentaire Jules-Ferry' : 'École maternelle du Buisson';
    await organiser.sends('PATCH', `people/${ids.get(email)}`, {
      circonscription,
      school,
      town: 'Trappes',
      degree: 'PU1D',
    });
  }
  await organiser.attests(
    first,
    people.slice(0, 200).map(({ email }) => ids.get(email)),
  );
});

test('the report: hours attested and inscribed, pages, and who is asked for', async () => {
  const { page } = inspector;
  const rows = page.locator(id('supervised'));
  await inspector.goes('/supervision');
  await page.getByText('296 enseignants').waitFor();
  assert.equal(await rows.count(), 100);
  await page
    .locator(`${id('supervised')}[data-name="${LONG.lastName}"]`)
    .getByText('9\u202fh')
    .first()
    .waitFor();
  await look(inspector, 'supervision');
  await inspector.press('counting-inscription');
  await page
    .locator(`${id('supervised')}[data-name="${LONG.lastName}"]`)
    .getByText('NR')
    .first()
    .waitFor();
  await page.locator(id('supervision-legend')).getByText('non renseignées par').waitFor();
  await look(inspector, 'supervision-inscription');
  await inspector.press('page-after');
  await page.getByText('Page 2 sur 3').waitFor();
  // Whoever types is led back to the first page.
  await inspector.fill('supervision-search', 'durand-299');
  await page.getByText('1 enseignant', { exact: true }).waitFor();
  assert.equal(await rows.count(), 1);
  await inspector.fill('supervision-search', '');
  await inspector.fill('supervision-school', 'buisson');
  await page.getByText('148 enseignants').waitFor();
  await inspector.fill('supervision-search', 'durand-001');
  await page.getByText('Personne ne correspond').waitFor();
});

test('the report as files, with what is chosen on the screen', async () => {
  await inspector.fill('supervision-search', '');
  await inspector.page.getByText('148 enseignants').waitFor();
  for (const [format, start] of [
    ['csv', '\ufeff'],
    ['xlsx', 'PK'],
  ]) {
    const { name, bytes } = await inspector.saves(() => inspector.press(`supervision-${format}`));
    assert.ok(name.endsWith(`.${format}`));
    const text = bytes.toString();
    assert.ok(text.startsWith(start), `${format}: ${text.slice(0, 40)}`);
    if (format === 'csv') {
      assert.ok(text.includes('DURAND-006') && !text.includes('DURAND-299'), 'those of that school only');
      assert.ok(!text.includes('@'), 'no address');
    }
  }
});

test('the report without a mouse', async () => {
  await inspector.goes('/supervision');
  const keyboard = new Keyboard(inspector.page);
  await keyboard.activates('counting-inscription');
  await keyboard.types('supervision-search', 'durand-1');
  await inspector.page.getByText('100 enseignants').waitFor();
  await keyboard.press('ControlOrMeta+a');
  await keyboard.press('Backspace');
  await inspector.page.getByText('296 enseignants').waitFor();
  await keyboard.activates('page-after');
  await inspector.page.getByText('Page 2 sur 3').waitFor();
  await keyboard.finds(id('page-after'));
  await keyboard.press('Enter');
  await inspector.page.getByText('Page 3 sur 3').waitFor();
  assert.deepEqual([...keyboard.unseen], []);
});

test('statistics: totals, and no count under five nor one that would give it away', async () => {
  await organiser.goes('/statistics');
  const groups = organiser.page.locator(id('statistics-circonscription'));
  await groups.getByText(TRAPPES).waitFor();
  const hidden = groups.locator('tr', { hasText: PLAISIR });
  assert.match(await hidden.innerText(), /non communiqué.*non communiqué/s);
  await look(organiser, 'statistics');
});

test('the server does not answer: it is said, the old answer stays, and the next try brings the new one', async () => {
  const { page } = inspector;
  await inspector.goes('/supervision');
  await page.getByText('296 enseignants').waitFor();
  page.outage = true;
  await page.context().setOffline(true);
  await inspector.fill('supervision-search', 'durand-299');
  await page.locator(id('failure')).getByText('Le serveur ne répond pas').waitFor();
  await look(inspector, 'supervision-offline');
  await page.context().setOffline(false);
  await inspector.press('retry');
  await page.getByText('1 enseignant', { exact: true }).waitFor();
  page.outage = false;
});

test('while the answer is on its way, the screen says so', async () => {
  const { page } = inspector;
  let answer;
  const held = new Promise((fulfil) => {
    answer = fulfil;
  });
  await page.route('**/api/supervision?*', async (route) => {
    await held;
    await route.continue();
  });
  await inspector.goes('/supervision');
  await page.getByText('Chargement').waitFor();
  await photograph(page, 'supervision-loading');
  answer();
  await page.getByText('296 enseignants').waitFor();
  await page.unroute('**/api/supervision?*');
});

test('in English', async () => {
  for (const [clerk, path, words] of [
    [inspector, '/supervision', '296 teachers'],
    [organiser, '/statistics', 'not shown'],
  ]) {
    await clerk.page.evaluate(() => localStorage.setItem('preau:language', 'en'));
    await clerk.goes(path);
    await clerk.page.getByText(words).first().waitFor();
    assert.equal(await clerk.page.getAttribute('html', 'lang'), 'en');
    await look(clerk, `${path.slice(1)}-english`);
  }
});

test('no screen breaks the rules of accessibility or logs an error', () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, inspector]) assert.deepEqual(clerk.page.faults, []);
});
