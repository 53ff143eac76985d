// What the fake cameras and microphones give: solid colours and a pure tone, known to the last digit.

import { writeFileSync } from 'node:fs';

/** Red, green, blue, one second each. Cameras carry no channel at its extreme: codecs clip there. */
export const PRIMARY = [
  [220, 20, 20],
  [20, 220, 20],
  [20, 20, 220],
];

/** Yellow, cyan, magenta, one second each: no colour in common with `PRIMARY`. */
export const SECONDARY = [
  [220, 220, 20],
  [20, 220, 220],
  [220, 20, 220],
];

/** One RGB colour as limited-range BT.601 Y, Cb, Cr. */
function yuv([r, g, b]) {
  return [
    16 + 0.25679 * r + 0.50413 * g + 0.09791 * b,
    128 - 0.14822 * r - 0.29099 * g + 0.43922 * b,
    128 + 0.43922 * r - 0.36779 * g - 0.07143 * b,
  ].map(Math.round);
}

/**
 * How Chromium shows these colours after VP9, H.264 or AV1, also in a call without any server (measured): the fake
 * camera says nothing of its colour matrix, encoders write down nothing, and decoders then take BT.709.
 */
export function unmarked(colours) {
  return colours.map((colour) => {
    const [y, cb, cr] = yuv(colour);
    const [luma, blue, red] = [1.16438 * (y - 16), cb - 128, cr - 128];
    return [luma + 1.79274 * red, luma - 0.21325 * blue - 0.53291 * red, luma + 2.1124 * blue].map((value) =>
      Math.min(255, Math.max(0, Math.round(value))),
    );
  });
}

/** Writes an uncompressed video, one second of each colour at 15 frames a second. */
export function writeVideo(path, colours, { width = 640, height = 360 } = {}) {
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`)];
  for (const colour of colours) {
    const [y, cb, cr] = yuv(colour);
    const frame = Buffer.concat([
      Buffer.from('FRAME\n'),
      Buffer.alloc(width * height, y),
      Buffer.alloc((width * height) / 4, cb),
      Buffer.alloc((width * height) / 4, cr),
    ]);
    for (let count = 0; count < 15; count++) parts.push(frame);
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** Writes three seconds of grey squares that move: as much to encode as a real scene, unlike a plain colour. */
export function writeBusyVideo(path, { width = 640, height = 360 } = {}) {
  const SQUARE = 16;
  const columns = Math.ceil(width / SQUARE);
  const rows = Math.ceil(height / SQUARE);
  let seed = 1;
  const shades = Array.from({ length: columns * rows }, () => {
    seed = (seed * 48_271) % 0x7fffffff;
    return 40 + (seed % 170);
  });
  const parts = [Buffer.from(`YUV4MPEG2 W${width} H${height} F15:1 Ip A1:1 C420jpeg\n`)];
  for (let frame = 0; frame < 45; frame++) {
    const luma = Buffer.alloc(width * height);
    for (let y = 0; y < height; y++) {
      const row = (Math.floor((y + 3 * frame) / SQUARE) % rows) * columns;
      for (let x = 0; x < width; x++)
        luma[y * width + x] = shades[row + (Math.floor((x + 5 * frame) / SQUARE) % columns)];
    }
    parts.push(Buffer.from('FRAME\n'), luma, Buffer.alloc((width * height) / 2, 128));
  }
  writeFileSync(path, Buffer.concat(parts));
}

/** Writes three seconds of a sine wave, mono, 16 bits, 48 kHz. `hz` divides evenly, so the loop is seamless. */
export function writeTone(path, hz) {
  const samples = 3 * 48_000;
  const file = Buffer.alloc(44 + 2 * samples);
  file.write('RIFF', 0);
  file.writeUInt32LE(36 + 2 * samples, 4);
  file.write('WAVEfmt ', 8);
  file.writeUInt32LE(16, 16);
  file.writeUInt16LE(1, 20);
  file.writeUInt16LE(1, 22);
  file.writeUInt32LE(48_000, 24);
  file.writeUInt32LE(2 * 48_000, 28);
  file.writeUInt16LE(2, 32);
  file.writeUInt16LE(16, 34);
  file.write('data', 36);
  file.writeUInt32LE(2 * samples, 40);
  for (let n = 0; n < samples; n++) {
    file.writeInt16LE(Math.round(12_000 * Math.sin((2 * Math.PI * hz * n) / 48_000)), 44 + 2 * n);
  }
  writeFileSync(path, file);
}
