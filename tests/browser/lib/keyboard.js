// A person without a mouse: Tab, arrows, Enter and Escape, and an eye on where the focus is.

import { id } from './people.js';
import { until } from './wait.js';

/** More presses of Tab than any screen may ask for. */
const MOST_TABS = 120;

export class Keyboard {
  constructor(page) {
    this.page = page;
    /** Elements that had the focus without showing it. */
    this.unseen = new Set();
  }

  press(key) {
    return this.page.keyboard.press(key);
  }

  /** Moves the focus into the first element found by `selector`, with Tab alone (in a toolbar with the arrows). */
  async reaches(selector) {
    await this.page.locator(selector).first().waitFor();
    for (let press = 0; press < MOST_TABS; press += 1) {
      if (await this.isOn(selector)) return;
      const toolbar = await this.page.evaluate(() => Boolean(document.activeElement?.closest('[role="toolbar"]')));
      await this.press(toolbar ? 'ArrowRight' : 'Tab');
      await this.notes();
      // After the last element of the toolbar Tab goes on.
      if (toolbar && press % 20 === 19) await this.press('Tab');
    }
    throw new Error(`${selector} is not reached with ${MOST_TABS} presses of Tab`);
  }

  isOn(selector) {
    return this.page.evaluate((wanted) => document.activeElement?.closest(wanted) != null, selector);
  }

  /** Waits until the focus is there by itself. */
  finds(selector) {
    return until(`the focus is on ${selector}`, () => this.isOn(selector));
  }

  async activates(name) {
    await this.reaches(id(name));
    await this.press('Enter');
  }

  /** Types into a field, over what it held. */
  async types(name, text) {
    await this.reaches(id(name));
    await this.press('ControlOrMeta+a');
    await this.page.keyboard.type(text);
  }

  /** The browser's own field for dates has a keyboard of its own: its value is given. */
  async dates(name, value) {
    await this.reaches(id(name));
    await this.page.locator(id(name)).first().fill(value);
  }

  /** Whether the focus can be seen: an outline or a ring on the element, or on the label around it. */
  async notes() {
    const hidden = await this.page.evaluate(() => {
      const focused = document.activeElement;
      if (!focused || focused === document.body || focused.id === 'main') return null;
      const shown = (element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && outlineWidth !== '0px') || boxShadow !== 'none';
      };
      let element = focused;
      for (let step = 0; element && step < 3; step += 1, element = element.parentElement) {
        if (shown(element)) return null;
      }
      return `${focused.tagName.toLowerCase()} ${focused.getAttribute('data-testid') ?? focused.textContent?.slice(0, 30)}`;
    });
    if (hidden) this.unseen.add(`${new URL(this.page.url()).pathname}: ${hidden}`);
  }
}
