// Presence to the last item: who came under another name, who watched the replay, half-days that were wrong, what
// trainers led, where a teacher teaches. And what people press for it: what the product promises.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Clerk, makePerson, parisNow } from '../lib/office.js';
import { Human, id } from '../lib/people.js';
import { Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const MANAGER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TRAINER = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const TEACHER = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };
const BEGAN = -600_000;

let server;
let browser;
let manager;
let trainer;
let teacher;
let session;
let seance;
let replay;
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `presence-${name}`)));
}

before(async () => {
  server = await Server.start();
  await makePerson(server, MANAGER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, TRAINER, [['formateur', 'ac-versailles']]);
  await makePerson(server, TEACHER, []);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  manager = await Clerk.open(browser, server, MANAGER.email);
  trainer = await Clerk.open(browser, server, TRAINER.email);
  teacher = await Clerk.open(browser, server, TEACHER.email);
  for (const clerk of [manager, trainer, teacher]) await clerk.signsIn();
  const people = [
    { email: TRAINER.email, role: 'trainer' },
    { email: TEACHER.email, role: 'participant' },
  ];
  const title = 'Animer une classe virtuelle';
  session = await manager.opensSession({ parcours: { title, distanceMin: 180 }, title: `${title}, n° 1`, people });
  const plan = {
    title,
    startsAt: parisNow(BEGAN),
    durationMin: 60,
    academy: 'ac-versailles',
    sessionFormation: session,
  };
  const made = await manager.sends('POST', 'seances', { ...plan, recorded: true, guests: true });
  seance = made.seance.id;
});

after(async () => {
  await browser?.close();
  await server?.close();
});

const entersBy = async (clerk) => (await clerk.sends('POST', `seances/${seance}/enter`, {})).link;

test('one press to be in class, one to speak, none to come back', async () => {
  const paul = new Human(trainer.page, 'Paul MARTIN');
  const marie = new Human(teacher.page, 'Marie DURAND');
  await paul.enters(await entersBy(trainer));
  await marie.opens(await entersBy(teacher));
  assert.equal(await teacher.presses(() => marie.clicksEnter()), 1, 'join and hear');
  await marie.isInTheRoom();
  const speaks = await teacher.presses(async () => {
    await marie.turnsOnMicrophone();
    await teacher.page.locator(`${id('toolbar-mic')}[data-on="true"]`).waitFor();
  });
  assert.equal(speaks, 1, 'the first microphone');
  assert.equal(await trainer.presses(() => paul.turnsOnMicrophone()), 1);
  const back = await teacher.presses(async () => {
    await teacher.page.reload();
    await marie.isInTheRoom();
  });
  assert.equal(back, 0, 'the same place');

  // Somebody in the same school comes by the open link, under a name that is on the list.
  const { link } = await trainer.sends('GET', `seances/${seance}/open-link`);
  const guest = new Human(await openPage(browser), 'durand marie');
  await guest.enters(link);
  await paul.page.click(id('toolbar-end'));
  await paul.page.click(id('end-confirm'));
  await paul.page.locator(id('to-replay')).waitFor();
  await guest.page.context().close();
});

test('the own line: it is wrong, in two presses and a motive', async () => {
  await teacher.goes(`/seance/${seance}/presence`);
  await teacher.page.waitForSelector(id('ask-open'));
  const presses = await teacher.presses(async () => {
    await teacher.press('ask-open');
    await teacher.fill('ask-text', 'Je suivais aussi depuis la salle des maîtres.');
    await teacher.press('ask-send');
    await teacher.page.locator(id('own-request')).waitFor();
  });
  assert.equal(presses, 2);
});

test('two rows with one name: the pair is proposed, and attached by one press', async () => {
  await trainer.goes(`/seance/${seance}/presence`);
  const pair = trainer.page.locator(id('pair'));
  await pair.getByText('durand marie').waitFor();
  await look(trainer, 'pairs');
  assert.equal(await trainer.presses(() => trainer.press('pair-attach')), 1);
  await trainer.hears('La présence est rattachée à Marie DURAND');
  await until('no pair is left', async () => (await pair.count()) === 0);
  const row = trainer.page.locator(`${id('presence-row')}[data-name*="DURAND"]`);
  await row.getByText('présence de « durand marie » rattachée').waitFor();
  await row.getByText('Historique (1 correction)').waitFor();
});

