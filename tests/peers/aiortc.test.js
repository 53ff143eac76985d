// aiortc joins, publishes and receives: what it sends is seen and heard by another aiortc, decoded by both.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { test } from 'node:test';
import { Server } from '../browser/lib/server.js';

const PYTHON = resolve(import.meta.dirname, '../../target/peers/bin/python');

async function aiortc(link, name, seconds) {
  const script = resolve(import.meta.dirname, 'aiortc_peer.py');
  const child = spawn(PYTHON, [script, link, name, '--wait', String(seconds)], { stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '';
  let errors = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  child.stderr.on('data', (chunk) => {
    errors += chunk;
  });
  const [code] = await once(child, 'close');
  assert.equal(code, 0, `${name}: ${errors}`);
  return JSON.parse(out);
}

test('two aiortc peers see and hear each other', async (t) => {
  const server = await Server.start();
  t.after(() => server.close());
  const both = await Promise.all([
    aiortc(server.links.trainer, 'Ada', 10),
    aiortc(server.links.participant, 'Ben', 10),
  ]);
  for (const seen of both) {
    t.diagnostic(JSON.stringify(seen));
    assert.ok(seen.frames >= 20, 'pictures are decoded');
    [200, 120, 40].forEach((value, channel) => {
      assert.ok(Math.abs(seen.rgb[channel] - value) <= 15, `colour ${seen.rgb}`);
    });
    assert.ok(seen.samples > 48_000, 'a second of sound is heard');
    assert.ok(Math.abs(seen.hz - 750) <= 10, `tone of ${seen.hz} Hz`);
  }
});
