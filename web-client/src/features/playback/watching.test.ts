import { describe, expect, it } from "vitest";
import { Watching } from "./watching";

const playing = (playMs: number, speed = 1) => ({ playMs, playing: true, speed });

describe("what was played", () => {
  it("is one stretch as long as nobody jumps", () => {
    const watching = new Watching();
    for (let now = 0; now <= 10_000; now += 100) watching.see(playing(now), now);
    watching.see({ playMs: 10_000, playing: false, speed: 1 }, 10_100);
    expect(watching.take()).toEqual([[0, 10_000]]);
    expect(watching.take()).toEqual([]);
  });

  it("leaves out what was jumped over, and goes on where a report was made", () => {
    const watching = new Watching();
    watching.see(playing(0), 0);
    watching.see(playing(1000), 1000);
    watching.see(playing(60_000), 1100);
    watching.see(playing(61_000), 2100);
    expect(watching.take()).toEqual([
      [0, 1000],
      [60_000, 61_000],
    ]);
    watching.see(playing(62_000), 3100);
    expect(watching.take()).toEqual([[61_000, 62_000]]);
  });

  it("bears late ticks, not speeds that nobody can follow", () => {
    const watching = new Watching();
    watching.see(playing(0, 1.5), 0);
    watching.see(playing(90_000, 1.5), 60_000);
    watching.see(playing(90_000, 2), 60_100);
    watching.see(playing(92_000, 2), 61_100);
    expect(watching.take()).toEqual([[0, 90_000]]);
  });

  it("keeps what could not be reported", () => {
    const watching = new Watching();
    watching.see(playing(0), 0);
    watching.see(playing(500), 500);
    watching.giveBack(watching.take());
    expect(watching.take()).toEqual([[0, 500]]);
  });
});
