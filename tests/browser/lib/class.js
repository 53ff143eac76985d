// A class of two: the trainer and a teacher, each in a Chromium with a camera and a tone of their own.

import { openPage, startChromium } from './chromium.js';
import { PRIMARY, SECONDARY } from './content.js';
import { Human, TRAINER } from './people.js';
import { Server } from './server.js';

/** Starts the server and both browsers; `close` ends them all. `size` and `busy` are of the trainer's camera. */
export async function openClass({ size, busy } = {}) {
  const server = await Server.start();
  const hers = await startChromium({ colours: PRIMARY, hz: 1000, size, busy });
  const his = await startChromium({ colours: SECONDARY, hz: 750 });
  const ada = new Human(await openPage(hers), TRAINER);
  const ben = new Human(await openPage(his), 'Ben Morel');
  const close = async () => {
    await hers.close();
    await his.close();
    await server.close();
  };
  return { server, hers, his, ada, ben, close };
}
