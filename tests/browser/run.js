// Runs every story, one file after the other, each in a network namespace of its own. A file that fails is run again,
// once, and the end says so: a story that needed a second try is a story to mend.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, rmSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { FAILURES } from './lib/server.js';

const HERE = import.meta.dirname;
/** A file is ended by then, whatever it waits for. */
const FILE_MS = 900_000;

/** The stories named on the command line, or all of them and the foreign peers. */
function wanted() {
  const named = process.argv.slice(2);
  if (named.length > 0) return named.map((path) => resolve(path));
  return [join(HERE, 'stories'), resolve(HERE, '../peers')].flatMap((folder) =>
    readdirSync(folder)
      .filter((name) => name.endsWith('.test.js'))
      .sort()
      .map((name) => join(folder, name)),
  );
}

/** One try of one file: true when everything in it passed. */
async function passes(file, attempt) {
  const child = spawn(join(HERE, 'isolated.sh'), [process.execPath, '--test-reporter=spec', file], {
    cwd: HERE,
    stdio: 'inherit',
    detached: true,
    env: { ...process.env, TESTS_ATTEMPT: String(attempt) },
  });
  const stop = () => {
    try {
      // The whole group: browsers and servers must not outlive the story.
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  };
  process.once('exit', stop);
  const late = setTimeout(() => {
    console.log(`\n!!! ${basename(file)} is not over after ${FILE_MS / 60_000} min: ended\n`);
    stop();
  }, FILE_MS);
  const [code] = await once(child, 'exit');
  clearTimeout(late);
  stop();
  process.off('exit', stop);
  return code === 0;
}

for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => process.exit(1));
rmSync(FAILURES, { recursive: true, force: true });
const retried = [];
const failed = [];
for (const file of wanted()) {
  console.log(`\n── ${basename(file)}`);
  if (await passes(file, 1)) continue;
  console.log(
    `\n!!! RETRY: ${basename(file)} failed; it is run a second and last time (screens of the failure: ${FAILURES})\n`,
  );
  ((await passes(file, 2)) ? retried : failed).push(basename(file));
}
if (retried.length > 0) console.log(`\n!!! PASSED ONLY AT THE SECOND TRY: ${retried.join(', ')}`);
if (failed.length > 0) console.log(`\n!!! FAILED TWICE: ${failed.join(', ')}`);
process.exitCode = failed.length > 0 ? 1 : 0;
