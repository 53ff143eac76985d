// A sound card that plays into nothing: without one, Firefox runs no audio context.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './wait.js';

export class SoundCard {
  static async start() {
    const card = new SoundCard();
    card.folder = mkdtempSync(join(tmpdir(), 'preau-card-'));
    const socket = join(card.folder, 'native');
    const modules = ['module-null-sink rate=48000', `module-native-protocol-unix auth-anonymous=1 socket=${socket}`];
    card.process = spawn(
      'pulseaudio',
      ['-n', '--daemonize=no', '--use-pid-file=no', '--exit-idle-time=-1', '--disable-shm=yes'].concat(
        modules.flatMap((module) => ['-L', module]),
      ),
      { env: { ...process.env, HOME: card.folder, XDG_RUNTIME_DIR: card.folder }, stdio: 'ignore' },
    );
    const child = card.process;
    process.once('exit', () => child.kill('SIGKILL'));
    card.environment = { PULSE_SERVER: `unix:${socket}` };
    await until('the sound card is there', () => existsSync(socket));
    return card;
  }

  async close() {
    const ended = once(this.process, 'exit');
    this.process.kill('SIGTERM');
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}