test('the replay: how much of it is told while it is watched, and stands apart', async () => {
  const link = await entersBy(teacher);
  const [recording] = readdirSync(join(server.data, 'recordings', seance));
  await teacher.page.goto(link.replace('#', `/replay/${recording}#`));
  await teacher.page.locator(id('replay-play')).click();
  const seen = teacher.page.locator(id('replay-seen'));
  replay = await until('something was seen', async () => {
    const ms = Number(await seen.getAttribute('data-ms'));
    return ms > 0 ? ms : null;
  });
  await look(teacher, 'replay');
  await teacher.goes(`/seance/${seance}/presence`);
  await teacher.page.getByText('Replay vu').first().waitFor();
  await teacher.page.getByText('ne compte ni dans la présence ni dans les heures').waitFor();
  await look(teacher, 'own-replay');
  await trainer.page.reload();
  await trainer.page.getByText('Replay vu').first().waitFor();
  await look(trainer, 'sheet-replay');
  const { rows } = await trainer.sends('GET', `seances/${seance}/presence`);
  const hers = rows.find(({ name }) => name === 'Marie DURAND');
  assert.ok(hers.replayMs >= replay && hers.decided === 'absent', JSON.stringify(hers));
});

test('face to face: a half-day that was wrong is struck, one press signs', async () => {
  const plan = { title: 'Mener un débat', startsAt: parisNow(BEGAN), durationMin: 360, kind: 'presentiel' };
  const made = await manager.sends('POST', 'seances', { ...plan, academy: 'ac-versailles', sessionFormation: session });
  await trainer.goes(`/seance/${made.seance.id}/emargement`);
  await trainer.fill('half-day-starts', parisNow(60 * 60_000));
  await trainer.press('half-day-create');
  await trainer.page.locator(id('half-day-strike')).waitFor();
  await look(trainer, 'half-day');
  assert.equal(await trainer.presses(() => trainer.press('half-day-strike')), 1);
  await trainer.page.locator(id('half-day-strike')).waitFor({ state: 'detached' });
  await trainer.fill('half-day-starts', parisNow());
  await trainer.press('half-day-create');
  const shown = async () => (await trainer.page.locator(id('emargement-code')).innerText()).trim();
  await teacher.goes('/emargement');
  const faults = [...teacher.page.faults];
  // The code turns every 30 seconds, also while it is typed.
  await until('one press signs', async () => {
    await teacher.fill('emargement-digits', await shown());
    assert.equal(await teacher.presses(() => teacher.press('emargement-sign')), 1);
    const answer = teacher.page.locator(`${id('signed')}, ${id('emargement-digits')}[aria-invalid]`);
    await answer.first().waitFor();
    return teacher.page.locator(id('signed')).isVisible();
  });
  teacher.page.faults = faults;
  // Signed, it can no longer be struck.
  await trainer.page.locator(id('signed-count')).getByText('1 signature sur 1').waitFor();
  assert.equal(await trainer.page.locator(id('half-day-strike')).count(), 0);
});

test('what a trainer led: decided, in the session and on the own first page', async () => {
  const { rows, version } = await manager.sends('GET', `seances/${seance}/presence`);
  const paul = rows.find(({ name }) => name === 'Paul MARTIN').person;
  const decision = { people: [paul], kind: 'status', new: 'present', reason: 'AUTRE', text: 'Animation vérifiée.' };
  await manager.sends('POST', `seances/${seance}/corrections`, { ...decision, seen: version });
  await manager.goes(`/sessions/${session}/hours`);
  const led = manager.page.locator(`${id('intervention')}[data-name="Paul MARTIN"]`).first();
  await led.waitFor();
  await led.locator(id('intervention-credited')).getByText('1 h').waitFor();
  await manager.page.locator(id('interventions')).scrollIntoViewIfNeeded();
  await look(manager, 'interventions');
  await trainer.goes('/');
  await trainer.page.locator(id('my-interventions')).scrollIntoViewIfNeeded();
  await look(trainer, 'my-interventions');
});

test('my school: chosen once by oneself', async () => {
  await manager.goes('/schools');
  const lines = [
    'uai;nom;ville;code_circonscription;nom_circonscription',
    '0780002D;École Jules-Ferry;Trappes;0780001A;Trappes',
  ];
  await manager.page.locator(id('schools-file')).setInputFiles({
    name: 'ecoles.csv',
    mimeType: 'text/csv',
    buffer: Buffer.from(`${lines.join('\r\n')}\r\n`),
  });
  await manager.press('schools-preview');
  await manager.press('schools-import');
  await manager.hears('L’annuaire est importé');
  await teacher.goes('/account');
  await teacher.fill('school-search', 'trappes jules');
  await teacher.press('choice-0780002D');
  await teacher.page.locator(id('my-school')).scrollIntoViewIfNeeded();
  await look(teacher, 'my-school');
  await teacher.press('my-school-submit');
  await teacher.page.locator(id('my-school')).getByText('École Jules-Ferry · Trappes').waitFor();
  await look(teacher, 'my-school-known');
});

test('no screen breaks the rules of accessibility or logs an error', () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [manager, trainer, teacher]) assert.deepEqual(clerk.page.faults, []);
});
