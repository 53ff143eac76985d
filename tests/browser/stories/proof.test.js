// What somebody holds in hand and shows to others: an attestation and its code, a badge, a receipt, and the verifier that
// judges receipts and bundles from a file, in Chromium and Firefox, when no server is there any more.

import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { openPage as openFirefoxPage, startFirefox } from '../lib/firefox.js';
import { inspect, photograph } from '../lib/inspect.js';
import { Keyboard } from '../lib/keyboard.js';
import { Clerk, makePerson } from '../lib/office.js';
import { Human, id, TRAINER } from '../lib/people.js';
import { Server } from '../lib/server.js';

const ORGANISER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TEACHER = { email: 'marie.durand@ac-versailles.fr', lastName: 'DURAND', firstName: 'Marie' };
const TITLE = 'Animer une classe virtuelle';

let server;
let browser;
let organiser;
let teacher;
let first;
let second;
/** Texts that the verifier judges, and where its page is kept. */
let receipt;
let bundle;
let verifier;
/** What the screens had wrong, all together at the end. */
const wrong = [];

async function look(clerk, name) {
  wrong.push(...(await inspect(clerk.page, `proof-${name}`)));
}

before(async () => {
  server = await Server.start();
  await makePerson(server, ORGANISER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, TEACHER);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  organiser = await Clerk.open(browser, server, ORGANISER.email);
  teacher = await Clerk.open(browser, server, TEACHER.email);
  await organiser.signsIn();
  await teacher.signsIn();
  const parcours = await organiser.opensParcours({ title: TITLE, distanceMin: 180 });
  const people = [{ ...TEACHER, role: 'participant' }];
  first = await organiser.opensSession({ parcours, title: `${TITLE}, n° 1`, people });
  second = await organiser.opensSession({ parcours, title: `${TITLE}, n° 2`, people });
});

after(async () => {
  await browser?.close();
  await server?.close();
});

test('by hand: a decision against the proposal asks why', async () => {
  await organiser.goes(`/sessions/${first}/hours`);
  await organiser.press('attest-by-hand');
  await organiser.page.getByRole('checkbox', { name: 'distance' }).check();
  await organiser.page.getByRole('textbox', { name: 'Motif' }).fill('Travail rendu en dehors de la séance.');
  await look(organiser, 'by-hand');
  await organiser.press('attest-confirm');
  await organiser.hears('L’attestation est enregistrée');
  await organiser.page.locator(id('hours-row')).getByText('Travail rendu').waitFor();
});

test('the same parcours twice in a year: it gives no hours, until the organiser says so', async () => {
  const ids = await organiser.peopleOf(second);
  await organiser.attests(second, [ids.get(TEACHER.email)]);
  await teacher.goes('/');
  await teacher.page
    .locator(id('hours-total'))
    .getByText(/^3\s*h/)
    .waitFor();
  await teacher.page.locator(`${id('hours-lines')} > summary`).click();
  await teacher.page.getByText('même parcours deux fois').waitFor();
  await look(teacher, 'hours-lines');
  const keyboard = new Keyboard(organiser.page);
  await organiser.goes('/people');
  await organiser.fill('people-search', TEACHER.lastName);
  await organiser.page.locator(`${id('person')}[data-name="Marie DURAND"]`).waitFor();
  await keyboard.activates('person-hours');
  await organiser.page.locator(id('year-line')).nth(1).waitFor();
  await look(organiser, 'year');
  await keyboard.activates('exception');
  await organiser.page.locator(id('exception-accept')).waitFor();
  await look(organiser, 'exception');
  await keyboard.activates('exception-accept');
  await organiser.page
    .locator(id('person-total'))
    .getByText(/^6\s*h/)
    .waitFor();
  await organiser.page.locator(id('exception')).waitFor({ state: 'detached' });
  await keyboard.press('Escape');
  await organiser.page.locator('[role="dialog"]').waitFor({ state: 'detached' });
  assert.deepEqual([...keyboard.unseen], []);
});

test('the teacher’s home: attestation, badge and receipt', async () => {
  await teacher.goes('/');
  const lines = teacher.page.locator(id('attestation-line'));
  await lines.nth(1).waitFor();
  await look(teacher, 'attestations');
  const badge = await teacher.saves(() => teacher.press('attestation-badge'));
  assert.match(badge.name, /\.svg$/);
  assert.match(badge.bytes.toString(), /<svg.*eyJ/s);
  const picture = join(server.folder, badge.name);
  await writeFile(picture, badge.bytes);
  const page = await openPage(browser);
  await page.goto(pathToFileURL(picture).href);
  await photograph(page, 'proof-badge');
  await page.context().close();
  receipt = (await teacher.saves(() => teacher.press('attestation-receipt'))).bytes.toString();
  assert.ok(receipt.includes('DURAND'));
  const file = await teacher.saves(() => teacher.page.locator('a[href="/api/verifier"]').first().click());
  assert.match(file.name, /\.html$/);
  verifier = join(server.folder, file.name);
  await writeFile(verifier, file.bytes);
});

