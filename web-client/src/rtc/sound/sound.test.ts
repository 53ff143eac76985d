import { describe, expect, it } from "vitest";
import { Blocked, BROKEN_MS, PATIENCE_MS } from "./blocked";
import { JitterBuffer } from "./jitter";
import { readHeard, writeSpoken } from "./message";

describe("sound by the page", () => {
  it("begins when nothing has come through for a while, and ends with the first connection", () => {
    const blocked = new Blocked(false);
    blocked.turn("subscribe", "connecting", 1_000);
    blocked.turn("publish", "connecting", 5_000);
    expect(blocked.ways(1_000 + PATIENCE_MS - 1)).toEqual({ publish: false, subscribe: false });
    expect(blocked.next(2_000)).toBe(PATIENCE_MS - 1_000);
    expect(blocked.ways(1_000 + PATIENCE_MS)).toEqual({ publish: true, subscribe: true });
    blocked.turn("subscribe", "connected", 30_000);
    expect(blocked.ways(30_000)).toEqual({ publish: true, subscribe: false });
    blocked.turn("publish", "connected", 31_000);
    expect(blocked.ways(31_000)).toEqual({ publish: false, subscribe: false });
    expect(blocked.next(31_000)).toBeNull();
  });

  it("begins sooner where a connection had come through, and counts on while it is torn down and tried anew", () => {
    const blocked = new Blocked(false);
    const states = ["connected", "failed", "idle", "connecting", "failed", "connecting"] as const;
    states.forEach((state, second) => {
      blocked.turn("subscribe", state, second * 1_000);
    });
    expect(blocked.ways(999 + BROKEN_MS).subscribe).toBe(false);
    expect(blocked.ways(1_000 + BROKEN_MS).subscribe).toBe(true);
  });

  it("begins at once where the check before the entry has found that nothing passes", () => {
    const blocked = new Blocked(true);
    expect(blocked.ways(0)).toEqual({ publish: true, subscribe: true });
    blocked.turn("subscribe", "connected", 100);
    expect(blocked.ways(100)).toEqual({ publish: false, subscribe: false });
  });
});

describe("messages", () => {
  it("are those of the protocol", () => {
    const heard = new Uint8Array([1, 0, 0, 0, 2, 255, 0, 0, 3, 9, 8]);
    expect(readHeard(heard.buffer)).toEqual({
      stream: 2,
      timestamp: 0xff000003,
      packet: new Uint8Array([9, 8]),
    });
    expect(readHeard(heard.slice(0, 9).buffer)).toBeNull();
    expect(readHeard(new Uint8Array(20).buffer)).toBeNull();
    expect([...writeSpoken(2 ** 32 + 5, new Uint8Array([7]))]).toEqual([1, 0, 0, 0, 5, 7]);
  });
});

describe("what comes in fits and starts", () => {
  const FRAME = 960;
  const frame = (value: number) => new Float32Array(FRAME).fill(value);
  const play = (buffer: JitterBuffer, frames = 1) => {
    const out = new Float32Array(FRAME * frames);
    buffer.pull(out);
    return out;
  };

  it("is gathered a little, then played without a gap", () => {
    const buffer = new JitterBuffer();
    buffer.push(frame(1), false);
    expect(play(buffer)[0]).toBe(0);
    for (const value of [2, 3]) buffer.push(frame(value), false);
    const heard = [1, 2, 3].map(() => play(buffer)[0]);
    expect(heard).toEqual([1, 2, 3]);
    expect(play(buffer)[0]).toBe(0);
  });

  it("is gathered more after a hiccup, not after the end of a sentence", () => {
    const afterHiccup = new JitterBuffer();
    const afterPause = new JitterBuffer();
    for (const [buffer, pause] of [
      [afterHiccup, false],
      [afterPause, true],
    ] as const) {
      for (let count = 0; count < 3; count += 1) buffer.push(frame(1), false);
      play(buffer, 4);
      for (let count = 0; count < 3; count += 1) buffer.push(frame(2), pause && count === 0);
    }
    expect(play(afterPause)[0]).toBe(2);
    expect(play(afterHiccup)[0]).toBe(0);
  });

  it("is never played late: the oldest of a burst is skipped", () => {
    const buffer = new JitterBuffer();
    for (let value = 1; value <= 50; value += 1) buffer.push(frame(value), false);
    expect(buffer.buffered).toBeLessThan(12 * FRAME);
    expect(play(buffer)[0]).toBeGreaterThan(38);
  });

  it("plays a word that is shorter than what is gathered", () => {
    const buffer = new JitterBuffer();
    buffer.push(frame(1), true);
    let heard = 0;
    for (let count = 0; count < 40; count += 1) heard = Math.max(heard, play(buffer)[0] ?? 0);
    expect(heard).toBe(1);
  });
});
