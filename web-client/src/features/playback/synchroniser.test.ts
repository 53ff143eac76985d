import { describe, expect, it } from "vitest";
import { decide, type Observation } from "./synchroniser";

const seen = (change: Partial<Observation>): Observation => ({
  expected: 10,
  actual: 10,
  duration: 60,
  running: true,
  exact: false,
  speed: 1,
  rate: 1,
  seeking: false,
  ready: true,
  ...change,
});

describe("the synchroniser", () => {
  it.each([
    ["in time", { actual: 10.03 }, 1],
    ["late: faster", { actual: 9.9 }, 1.05],
    ["early: slower", { actual: 10.1 }, 0.95],
    ["very late, still below the jump", { actual: 9.76 }, 1.06],
    ["still correcting a small rest", { actual: 9.98, rate: 1.05 }, 1.01],
    ["corrected", { actual: 9.995, rate: 1.05 }, 1],
    ["at double speed", { actual: 9.9, speed: 2, rate: 2 }, 2.1],
  ])("%s", (_, change, rate) => {
    expect(decide(seen(change))).toEqual({ act: "play", rate });
  });

  it("jumps above a quarter of a second", () => {
    expect(decide(seen({ actual: 9.74 }))).toEqual({ act: "seek", to: 10 });
    expect(decide(seen({ actual: 40 }))).toEqual({ act: "seek", to: 10 });
  });

  it("jumps even before enough data is there, so that the right data is fetched", () => {
    expect(decide(seen({ actual: 0, ready: false }))).toEqual({ act: "seek", to: 10 });
  });

  it("waits while moving or without data", () => {
    expect(decide(seen({ seeking: true, actual: 0 }))).toEqual({ act: "wait" });
    expect(decide(seen({ ready: false }))).toEqual({ act: "wait" });
  });

  it("shows the exact frame when paused", () => {
    expect(decide(seen({ running: false, exact: true }))).toEqual({ act: "pause" });
    expect(decide(seen({ running: false, exact: true, actual: 10.1 }))).toEqual({ act: "seek", to: 10 });
  });

  it("does not jump for a little when only another element makes the clock wait", () => {
    expect(decide(seen({ running: false, actual: 10.1 }))).toEqual({ act: "pause" });
  });

  it("lets a file end a little early without waiting for it", () => {
    expect(decide(seen({ expected: 59.99, actual: 59.9 }))).toEqual({ act: "finished" });
    expect(decide(seen({ duration: Number.NaN }))).toEqual({ act: "play", rate: 1 });
  });

  it("brings any late or early element back in time, alone", () => {
    for (const start of [-0.24, -0.1, 0.1, 0.24]) {
      let [expected, actual, rate] = [10, 10 + start, 1];
      for (let step = 0; step < 200; step += 1) {
        const action = decide(seen({ expected, actual, rate }));
        if (action.act !== "play") throw new Error(action.act);
        rate = action.rate;
        expected += 0.1;
        actual += 0.1 * rate;
      }
      expect(Math.abs(actual - expected)).toBeLessThan(0.036);
    }
  });
});
