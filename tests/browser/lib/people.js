// The people of the stories, and what each of them does on the page.

import { until } from './wait.js';

/** The name in the trainer's link of a demonstration. */
export const TRAINER = 'Formatrice (démonstration)';

export const id = (name) => `[data-testid="${name}"]`;

/** One person in front of one page of Chromium. */
export class Human {
  constructor(page, name) {
    this.page = page;
    this.name = name;
  }

  /** Opens the link, types a name where one is asked, accepts the recording notice, enters listening. */
  async enters(link) {
    await this.opens(link);
    await this.clicksEnter();
    await this.isInTheRoom();
  }

  clicksEnter() {
    return this.page.click(id('lobby-enter'));
  }

  /** Opens the lobby and fills in what it asks. */
  async opens(link) {
    await this.page.goto(link);
    await this.page.waitForSelector(id('lobby-enter'));
    const name = this.page.locator(id('lobby-name'));
    if (await name.count()) await name.fill(this.name);
  }

  isInTheRoom() {
    return this.page.waitForSelector(id('toolbar-mic'));
  }

  async turnsOnCamera() {
    await this.page.click(id('toolbar-camera'));
  }

  async turnsOnMicrophone() {
    await this.page.click(id('toolbar-mic'));
  }

  async sharesScreen() {
    await this.page.click(id('toolbar-screen'));
  }

  /** The identifier under which the others know this person. */
  async identifier(seenBy) {
    return until(`${seenBy.name} sees ${this.name} in the list`, () =>
      seenBy.page
        .locator(`${id('person-row')}`, { hasText: this.name })
        .first()
        .getAttribute('data-participant'),
    );
  }

  async opensChat() {
    const input = this.page.locator(id('chat-input'));
    if (!(await input.isVisible())) await this.page.click(id('toolbar-chat'));
    await input.waitFor();
  }

  /** Chromium's fake screen takes the size that is asked for: this person's is 1280×720. */
  async hasSmallScreen() {
    await this.page.context().addInitScript(() => {
      const original = MediaDevices.prototype.getDisplayMedia;
      MediaDevices.prototype.getDisplayMedia = function getDisplayMedia(options) {
        const video = { ...options?.video, width: 1280, height: 720 };
        return original.call(this, { ...options, video });
      };
    });
  }

  async opensPeople() {
    if (!(await this.page.locator(id('person-row')).first().isVisible())) await this.page.click(id('toolbar-people'));
    await this.page.locator(id('person-row')).first().waitFor();
  }

  /** A trainer silences somebody's microphone from the list of participants. */
  async mutes(participant) {
    await this.opensPeople();
    const row = this.page.locator(`${id('person-row')}[data-participant="${participant}"]`);
    await row.getByRole('button').click();
    await this.page.getByRole('menuitem', { name: 'Couper le micro' }).click();
  }

  async says(text) {
    await this.opensChat();
    await this.page.fill(id('chat-input'), text);
    await this.page.click(id('chat-send'));
  }

  async reads(text) {
    await this.opensChat();
    await this.page.locator(id('chat-message'), { hasText: text }).first().waitFor();
  }
}

/** The video of what somebody publishes, as a selector. */
export function picture(participant, source = 'camera') {
  return `${id('tile')}[data-participant="${participant}"][data-source="${source}"] video`;
}

/** The sound of somebody, as a selector. */
export function sound(participant) {
  return `audio[data-participant="${participant}"]`;
}
