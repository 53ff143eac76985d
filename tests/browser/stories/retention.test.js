// A recording in its last week: the trainer is told on the first page and keeps it, it goes in the end, whoever comes
// for it reads when, and the manager has a certificate.

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { promisify } from 'node:util';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY } from '../lib/content.js';
import { inspect } from '../lib/inspect.js';
import { Clerk, makePerson, parisNow } from '../lib/office.js';
import { Human, id } from '../lib/people.js';
import { BINARY, Server } from '../lib/server.js';
import { until } from '../lib/wait.js';

const MANAGER = { email: 'organisation@ac-versailles.fr', lastName: 'ORGANISATION', firstName: 'Équipe' };
const TRAINER = { email: 'paul.martin@ac-versailles.fr', lastName: 'MARTIN', firstName: 'Paul' };
const DAY_MS = 86_400_000;
// Nothing goes before somebody says so.
const config = '[retention]\nenabled = false\n';

let server;
let browser;
let manager;
let trainer;
let seance;
let replay;

before(async () => {
  server = await Server.start({ config });
  await makePerson(server, MANAGER, [['gestionnaire', 'ac-versailles']]);
  await makePerson(server, TRAINER, [['formateur', 'ac-versailles']]);
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
  manager = await Clerk.open(browser, server, MANAGER.email);
  trainer = await Clerk.open(browser, server, TRAINER.email);
  await manager.signsIn();
  await trainer.signsIn();
});

after(async () => {
  await browser?.close();
  await server?.close();
});

/** As if every recording of the séance had been made so many days ago. */
function ages(days) {
  const folder = join(server.data, 'recordings', seance);
  for (const recording of readdirSync(folder)) {
    const file = join(folder, recording, 'manifest.json');
    const manifest = JSON.parse(readFileSync(file, 'utf8'));
    writeFileSync(file, JSON.stringify({ ...manifest, started: new Date(Date.now() - days * DAY_MS).toISOString() }));
  }
}

test('a class is held and recorded', async () => {
  const plan = { title: 'Lire un album', startsAt: parisNow(), durationMin: 30, recorded: true };
  const made = await trainer.sends('POST', 'seances', { ...plan, academy: 'ac-versailles' });
  seance = made.seance.id;
  const { link } = await trainer.sends('POST', `seances/${seance}/enter`, {});
  const paul = new Human(await openPage(browser), 'Paul MARTIN');
  await paul.enters(link);
  await paul.turnsOnMicrophone();
  await paul.page.click(id('toolbar-end'));
  await paul.page.click(id('end-confirm'));
  await paul.page.locator(id('to-replay')).click();
  await paul.page.locator(id('replay-kept-until')).getByText('Conservé jusqu’au').waitFor();
  replay = paul.page;
});

test('in its last week the trainer is told, and keeps it', async () => {
  await trainer.goes('/');
  await trainer.page.waitForSelector(id('seance-row'));
  assert.equal(await trainer.page.locator(id('expiring-recording')).count(), 0);
  ages(85);
  await trainer.page.reload();
  await trainer.page.locator(id('expiring-recording'), { hasText: 'Lire un album' }).waitFor();
  assert.deepEqual(await inspect(trainer.page, 'retention-expiring'), []);
  await trainer.press('keep-recording');
  await trainer.hears('est conservé');
  await until('the notice goes', async () => (await trainer.page.locator(id('expiring-recording')).count()) === 0);
});

test('it goes in the end, and whoever comes reads when', async () => {
  ages(400);
  const words = ['retention', 'run', ...server.configured, '--data', server.data];
  const { stdout } = await promisify(execFile)(BINARY, words);
  assert.match(stdout, /^recordings\t1\t/m);
  await replay.reload();
  await replay.getByText('Ce replay a été effacé').waitFor();
  await replay.getByText('sa durée de conservation était écoulée').waitFor();
  assert.deepEqual(await inspect(replay, 'retention-deleted'), []);
});

test('the manager has a certificate', async () => {
  await manager.goes('/');
  await manager.press('door-retention');
  const link = manager.page.locator(id('certificate')).first();
  await link.waitFor();
  assert.deepEqual(await inspect(manager.page, 'retention-report'), []);
  const [download] = await Promise.all([manager.page.waitForEvent('download'), link.click()]);
  assert.equal(await download.failure(), null);
  assert.match(download.suggestedFilename(), /^certificat-effacement_\d{8}\.pdf$/);
});
