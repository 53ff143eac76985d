// What every screen must satisfy: axe in light and dark, no sideways scrolling at 320 px, pictures for people to look at.

import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { ARTIFACTS } from './server.js';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const TAGS = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice', 'RGAAv4'];

/** Saves a picture of the page as `artifacts/NAME.png`. */
export async function photograph(page, name) {
  mkdirSync(ARTIFACTS, { recursive: true });
  await page.screenshot({ path: join(ARTIFACTS, `${name}.png`) });
}

/** The violations that axe finds on the page once it has come to rest. */
async function violations(page) {
  await page.evaluate(async () => {
    // Some never end.
    const ends = document.getAnimations().map((animation) => animation.finished.catch(() => {}));
    await Promise.race([Promise.all(ends), new Promise((wake) => setTimeout(wake, 2_000))]);
    for (let frame = 0; frame < 2; frame += 1) await new Promise(requestAnimationFrame);
  });
  await page.evaluate(AXE);
  const found = await page.evaluate(
    (tags) => window.axe.run(document, { runOnly: tags, resultTypes: ['violations'] }),
    TAGS,
  );
  return found.violations.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.target.join(' ')).join(', ')}`);
}

/** What the page hides beyond its right edge at 320 px, in px. */
async function overflow(page) {
  return page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
}

/**
 * Inspects one screen in light, dark and at 320 px, taking pictures; the page is left as it was.
 * @returns {Promise<string[]>} what is wrong, in words
 */
export async function inspect(page, name) {
  const wrong = [];
  const viewport = page.viewportSize();
  for (const scheme of ['light', 'dark']) {
    await page.emulateMedia({ colorScheme: scheme, reducedMotion: 'reduce' });
    await photograph(page, scheme === 'light' ? name : `${name}-dark`);
    for (const violation of await violations(page)) wrong.push(`${name}, ${scheme}: ${violation}`);
  }
  await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
  for (const width of [390, 320]) {
    await page.setViewportSize({ width, height: 700 });
    await photograph(page, `${name}-${width}`);
    const beyond = await overflow(page);
    if (beyond > 0) wrong.push(`${name} at ${width} px: ${beyond} px beyond the edge`);
  }
  for (const violation of await violations(page)) wrong.push(`${name}, 320 px: ${violation}`);
  await page.setViewportSize(viewport);
  return wrong;
}