test('whoever holds the paper compares it by its code, without an account', async () => {
  const [{ verifyCode, id: attestation }] = await teacher.sends('GET', 'attestations/mine');
  const page = await openPage(browser);
  const stranger = { page };
  await page.goto(`http://127.0.0.1:${server.port}/attestation/${verifyCode}`);
  await page.getByText('reste valable').waitFor();
  // No more than initials: whoever finds a code learns no name.
  await page.getByText('M. D.').waitFor();
  await look(stranger, 'verified');
  await organiser.sends('DELETE', `attestations/${attestation}`, { reason: 'Saisie par erreur.' });
  await page.reload();
  await page.getByText('retirée').first().waitFor();
  await look(stranger, 'revoked');
  assert.deepEqual(page.faults, []);
  await page.goto(`http://127.0.0.1:${server.port}/attestation/AAAA-AAAA-AAAA-AAAA`);
  await page.locator(id('no-attestation')).getByText('AAAA-AAAA-AAAA-AAAA').waitFor();
  await look(stranger, 'unknown-code');
  await page.context().close();
});

test('a bundle of a class that was held', async () => {
  const page = await openPage(browser);
  await new Human(page, TRAINER).enters(server.links.trainer);
  await page.context().close();
  const answer = await server.get('/api/presence.proof', server.links.trainer);
  assert.equal(answer.status, 200);
  bundle = await answer.text();
  // From here on there is no server.
  await server.stop();
});

/** What the verifier says of a text, in whichever browser; `choose` gives it a file. */
async function verdict(page, choose, name, text) {
  const path = join(server.folder, name);
  await writeFile(path, text);
  await choose(path);
  await page.waitForSelector(`[data-file="${name}"]`);
  return page.evaluate(() => document.querySelector('#verdict').innerText);
}

/** Judges receipt and bundle, whole, altered and cut short. */
async function judges(page, choose) {
  await page.goto(pathToFileURL(verifier).href);
  const says = (name, text) => verdict(page, choose, name, text);
  const intact = await says('receipt.json', receipt);
  assert.match(intact, /Intact.*Marie DURAND.*3\s*h/s);
  assert.match(
    await says('altered.json', receipt.replace('DURAND', 'DUPOND')),
    /Altéré.*n’est pas ce qui a été attesté/s,
  );
  assert.match(await says('cut.json', receipt.slice(0, receipt.length / 2)), /Altéré.*incomplet/s);
  const forged = receipt.replace(/"signature":"(.)/, (_, digit) => `"signature":"${digit === '0' ? '1' : '0'}`);
  assert.match(await says('forged.json', forged), /Altéré.*signature/s);
  assert.match(await says('bundle.jsonl', bundle), /Intact/);
  const renamed = bundle.replace('"fact":{"type":"joined"', '"fact":{"type":"lobby_entered"');
  assert.notEqual(renamed, bundle);
  assert.match(await says('altered.jsonl', renamed), /Altéré.*l’enregistrement/s);
  assert.match(await says('cut.jsonl', bundle.slice(0, bundle.lastIndexOf('\n', bundle.length - 2) + 1)), /Tronqué/);
  assert.match(await says('other.json', '{"bonjour":1}'), /Altéré|Tronqué/);
}

test('Chromium, from the file, offline: intact, altered, truncated', async () => {
  const page = await openPage(browser);
  await page.context().setOffline(true);
  await judges(page, (path) => page.setInputFiles('#file', path));
  await page.setInputFiles('#file', join(server.folder, 'receipt.json'));
  await page.locator('[data-file="receipt.json"]').waitFor();
  await look({ page }, 'verifier-receipt');
  // The same in English, and back.
  await page.click('#language');
  await page.getByText('This receipt is the one that the server signed').waitFor();
  await page.getByText('Proof bundle (.jsonl file)').waitFor();
  await look({ page }, 'verifier-english');
  await page.setInputFiles('#file', join(server.folder, 'altered.json'));
  await page.getByText('This file was modified: the receipt, what it says is not what was attested').waitFor();
  await page.click('#language');
  await page.getByText('n’est pas ce qui a été attesté').waitFor();
  await page.setInputFiles('#file', join(server.folder, 'altered.json'));
  await page.locator('[data-file="altered.json"]').waitFor();
  await look({ page }, 'verifier-altered');
  assert.deepEqual(page.faults, [`asked ${pathToFileURL(verifier).href}`], 'nothing but the file itself');
  await page.context().close();
});

test('Firefox, from the file, with no server: intact, altered, truncated', async () => {
  const firefox = await startFirefox();
  try {
    const page = await openFirefoxPage(firefox);
    await judges(page, async (path) => (await page.$('#file')).uploadFile(path));
    await photograph(page, 'proof-verifier-firefox');
    assert.deepEqual(page.faults, []);
  } finally {
    await firefox.close();
  }
});

test('no screen breaks the rules of accessibility or logs an error', () => {
  assert.deepEqual(wrong, []);
  for (const clerk of [organiser, teacher]) assert.deepEqual(clerk.page.faults, []);
});
