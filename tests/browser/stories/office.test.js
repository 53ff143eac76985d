// The four roles, one after the other, on the real server: the organiser imports, creates and enrols; the trainer holds
// a minute, corrects and attests; the teacher sees the own line and asks; the inspector sees hours, and nothing more.

import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Clerk, gaiaFiles, makePerson, PASSWORD, parisNow } from '../lib/office.js';
import { Human, id } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TRAINER = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const TEACHER = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };
const INSPECTOR = { email: 'inspection@ac-versailles.fr', lastName: 'INSPECTION', firstName: 'Équipe' };
const OTHER = { email: 'autre.inspection@ac-versailles.fr', lastName: 'AUTRE', firstName: 'Équipe' };
/** The séance began ten minutes ago: whoever comes for seconds is absent. */
const BEGAN = -600_000;
const TITLE = 'Animer une classe virtuelle';

let server;
let browser;
let organiser;
let trainer;
let teacher;
/** What the screens had wrong, all together at the end. */
const wrong = [];
let personalLink;

/** The day on which the séance began, also a few minutes after midnight. */
const today = () => parisNow(BEGAN).slice(0, 10);

/** Inspects a screen unless a phone and a dark room were already tried on it. */
async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `office-${name}`)));
}

before(async () => {
  server = await Server.start();
  await makePerson(server, ORGANISER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, INSPECTOR, [['inspecteur', '0780001A']]);
  await makePerson(server, OTHER, [['inspecteur', '0780002B']]);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  trainer = await Clerk.open(browser, server, TRAINER.email);
  teacher = await Clerk.open(browser, server, TEACHER.email);
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** Whether the server has that address at all: what it does not have yet is left out, and said to be. */
async function served(path) {
  const answer = await organiser.page.context().request.get(`http://127.0.0.1:${server.port}${path}`);
  return answer.status() !== 404;
}

test('a wrong password is refused in words, the right one opens the home page', async () => {
  await organiser.goes('/');
  await organiser.page.locator(id('login-email')).waitFor();
  await look(organiser, 'login');
  await organiser.fill('login-email', ORGANISER.email);
  await organiser.fill('login-password', 'ce n’est pas elle');
  await organiser.press('login-submit');
  await organiser.page.getByText('ne convient pas').waitFor();
  organiser.page.faults.length = 0;
  await organiser.signsIn();
  await organiser.page.waitForSelector(id('door-gaia'));
  await look(organiser, 'home-organiser');
});

test('GAIA: three files, what changes, the line that is refused, import', async () => {
  await organiser.press('door-gaia');
  const trainees = [
    ['DURAND', 'Marie', TEACHER.email],
    ['PETIT', 'Jean', 'jean.petit@ac-versailles.fr'],
  ];
  await organiser.page.setInputFiles(id('gaia-files'), gaiaFiles(today(), trainees));
  const presses = await organiser.presses(async () => {
    await organiser.press('gaia-preview');
    await organiser.page.waitForSelector(id('gaia-rejected'));
    await organiser.press('gaia-import');
  });
  assert.equal(presses, 2, 'drop, preview, import');
  await organiser.hears('L’import est terminé');
});

test('a parcours of three hours and its session', async () => {
  await organiser.goes('/sessions');
  await organiser.page.locator(`${id('session-add')} > summary`).click();
  await organiser.page.locator(`${id('parcours-add')} > summary`).click();
  await organiser.fill('parcours-identifiant', '26_A025_ANIMER_1.0');
  await organiser.fill('parcours-title', TITLE);
  await organiser.fill('parcours-distanceMin', '180');
  await organiser.press('parcours-create');
  await organiser.hears('Le parcours est créé');
  await organiser.fill('session-title', `${TITLE}, n° 1`);
  await organiser.fill('session-starts', today());
  await organiser.fill('session-ends', today());
  await look(organiser, 'sessions');
  await organiser.press('session-create');
  await organiser.hears('La session est créée');
  await organiser.page.waitForSelector(id('session-open'));
});

test('the parcours and its session are changed where they stand; opening says what is missing', async () => {
  await organiser.press('parcours-edit');
  await organiser.page.locator(`${id('parcours-more')} > summary`).click();
  await organiser.fill('parcours-objectives', 'Préparer et animer une classe virtuelle.');
  await organiser.fill('parcours-presenceMin', '70000');
  await look(organiser, 'parcours-edit');
  await organiser.fill('parcours-presenceMin', '');
  await organiser.press('parcours-save');
  await organiser.hears('Le parcours est à jour');
  await organiser.press('session-edit');
  await organiser.page.locator(`${id('session-rules')} > summary`).click();
  await organiser.press('choice-ratio');
  await organiser.fill('rule-percent', '60');
  await look(organiser, 'session-edit');
  await organiser.press('session-save');
  await organiser.hears('La session est à jour');
  const facts = organiser.page.locator(id('session-facts'));
  await facts.getByText('au moins 60').waitFor();
  await facts.getByText('à distance').waitFor();
  const presses = await organiser.presses(async () => {
    await organiser.press('session-open');
    await organiser.page.locator(id('open-missing')).getByText('Aucun stagiaire').waitFor();
    await organiser.press('session-open-confirm');
  });
  assert.equal(presses, 2);
  await organiser.hears('La session est ouverte');
  await facts.getByText('En cours').waitFor();
  await look(organiser, 'session');
});

test('a séance of it in three fields and one press', async () => {
  await organiser.press('session-new-seance');
  await organiser.page.waitForSelector(id('seance-create'));
  await look(organiser, 'new-seance');
  const presses = await organiser.presses(async () => {
    await organiser.fill('seance-title', TITLE);
    await organiser.fill('seance-starts', parisNow(BEGAN));
    await organiser.fill('seance-duration', '60');
    await organiser.press('seance-create');
    await organiser.page.waitForURL(/\/enrolments$/);
  });
  assert.equal(presses, 1);
});

test('the séance follows a GAIA session, and a pasted list with a bad line', async () => {
  await organiser.fill('paste-text', 'marie.durand@ac-versailles.fr\npas une adresse\n');
  await organiser.press('paste-preview');
  await organiser.page.locator(id('paste-rejected')).getByText('pas une adresse').waitFor();
  await look(organiser, 'enrolments');
  await organiser.press('tab-gaia');
  await organiser.page.waitForSelector(id('gaia-dispositif'));
  await organiser.page.selectOption(id('gaia-dispositif'), { index: 1 });
  await organiser.page.waitForSelector(id('gaia-module'));
  await organiser.page.selectOption(id('gaia-module'), { index: 1 });
  await organiser.press('gaia-link-make');
  await organiser.page.locator(id('link-told')).waitFor();
  await organiser.page.locator(`${id('link-more')} > summary`).click();
  await organiser.fill('link-group', 'Groupe A');
  await look(organiser, 'gaia-options');
  await organiser.press('gaia-link-confirm');
  await organiser.page.waitForSelector(id('gaia-link'));
  await look(organiser, 'gaia-link');
  await organiser.press('tab-enrolments');
  for (const name of ['MARTIN', 'DURAND', 'PETIT']) {
    await organiser.page.waitForSelector(`${id('enrolled')}[data-name="${name}"]`);
  }
  // Nobody has come in so far; two stand in the group of the link.
  await organiser.page.locator(id('never-in')).getByText('3 personnes attendues').waitFor();
  await organiser.page.selectOption(id('enrolled-only'), { label: 'Groupe A' });
  await organiser.page.locator(`${id('enrolled')}[data-name="MARTIN"]`).waitFor({ state: 'detached' });
  await look(organiser, 'expected');
  await organiser.page.selectOption(id('enrolled-only'), { index: 0 });
  await organiser.page.locator(`${id('enrolled')}[data-name="DURAND"] ${id('personal-link')}`).click();
  personalLink = await organiser.page.locator(`[role="dialog"] ${id('copy-value')}`).inputValue();
  await organiser.page.keyboard.press('Escape');
});

test('a copy for next week, with a threshold of its own under the settings', async () => {
  await organiser.press('tab-settings');
  await organiser.press('seance-duplicate');
  await organiser.fill('copy-starts', parisNow(7 * 86_400_000));
  await organiser.press('copy-submit');
  await organiser.hears('est dupliquée');
  await organiser.page.getByLabel('Seuil de présence').fill('20');
  // An evening more: while one that is required is to come, nothing of the session is proposed.
  await organiser.press('settings-required');
  await organiser.press('settings-save');
  await organiser.hears('Les réglages sont enregistrés');
  await look(organiser, 'settings');
});

test('schools: a directory is looked at and imported, with the line that is not understood', async () => {
  await organiser.goes('/schools');
  const lines = [
    'uai;nom;ville;code_circonscription;nom_circonscription',
    '0780002D;École Jules-Ferry;Trappes;0780001A;Trappes',
    '0780002X;Sans code;Trappes;;',
  ];
  await organiser.page.locator(id('schools-file')).setInputFiles({
    name: 'ecoles.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`${lines.join('\r\n')}\r\n`),
  });
  await organiser.press('schools-preview');
  await organiser.page.locator(id('schools-rejected')).getByText('Code UAI impossible').waitFor();
  await look(organiser, 'schools');
  await organiser.press('schools-import');
  await organiser.hears('L’annuaire est importé');
});

test('people: the teacher’s school brings the circonscription, and invitations', async () => {
  await organiser.goes('/people');
  for (const [clerk, person] of [
    [trainer, TRAINER],
    [teacher, TEACHER],
  ]) {
    await organiser.fill('people-search', person.lastName);
    const row = organiser.page.locator(`${id('person')}[data-name="${person.firstName} ${person.lastName}"]`);
    if (person === TEACHER) {
      await row.locator(id('person-profile')).click();
      await organiser.fill('school-search', 'trappes jules');
      await organiser.press('choice-0780002D');
      await organiser.page.locator(id('profile-place')).getByText('0780001A').waitFor();
      await look(organiser, 'profile');
      await organiser.page.selectOption(id('profile-degree'), 'PU1D');
      await organiser.press('profile-save');
      await organiser.hears('Le profil est à jour');
    }
    await row.locator(id('person-invite')).click();
    const link = await organiser.page.locator(`[role="dialog"] ${id('copy-value')}`).inputValue();
    await organiser.page.keyboard.press('Escape');
    await clerk.page.goto(link);
    await clerk.page.waitForSelector(id('invitation-password'));
    if (person === TEACHER) await look(clerk, 'invitation');
    await clerk.fill('invitation-password', PASSWORD);
    await clerk.press('invitation-submit');
    await clerk.page.waitForSelector(id('nav-account'));
  }
  await look(organiser, 'people');
});

test('the teacher comes first and waits; the trainer enters from the home page in one press', async () => {
  const marie = new Human(teacher.page, 'Marie DURAND');
  await marie.opens(personalLink);
  assert.equal(await teacher.presses(() => marie.clicksEnter()), 1, 'join and hear');
  await teacher.page.locator(id('waiting-room')).waitFor();
  await look(teacher, 'waiting');
  // A reload waits on.
  await teacher.page.reload();
  await teacher.page.locator(id('waiting-room')).waitFor();
  const presses = await trainer.presses(() => trainer.press('seance-enter'));
  assert.equal(presses, 1);
  const paul = new Human(trainer.page, 'Paul MARTIN');
  await paul.page.waitForSelector(id('lobby-enter'));
  await paul.clicksEnter();
  await paul.isInTheRoom();
  // The door opens by itself.
  await marie.isInTheRoom();
  await paul.opensPeople();
  const hers = paul.page.locator(id('person-row'), { hasText: 'DURAND' }).first();
  await hers.waitFor();
  assert.equal(await teacher.presses(() => teacher.press('toolbar-hand')), 1);
  await hers.getByText('Main levée').first().waitFor();
  await trainer.press('toolbar-end');
  await trainer.press('end-confirm');
  await trainer.page.locator(id('ended')).waitFor();
  await teacher.page.locator(id('ended')).waitFor();
});

test('the teacher sees the own line only, and says that it is wrong', async () => {
  await teacher.page.goto(`${personalLink.split('#')[0]}/presence`);
  await teacher.page.waitForSelector(id('ask-open'));
  assert.equal(await teacher.page.locator(id('presence-row')).count(), 1);
  await look(teacher, 'own-presence');
  const presses = await teacher.presses(async () => {
    await teacher.press('ask-open');
    await teacher.fill('ask-text', 'Ma connexion est tombée tout de suite.');
    await teacher.press('ask-send');
    await teacher.page.locator(id('own-request')).waitFor();
  });
  assert.equal(presses, 2, 'two presses and a motive');
});

test('the trainer’s sheet: everybody expected, the request, a correction in three presses', async () => {
  await trainer.goes('/');
  const toSheet = await trainer.presses(() => trainer.press('seance-presence'));
  assert.equal(toSheet, 1);
  const row = (name) => trainer.page.locator(`${id('presence-row')}[data-name*="${name}"]`);
  await row('PETIT').waitFor();
  await trainer.page.locator(id('requests')).getByText('tombée').waitFor();
  await look(trainer, 'sheet');
  const presses = await trainer.presses(async () => {
    await row('DURAND').locator(id('correct')).click();
    await trainer.press('choice-PANNE_RESEAU');
    await trainer.press('correct-confirm');
    await trainer.page.locator(`${id('presence-row')}[data-name*="DURAND"][data-status="present"]`).waitFor();
  });
  assert.equal(presses, 3, 'person, reason, confirm');
  await row('DURAND').locator(id('first-value')).getByText('absent').waitFor();
  await trainer.press('request-accept');
  await trainer.page.locator(id('requests')).waitFor({ state: 'detached' });
});

test('the files of the sheet', async () => {
  for (const format of ['csv', 'xlsx', 'pdf', 'json', 'csv-machine', 'gaia', 'ics', 'bundle']) {
    await trainer.press('export-menu');
    const [download] = await Promise.all([trainer.page.waitForEvent('download'), trainer.press(`export-${format}`)]);
    assert.equal(await download.failure(), null, format);
  }
});

test('attesting takes two presses', async () => {
  const presses = await trainer.presses(async () => {
    await trainer.press('to-attest');
    await trainer.press('attest-all');
    await trainer.hears('L’attestation est enregistrée');
  });
  assert.ok(presses <= 2, `${presses} presses`);
  const hours = trainer.page.locator(`${id('hours-row')}[data-name="DURAND"] ${id('row-hours')}`);
  await hours.filter({ hasText: /^3\s*h/ }).waitFor();
  await look(trainer, 'hours');
});

test('the teacher has three hours and an attestation', async () => {
  await teacher.goes('/');
  await teacher.page.locator(id('hours-total')).getByText('3\u202fh sur 18\u202fh').waitFor();
  const href = await teacher.page.locator(id('attestation-pdf')).getAttribute('href');
  const pdf = await teacher.page.context().request.get(`http://127.0.0.1:${server.port}${href}`);
  assert.equal(pdf.status(), 200);
  assert.equal((await pdf.body()).subarray(0, 5).toString(), '%PDF-');
  await look(teacher, 'home-teacher');
  await teacher.press('nav-account');
  await teacher.page.waitForSelector(id('data-json'));
  await look(teacher, 'account');
});

test('the inspector sees the own circonscription only, and no minutes', async (t) => {
  if (!(await served('/api/supervision'))) return t.skip('this server counts no hours');
  const inspector = await Clerk.open(browser, server, INSPECTOR.email);
  await inspector.signsIn();
  const presses = await inspector.presses(async () => {
    await inspector.press('door-supervision');
    await inspector.page.locator(`${id('supervised')}[data-name="DURAND"]`).waitFor();
  });
  assert.ok(presses <= 2, `${presses} presses to the hours of one's teachers`);
  assert.equal(await inspector.page.locator(`${id('supervised')}[data-name="PETIT"]`).count(), 0);
  await inspector.press('counting-inscription');
  await inspector.page.locator(`${id('supervised')}[data-name="DURAND"]`).waitFor();
  await look(inspector, 'supervision');
  assert.deepEqual(inspector.page.faults, []);
  await inspector.page.context().close();
  const other = await Clerk.open(browser, server, OTHER.email);
  await other.signsIn();
  await other.press('door-supervision');
  await other.page.getByText('Personne ne correspond').waitFor();
  await other.page.context().close();
});

test('face to face: the code on the trainer’s screen signs, the trainer ticks the others', async () => {
  await trainer.goes('/');
  await trainer.press('seance-settings');
  await trainer.press('tab-emargement');
  await trainer.fill('half-day-starts', parisNow());
  await trainer.press('half-day-create');
  const shown = async () => (await trainer.page.locator(id('emargement-code')).innerText()).trim();
  await teacher.goes('/emargement');
  await teacher.fill('emargement-digits', await shown());
  await look(teacher, 'sign');
  // The code turns every 30 seconds, also while it is typed; Chromium reports each refusal.
  const faults = [...teacher.page.faults];
  await until('the code on the screen is taken', async () => {
    await teacher.fill('emargement-digits', await shown());
    await teacher.press('emargement-sign');
    await teacher.page
      .locator(`${id('signed')}, ${id('emargement-digits')}[aria-invalid]`)
      .first()
      .waitFor();
    return teacher.page.locator(id('signed')).isVisible();
  });
  teacher.page.faults = faults;
  await trainer.page.locator(id('signed-count')).getByText('1 signature sur 2').waitFor();
  const petit = trainer.page.locator(`${id('signer')}[data-name*="PETIT"]`);
  await petit.locator(id('tick')).click();
  await trainer.page.locator(id('signed-count')).getByText('2 signatures sur 2').waitFor();
  await look(trainer, 'emargement');
  // On the wrong line: it is taken back with a reason, and stays told.
  await petit.locator(id('withdraw')).click();
  await trainer.fill('withdraw-reason', 'Mauvaise ligne.');
  await look(trainer, 'withdraw');
  await trainer.press('withdraw-confirm');
  await trainer.page.locator(id('signed-count')).getByText('1 signature sur 2').waitFor();
  await trainer.page.locator(`${id('withdrawn')} > summary`).click();
  await trainer.page.locator(id('withdrawn')).getByText('Mauvaise ligne.').waitFor();
  await look(trainer, 'withdrawn');
  await petit.locator(id('tick')).click();
  await trainer.page.locator(id('signed-count')).getByText('2 signatures sur 2').waitFor();
});

test('a list signed on paper: its scan is kept, seen, and counts', async () => {
  await trainer.page.locator(`${id('half-day-add')} > summary`).click();
  await trainer.fill('half-day-starts', parisNow(-200 * 60_000));
  await trainer.press('half-day-create');
  await trainer.page.locator(id('half-day')).first().click();
  await trainer.page.locator(id('signed-count')).getByText('0 signature sur 2').waitFor();
  await trainer.page.locator(`${id('paper')} > summary`).click();
  const choose = (name, buffer) =>
    trainer.page.locator(id('paper-file')).setInputFiles({ name, mimeType: 'application/pdf', buffer });
  const boxes = await trainer.page.locator(id('paper-signer')).all();
  // Too large is said before anything is sent; what is no scan at all, by the server, and the ticks stay.
  await choose('grande.pdf', Buffer.alloc(10 * 1024 * 1024 + 1));
  await trainer.page.getByText('Ce fichier dépasse 10\u202fMo').waitFor();
  await look(trainer, 'paper-too-large');
  await choose('liste.pdf', Buffer.from('une liste'));
  for (const box of boxes) await box.check();
  await trainer.press('paper-submit');
  await trainer.hears('fichier');
  // Chromium reports the refusal.
  trainer.page.faults.length = 0;
  await choose('liste.pdf', Buffer.from('%PDF-1.4\n'));
  for (const box of boxes) assert.ok(await box.isChecked());
  await look(trainer, 'paper');
  await trainer.press('paper-submit');
  await trainer.page.locator(id('signed-count')).getByText('2 signatures sur 2').waitFor();
  const href = await trainer.page.locator(id('paper-see')).first().getAttribute('href');
  const scan = await trainer.page.context().request.get(`http://127.0.0.1:${server.port}${href}`);
  assert.equal(scan.headers()['content-type'], 'application/pdf');
});

test('the two declarations are open to everybody', async () => {
  for (const path of ['/privacy', '/accessibility']) {
    await organiser.goes(path);
    await organiser.page.locator('h1').waitFor();
    await look(organiser, path.slice(1));
  }
});

test('no screen breaks the rules of accessibility or logs an error', async () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, trainer, teacher]) assert.deepEqual(clerk.page.faults, []);
});
