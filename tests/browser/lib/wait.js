// Waiting for a condition, with a sentence that says what did not come. Deadlines suit a machine ten times slower than
// the one that they were written on: they end a test that failed, and measure nothing.

import { setTimeout as pause } from 'node:timers/promises';

/** Repeats `probe` until it answers something true, and answers it. Errors of the probe count as "not yet". */
export async function until(what, probe, limit = 90_000, interval = 100) {
  const end = Date.now() + limit;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`after ${limit} ms still not: ${what} (last: ${describe(last)})`);
    await pause(interval);
  }
}

/** The promise, or an error that names it after `limit` milliseconds. */
export async function deadline(promise, limit, what) {
  const abort = new AbortController();
  const late = pause(limit, undefined, { signal: abort.signal }).then(() => {
    throw new Error(`after ${limit} ms still not: ${what}`);
  });
  late.catch(() => {});
  try {
    return await Promise.race([promise, late]);
  } finally {
    abort.abort();
  }
}

function describe(value) {
  if (value instanceof Error) return value.message;
  return typeof value === 'string' ? value : JSON.stringify(value);
}
