// What becomes of people's data, on the screens that show it: the files that left, with and without addresses, had again
// and erased; who looked at me, and my data to take away; an identity erased, held and deferred; the retention clock.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage as openFirefoxPage, startFirefox } from '../lib/firefox.js';
import { inspect } from '../lib/inspect.js';
import { Keyboard } from '../lib/keyboard.js';
import { Clerk, makePerson, PASSWORD, parisNow } from '../lib/office.js';
import { Human, id } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TEACHER = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };
const JEAN = { email: 'jean.petit@ac-versailles.fr', lastName: 'PETIT', firstName: 'Jean' };
const TITLE = 'Animer une classe virtuelle';
// Messages are due as soon as the séance is over; nothing goes before somebody says so.
const config = '[retention]\nenabled = false\nchat_days = 0\n';

let server;
let browser;
let organiser;
let teacher;
let session;
let seance;
/** What the screens had wrong, all together at the end. */
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `privacy-${name}`)));
}

/** A file that the page saves: its name and its text. */
async function saved(clerk, act) {
  const { name, bytes } = await clerk.saves(act);
  return { name, text: bytes.toString() };
}

before(async () => {
  server = await Server.start({ config });
  await makePerson(server, ORGANISER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, TEACHER);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  teacher = await Clerk.open(browser, server, TEACHER.email);
  await organiser.signsIn();
  await teacher.signsIn();
  const parcours = { title: TITLE, distanceMin: 180 };
  const people = [TEACHER, JEAN].map((one) => ({ ...one, role: 'participant' }));
  session = await organiser.opensSession({ parcours, title: `${TITLE}, n° 1`, people });
  const trainer = { ...ORGANISER, role: 'trainer' };
  const seances = { title: TITLE, startsAt: parisNow(-600_000), durationMin: 5, sessionFormation: session };
  const made = await organiser.sends('POST', 'seances', { ...seances, template: 'classe_virtuelle' });
  seance = made.seance.id;
  await organiser.sends('POST', `seances/${seance}/enrolments`, { people: [trainer] });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('nobody looked at my data yet, and no purge has passed', async () => {
  await teacher.press('nav-account');
  await teacher.page.getByText('Personne ne les a consultées').waitFor();
  await organiser.press('door-retention');
  await organiser.page.locator(id('last-purge')).getByText('Aucun passage').waitFor();
  await organiser.page
    .locator(`${id('term')}[data-kind="events"]`)
    .getByText('12 mois')
    .waitFor();
  await look(organiser, 'retention-empty');
});

test('a file with addresses, and one without, to be passed on', async () => {
  await organiser.goes(`/sessions/${session}/hours`);
  await organiser.page.locator(id('hours-row')).first().waitFor();
  await organiser.press('export-menu');
  await organiser.page.locator(id('export-addresses')).waitFor();
  const whole = await saved(organiser, () => organiser.press('export-csv'));
  assert.ok(whole.text.includes(JEAN.email), whole.text);
  await organiser.press('export-menu');
  await organiser.press('export-addresses');
  // The menu stays open: the choice is made before the form is chosen.
  await organiser.page.locator(`${id('export-addresses')}[aria-checked="false"]`).waitFor();
  await look(organiser, 'export-menu');
  const bare = await saved(organiser, () => organiser.press('export-csv'));
  assert.ok(bare.text.includes('PETIT') && !bare.text.includes('@'), bare.text);
});

test('a file that lets people wait: it is said after two seconds, and goes away with it', async () => {
  const { page } = organiser;
  let answer;
  const held = new Promise((fulfil) => {
    answer = fulfil;
  });
  await page.route('**/export/xlsx*', async (route) => {
    await held;
    await route.continue();
  });
  await organiser.press('export-menu');
  const file = saved(organiser, async () => {
    await organiser.press('export-xlsx');
    await page.locator(id('slow-files')).getByText('se prépare').waitFor();
    await look(organiser, 'slow-file');
    answer();
  });
  assert.match((await file).name, /\.xlsx$/);
  await page.locator(id('slow-files')).waitFor({ state: 'detached' });
  await page.unroute('**/export/xlsx*');
});

test('the log of what left, and the same bytes again', async () => {
  const { page } = organiser;
  const log = page.locator(id('export-log'));
  await log.getByText('3 fichiers téléchargés').waitFor();
  await log.locator('summary').click();
  await log.getByText('Équipe ORGANISATION').first().waitFor();
  const again = await saved(organiser, () => organiser.press('export-again-1'));
  assert.ok(again.text.includes(JEAN.email));
  await look(organiser, 'export-log');
});

test('without a mouse: the choice of addresses, a form, the log', async () => {
  const { page } = organiser;
  await organiser.goes(`/sessions/${session}/hours`);
  const keyboard = new Keyboard(page);
  await keyboard.activates('export-menu');
  await page.locator(id('export-addresses')).waitFor();
  // In a menu the arrows lead, round the end too.
  await keyboard.press('ArrowUp');
  await keyboard.finds(id('export-addresses'));
  await keyboard.press('Space');
  await page.locator(`${id('export-addresses')}[aria-checked="false"]`).waitFor();
  await keyboard.press('Home');
  const { text } = await saved(organiser, () => keyboard.press('Enter'));
  assert.ok(!text.includes('@'));
  await keyboard.finds(id('export-menu'));
  await keyboard.reaches(`${id('export-log')} > summary`);
  await keyboard.press('Enter');
  await keyboard.reaches(id('export-again-1'));
  assert.ok((await saved(organiser, () => keyboard.press('Enter'))).text.includes('PETIT'));
  assert.deepEqual([...keyboard.unseen], []);
});

test('the teacher sees who looked and at what, and takes the own data away', async () => {
  await teacher.goes('/account');
  const views = teacher.page.locator(id('views'));
  await views.getByText('Équipe ORGANISATION : fichier exporté').first().waitFor();
  await look(teacher, 'my-data');
  const json = await saved(teacher, () => teacher.press('data-json'));
  const data = JSON.parse(json.text);
  assert.equal(data.person.email, TEACHER.email);
  assert.ok(!json.text.includes('PETIT'), 'nobody else is in it');
  const pdf = await saved(teacher, () => teacher.press('data-pdf'));
  assert.ok(pdf.text.startsWith('%PDF-') && pdf.name.endsWith('.pdf'));
});

test('an identity that is held is not erased, and the reason why is said', async () => {
  const held = await server.command('retention', 'hold', '--person', JEAN.email, '--reason', 'recours');
  assert.equal(held.code, 0, held.stderr);
  await organiser.goes('/people');
  await organiser.fill('people-search', 'PETIT');
  const row = organiser.page.locator(`${id('person')}[data-name="Jean PETIT"]`);
  await row.locator(id('person-erase')).click();
  await organiser.fill('erase-reason', 'Demande de l’intéressé');
  await look(organiser, 'erase');
  await organiser.press('erase-submit');
  await organiser.page.getByText('Ces données sont retenues').first().waitFor();
  organiser.page.faults.length = 0;
  const released = await server.command('retention', 'release', '--person', JEAN.email);
  assert.equal(released.code, 0, released.stderr);
});

test('released, it is erased without a mouse, and the list knows the name no more', async () => {
  const keyboard = new Keyboard(organiser.page);
  await keyboard.types('erase-reason', 'Demande de l’intéressé');
  await keyboard.activates('erase-submit');
  await organiser.hears('L’identité est effacée');
  await organiser.fill('people-search', 'PETIT');
  await organiser.page.getByText('Personne ne correspond').waitFor();
  await look(organiser, 'people-none');
  assert.deepEqual([...keyboard.unseen], []);
});

test('a file that held the erased name is gone, which is said; its line stays', async () => {
  await organiser.goes(`/sessions/${session}/hours`);
  const log = organiser.page.locator(id('export-log'));
  await log.locator('summary').click();
  await log.locator('li', { hasText: 'N° 1 –' }).getByText('fichier effacé').waitFor();
  await look(organiser, 'export-erased');
});

test('an attestation must be kept: the erasure is written down for later', async () => {
  const ids = await organiser.peopleOf(session);
  await organiser.attests(session, [ids.get(TEACHER.email)]);
  await organiser.goes('/people');
  await organiser.fill('people-search', 'DURAND');
  await organiser.page.locator(`${id('person')}[data-name="Marie DURAND"] ${id('person-erase')}`).click();
  await organiser.fill('erase-reason', 'Départ de l’académie');
  await organiser.press('erase-submit');
  await organiser.page.locator(id('erase-later')).getByText('Votre demande est enregistrée').waitFor();
  await look(organiser, 'erase-later');
  organiser.page.faults.length = 0;
});

test('messages of a séance: the séance is held, then they go; the report says both', async () => {
  const anne = new Human(organiser.page, 'Équipe ORGANISATION');
  await organiser.goes(`/seance/${seance}`);
  await organiser.page.waitForSelector(id('lobby-enter'));
  await anne.clicksEnter();
  await anne.isInTheRoom();
  for (const text of ['Bonjour à tous', 'La pause est à 10 h']) {
    await anne.says(text);
    await anne.reads(text);
  }
  await organiser.press('toolbar-end');
  await organiser.press('end-confirm');
  await organiser.page.locator(id('ended')).waitFor();
  const retention = async (...words) => {
    const { code, stdout, stderr } = await server.command('retention', ...words, ...server.configured);
    assert.equal(code, 0, stderr);
    return stdout;
  };
  await retention('hold', '--seance', seance, '--reason', 'recours');
  await retention('run');
  const line = (cells) =>
    organiser.page.locator(`${id('purged')}[data-kind="chat"]`, { hasText: new RegExp(cells) }).waitFor();
  await organiser.goes('/retention');
  await line('ac-versailles\\s*0\\s*1');
  await retention('release', '--seance', seance);
  await retention('run');
  await organiser.goes('/retention');
  await line('ac-versailles\\s*2\\s*0');
  await organiser.page.locator(id('last-purge')).getByText('Dernier passage').waitFor();
  await look(organiser, 'retention');
});

test('Firefox: the same account page, its views and its file', async () => {
  const firefox = await startFirefox();
  try {
    const page = await openFirefoxPage(firefox);
    await page.goto(`http://127.0.0.1:${server.port}/login`);
    await page.locator(id('login-email')).fill(TEACHER.email);
    await page.locator(id('login-password')).fill(PASSWORD);
    await page.locator(id('login-submit')).click();
    await page.waitForSelector(id('nav-account'));
    await page.goto(`http://127.0.0.1:${server.port}/account`);
    await page.waitForSelector(id('views'));
    await page.locator(id('data-json')).click();
    // What the page does with the file is the browser's; that none is refused is the page's.
    await until('the file is there, and no refusal is said', () =>
      page.evaluate(() => performance.getEntriesByName(`${location.origin}/api/me/data`).length > 0),
    );
    assert.deepEqual(page.faults, []);
  } finally {
    await firefox.close();
  }
});

test('in English', async () => {
  await organiser.page.evaluate(() => localStorage.setItem('preau:language', 'en'));
  await organiser.goes('/retention');
  await organiser.page.locator(id('last-purge')).getByText('Last').waitFor();
  await look(organiser, 'retention-english');
});

test('no screen breaks the rules of accessibility or logs an error', () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, teacher]) assert.deepEqual(clerk.page.faults, []);
});
