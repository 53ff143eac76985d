// What every open page shows when a test fails, and what it complained of: kept in artifacts/failures.

import { mkdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterEach } from 'node:test';
import { FAILURES } from './server.js';

const pages = new Set();

/** From now on this page is photographed when a test fails; it is a page of Playwright or of Puppeteer. */
export function watch(page) {
  pages.add(page);
  page.on('close', () => pages.delete(page));
}

/** Photographs and faults of all pages, under the name of the story, the try and the test. */
async function keep(test) {
  mkdirSync(FAILURES, { recursive: true });
  const story = basename(process.argv[1] ?? 'story', '.test.js');
  const words = test.replaceAll(/[^\p{L}\p{N}]+/gu, '-').slice(0, 60);
  let number = 0;
  for (const page of pages) {
    number += 1;
    const path = join(FAILURES, `${story}-try${process.env.TESTS_ATTEMPT ?? 1}-${words}-${number}`);
    writeFileSync(`${path}.txt`, [page.url().replace(/#.*/, '#…'), ...page.faults].join('\n'));
    // A page that is hung has no picture; the test failed for a reason of its own.
    await page.screenshot({ path: `${path}.png`, timeout: 5_000 }).catch(() => {});
  }
}

afterEach(async (context) => {
  if (context.passed === false) await keep(context.name);
});
