// Every codec passes through the server and the recorder unchanged, not only the browser's first choice.

import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { openPage, startChromium } from '../lib/chromium.js';
import { PRIMARY, unmarked } from '../lib/content.js';
import { Human, id, picture, TRAINER } from '../lib/people.js';
import { seesColours } from '../lib/senses.js';
import { Server } from '../lib/server.js';

let browser;

before(async () => {
  browser = await startChromium({ colours: PRIMARY, hz: 1000 });
});

after(() => browser?.close());

/** The person chose that codec in the settings of an earlier stay. */
function choose(codec) {
  localStorage.setItem('preau:devices', JSON.stringify({ codec }));
}

/** The codecs of the pictures recorded in a data folder. */
function recordedCodecs(data) {
  const folders = (path) => readdirSync(path).map((name) => join(path, name));
  const recordings = folders(join(data, 'recordings')).flatMap(folders);
  const manifests = recordings.map((folder) => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
  return manifests.flatMap((manifest) => manifest.tracks.filter((track) => track.kind === 'video')).map((t) => t.codec);
}

for (const codec of ['vp9', 'h264', 'av1']) {
  test(`${codec}: seen in class and in the replay`, async () => {
    const server = await Server.start();
    try {
      const ada = new Human(await openPage(browser), TRAINER);
      const ben = new Human(await openPage(browser), 'Ben Morel');
      await ada.page.context().addInitScript(choose, codec);
      await ada.enters(server.links.trainer);
      await ben.enters(server.links.participant);
      await ben.opensPeople();
      const adaId = await ada.identifier(ben);
      await ada.turnsOnCamera();
      // Twice, so that the recording holds every colour even when it begins in the middle of the first round.
      for (let round = 0; round < 2; round++) {
        await seesColours(ben.page, picture(adaId), unmarked(PRIMARY), { limit: 120_000 });
      }

      await ada.page.click(id('toolbar-end'));
      await ada.page.click(id('end-confirm'));
      await ada.page.locator(id('to-replay')).click();
      await ada.page.locator(id('replay-play')).click();
      await seesColours(ada.page, id('replay-video'), PRIMARY, { limit: 120_000 });
      assert.deepEqual([...new Set(recordedCodecs(server.data))], [codec]);
      assert.deepEqual([...ada.page.faults, ...ben.page.faults], []);
      await ada.page.context().close();
      await ben.page.context().close();
    } finally {
      await server.close();
    }
  });
}
