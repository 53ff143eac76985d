// What a page really shows and plays: pixels of its videos, peaks of its sounds. Works in both browsers.

import { until } from './wait.js';

/** The mean colour of the middle of the video found by `selector`, with its size; null when nothing is decoded. */
export function look(page, selector) {
  return page.evaluate((wanted) => {
    const video = document.querySelector(wanted);
    if (!video || video.readyState < 2 || !video.videoWidth) return null;
    const canvas = document.createElement('canvas');
    canvas.width = 16;
    canvas.height = 16;
    const context = canvas.getContext('2d', { willReadFrequently: true });
    const { videoWidth: width, videoHeight: height } = video;
    context.drawImage(video, width / 4, height / 4, width / 2, height / 2, 0, 0, 16, 16);
    const { data } = context.getImageData(0, 0, 16, 16);
    const sum = [0, 0, 0];
    for (let at = 0; at < data.length; at += 4) for (const channel of [0, 1, 2]) sum[channel] += data[at + channel];
    return { rgb: sum.map((total) => Math.round(total / 256)), width, height };
  }, selector);
}

const near = (a, b, tolerance) => a.every((value, channel) => Math.abs(value - b[channel]) <= tolerance);

/** Watches a video until every one of `colours` was seen, ±`tolerance` per channel. */
export async function seesColours(page, selector, colours, { tolerance = 15, limit = 90_000 } = {}) {
  const missing = new Set(colours);
  const seen = [];
  await until(
    `${selector} shows ${JSON.stringify(colours)}`,
    async () => {
      const view = await look(page, selector);
      if (view) {
        seen.push(view.rgb.join(' '));
        for (const colour of missing) if (near(view.rgb, colour, tolerance)) missing.delete(colour);
      }
      return missing.size === 0;
    },
    limit,
    80,
  ).catch((error) => {
    throw new Error(`${error.message}; seen ${seen.slice(-12).join(', ') || 'nothing'}`);
  });
}

/**
 * The strongest frequency played by the element found by `selector`, in Hz, and its level in dBFS.
 * The stream itself is analysed. In Firefox this needs a `SoundCard`.
 */
export function listen(page, selector) {
  return page.evaluate(async (wanted) => {
    const element = document.querySelector(wanted);
    if (!element?.srcObject?.getAudioTracks().length) return null;
    window.preauEars ??= new AudioContext({ sampleRate: 48_000 });
    await window.preauEars.resume();
    const source = window.preauEars.createMediaStreamSource(element.srcObject);
    const analyser = window.preauEars.createAnalyser();
    analyser.fftSize = 8192;
    analyser.smoothingTimeConstant = 0;
    source.connect(analyser);
    await new Promise((wake) => setTimeout(wake, 400));
    const bins = new Float32Array(analyser.frequencyBinCount);
    analyser.getFloatFrequencyData(bins);
    source.disconnect();
    let peak = 0;
    for (let bin = 1; bin < bins.length; bin++) if (bins[bin] > bins[peak]) peak = bin;
    return { hz: (peak * 48_000) / 8192, level: bins[peak] };
  }, selector);
}

/** Waits until the sound of `selector` is a tone of `hz`, ±10 Hz. */
export function hearsTone(page, selector, hz, limit = 90_000) {
  return until(
    `${selector} plays ${hz} Hz`,
    async () => {
      const sound = await listen(page, selector);
      if (sound && sound.level > -60 && Math.abs(sound.hz - hz) <= 10) return sound;
      throw new Error(JSON.stringify(sound));
    },
    limit,
  );
}

/** Waits until something is heard from `selector`, whatever it is. */
export function hearsSomething(page, selector, limit = 90_000) {
  return until(
    `${selector} is heard`,
    async () => {
      const sound = await listen(page, selector);
      if (sound && sound.level > -60) return sound;
      throw new Error(JSON.stringify(sound));
    },
    limit,
  );
}

/** Waits until nothing is heard from `selector`. */
export function hearsNothing(page, selector, limit = 60_000) {
  return until(
    `${selector} is silent`,
    async () => {
      const sound = await listen(page, selector);
      if (!sound || sound.level < -80) return true;
      throw new Error(JSON.stringify(sound));
    },
    limit,
  );
}

/** Listens to `selector` from now on, without a pause: `longestSilence` tells what was missing. */
export function listensOn(page, selector) {
  return page.evaluate(async (wanted) => {
    const CHUNK = 240;
    window.preauEars ??= new AudioContext({ sampleRate: 48_000 });
    const context = window.preauEars;
    await context.resume();
    const source = context.createMediaStreamSource(document.querySelector(wanted).srcObject);
    const analyser = context.createAnalyser();
    analyser.fftSize = 32_768;
    source.connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    const ears = { loudest: 0, quiet: 0, longest: 0, missed: 0 };
    let until = context.currentTime;
    window.preauListening = ears;
    setInterval(() => {
      const fresh = Math.round((context.currentTime - until) * context.sampleRate);
      analyser.getFloatTimeDomainData(samples);
      const chunks = Math.floor(Math.min(fresh, samples.length) / CHUNK);
      ears.missed += Math.max(0, fresh - samples.length);
      until += (fresh > samples.length ? fresh : chunks * CHUNK) / context.sampleRate;
      for (let at = samples.length - chunks * CHUNK; at < samples.length; at += CHUNK) {
        let level = 0;
        for (let n = at; n < at + CHUNK; n++) level = Math.max(level, Math.abs(samples[n]));
        ears.loudest = Math.max(ears.loudest, level);
        ears.quiet = level < ears.loudest / 10 ? ears.quiet + CHUNK : 0;
        ears.longest = Math.max(ears.longest, ears.quiet);
      }
    }, 50);
  }, selector);
}

/** The longest stretch, in ms, without a tenth of the usual loudness since `listensOn`, or since asked last. */
export function longestSilence(page) {
  return page.evaluate(() => {
    const ears = window.preauListening;
    const longest = ears.longest / 48;
    ears.longest = 0;
    return { longest, missed: ears.missed / 48 };
  });
}
