// What a person sees of a moving picture: its size, and how long it stood still. Works in both browsers.

import { look } from './senses.js';
import { until } from './wait.js';

/** Waits until the video found by `selector` is decoded with a height for which `fits` answers true. */
export function hasHeight(page, selector, what, fits, limit = 90_000) {
  return until(
    `${selector} is ${what}`,
    async () => {
      const view = await look(page, selector);
      if (view && fits(view.height)) return view.height;
      throw new Error(view ? `${view.width}×${view.height}` : 'no picture');
    },
    limit,
  );
}

/**
 * Begins to note how long the picture of a person stands still; the video may move to another element meanwhile.
 * What the page itself does not get to draw counts as well, so compare with a quiet stretch on the same machine.
 */
export async function watchFrames(page, selector) {
  await page.evaluate((wanted) => {
    const watch = { longest: 0, frames: 0, last: performance.now() };
    window.preauFrames?.stop();
    let stopped = false;
    let watched = null;
    const seen = (element) => (now) => {
      if (stopped || element !== watched) return;
      watch.longest = Math.max(watch.longest, now - watch.last);
      watch.last = now;
      watch.frames += 1;
      element.requestVideoFrameCallback(seen(element));
    };
    const attach = () => {
      const element = document.querySelector(wanted);
      if (element && element !== watched) {
        watched = element;
        element.requestVideoFrameCallback(seen(element));
      }
    };
    const timer = setInterval(attach, 20);
    attach();
    window.preauFrames = {
      watch,
      stop: () => {
        stopped = true;
        clearInterval(timer);
      },
    };
  }, selector);
}

/** The longest time between two pictures since `watchFrames`, in ms, and how many there were; begins anew. */
export function longestGap(page) {
  return page.evaluate(() => {
    const { watch } = window.preauFrames;
    const found = { gap: Math.round(watch.longest), frames: watch.frames };
    watch.longest = 0;
    watch.frames = 0;
    return found;
  });
}

/** Waits until that many pictures have passed since the last `longestGap`. */
export function framesPass(page, count, limit = 90_000) {
  return until(
    `${count} pictures pass`,
    () => page.evaluate((wanted) => window.preauFrames.watch.frames >= wanted, count),
    limit,
  );
}
