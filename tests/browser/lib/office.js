// The people of the office: organiser, trainer, teacher, inspector, each in a browser of their own, and how many presses
// each act costs.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { openPage } from './chromium.js';
import { id } from './people.js';
import { BINARY } from './server.js';

/** A sentence nobody tries first. */
export const PASSWORD = 'les hirondelles reviennent en avril';

/** The hour on the wall in Paris, to the minute, now or later: `YYYY-MM-DDTHH:MM`, as forms take it. */
export function parisNow(laterMs = 0) {
  const written = new Intl.DateTimeFormat('sv-SE', {
    dateStyle: 'short',
    timeStyle: 'short',
    timeZone: 'Europe/Paris',
  });
  return written.format(new Date(Date.now() + laterMs)).replace(' ', 'T');
}

/** Makes somebody known from the console, with a password; `grants` are `[role, scope]`. */
export async function makePerson(server, { email, lastName, firstName }, grants = []) {
  await userCommand(server, ['add', email, '--last-name', lastName, '--first-name', firstName, '--password-stdin']);
  for (const [role, scope] of grants) await userCommand(server, ['role', email, role, '--scope', scope]);
}

async function userCommand(server, words) {
  const child = spawn(BINARY, ['user', ...words, '--data', server.data], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk) => {
    said += chunk;
  });
  child.stdin.end(`${PASSWORD}\n`);
  const [code] = await once(child, 'exit');
  if (code !== 0) throw new Error(`preau user ${words.join(' ')}: ${said}`);
}

/** One person of the office in front of a page that counts what they press. */
export class Clerk {
  static async open(browser, server, email) {
    const clerk = new Clerk();
    clerk.page = await openPage(browser);
    clerk.server = server;
    clerk.email = email;
    await clerk.page.context().addInitScript(() => {
      const count = (event) => {
        if (!event.isTrusted) return;
        const key = 'tests:presses';
        sessionStorage.setItem(key, String(Number(sessionStorage.getItem(key) ?? 0) + 1));
      };
      addEventListener('pointerdown', count, { capture: true });
    });
    return clerk;
  }

  async goes(path) {
    await this.page.goto(`http://127.0.0.1:${this.server.port}${path}`);
  }

  async signsIn() {
    await this.goes('/login');
    await this.page.fill(id('login-email'), this.email);
    await this.page.fill(id('login-password'), PASSWORD);
    await this.page.click(id('login-submit'));
    await this.page.waitForSelector(id('nav-account'));
  }

  press(name) {
    return this.page.locator(id(name)).first().click();
  }

  fill(name, value) {
    return this.page.locator(id(name)).first().fill(value);
  }

  /** The page says that it was done. */
  hears(text) {
    return this.page.locator(id('toasts')).getByText(text).first().waitFor();
  }

  /** What the page would send, without a screen: data for a story about something else. Answers what came back. */
  async sends(method, path, data) {
    const { request } = this.page.context();
    const address = `http://127.0.0.1:${this.server.port}/api/`;
    this.csrf ??= (await (await request.get(`${address}me`)).json()).csrf;
    const answer = await request.fetch(address + path, { method, data, headers: { 'X-Preau-Csrf': this.csrf } });
    if (!answer.ok()) throw new Error(`${method} ${path}: ${answer.status()} ${await answer.text()}`);
    const text = await answer.text();
    return text === '' ? null : JSON.parse(text);
  }

  async opensParcours(parcours) {
    return (await this.sends('POST', 'parcours', { academy: 'ac-versailles', ...parcours })).id;
  }

  /**
   * A session with those people (`[{ email, lastName, firstName, role }]`), of the parcours of that identifier or of a
   * new one: its identifier.
   */
  async opensSession({ parcours, title, people, starts = parisNow().slice(0, 10), ends = starts }) {
    const of = typeof parcours === 'string' ? parcours : await this.opensParcours(parcours);
    const opened = { parcours: of, title, startsOn: starts, endsOn: ends, state: 'open' };
    const made = await this.sends('POST', 'sessions-formation', opened);
    const session = made.id ?? made.session.id;
    await this.sends('POST', `sessions-formation/${session}/enrolments`, { people });
    return session;
  }

  /** Those who are in a session, by their address. */
  async peopleOf(session) {
    const enrolled = await this.sends('GET', `sessions-formation/${session}/enrolments`);
    return new Map(enrolled.map(({ person }) => [person.email, person.id]));
  }

  /** Decides for those people by hand, with a reason: `distance` and `presence`, both attested unless told. */
  attests(session, people, attested = { distance: true, presence: true }) {
    const body = { kind: 'people', people, attested, reason: 'Travail rendu.' };
    return this.sends('POST', `sessions-formation/${session}/attestations`, body);
  }

  /** A file that the page saves while `act` is done: its name and its bytes. */
  async saves(act) {
    const [download] = await Promise.all([this.page.waitForEvent('download'), act()]);
    const failure = await download.failure();
    if (failure) throw new Error(`${download.suggestedFilename()}: ${failure}`);
    const chunks = await (await download.createReadStream()).toArray();
    return { name: download.suggestedFilename(), bytes: Buffer.concat(chunks) };
  }

  /** How many presses `act` took. */
  async presses(act) {
    const read = () => this.page.evaluate(() => Number(sessionStorage.getItem('tests:presses') ?? 0));
    const before = await read();
    await act();
    // A press may lead to another page, which cannot be asked while it comes.
    const after = await read().catch(async () => {
      await this.page.waitForLoadState('load');
      return read();
    });
    return after - before;
  }
}

const CODE = 'A025';
const DAY = '20261118';

/**
 * The three files of a day, as GAIA writes them: one session on the day `start` (`YYYY-MM-DD`) with one trainer and the trainees, and a line
 * that nobody can read. Answers names and bytes, for a file field.
 */
export function gaiaFiles(start, trainees) {
  const date = start.split('-').reverse().join('/');
  const rows = {
    Formations: [
      `ACAVER|26A0250123|Numérique et apprentissages|45805|Animer une classe virtuelle|78576|01|${date}|08:00|${date}|18:00|D|A DISTANCE|`,
      'ACAVER|26A0250123|Numérique et apprentissages|45805',
    ],
    Intervenants: ['ACAVER|45805|MARTIN|Paul|paul.martin@ac-versailles.fr|'],
    Stagiaires: trainees.map(([last, first, email]) => `ACAVER|78576|${last}|${first}|${email}`),
  };
  return Object.entries(rows).map(([kind, lines]) => ({
    name: `${CODE}_${kind}_${DAY}.csv`,
    mimeType: 'text/csv',
    buffer: Buffer.from(`${lines.join('\n')}\n`, 'latin1'),
  }));
}
