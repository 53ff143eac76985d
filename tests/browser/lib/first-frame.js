// Click to first remote picture, as the page itself marks it.

import { openPage } from './chromium.js';
import { Human } from './people.js';
import { until } from './wait.js';

/** Enters once as a new person into a class where a camera is on: milliseconds from the click to the first frame. */
export async function clickToFirstFrame(browser, link, name) {
  const page = await openPage(browser);
  try {
    const human = new Human(page, name);
    await human.opens(link);
    await human.clicksEnter();
    return await until('the first remote frame is marked', () =>
      page.evaluate(() => {
        const [enter] = performance.getEntriesByName('preau:enter');
        const [frame] = performance.getEntriesByName('preau:first-frame');
        return enter && frame ? frame.startTime - enter.startTime : null;
      }),
    );
  } finally {
    await page.context().close();
  }
}

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length / 2;
  return sorted.length % 2 ? sorted[Math.floor(middle)] : (sorted[middle - 1] + sorted[middle]) / 2;
}
