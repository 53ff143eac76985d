import { describe, expect, it } from "vitest";
import { PlayClock } from "./clock";

describe("the master clock", () => {
  it("runs by itself, at the chosen speed, and stops at the end", () => {
    const clock = new PlayClock(10_000);
    expect(clock.position(500)).toBe(0);
    clock.run(1000);
    expect(clock.position(2000)).toBe(1000);
    clock.setSpeed(2, 2000);
    expect(clock.position(3000)).toBe(3000);
    expect(clock.position(60_000)).toBe(10_000);
  });

  it("stands still while media make it wait, without forgetting that it runs", () => {
    const clock = new PlayClock(10_000);
    clock.run(0);
    clock.hold(1000, true);
    expect(clock.position(5000)).toBe(1000);
    expect(clock.running).toBe(true);
    clock.hold(5000, false);
    expect(clock.position(5500)).toBe(1500);
  });

  it("keeps its place when stopped, and goes where it is told", () => {
    const clock = new PlayClock(10_000);
    clock.run(0);
    clock.stop(700);
    expect(clock.position(9000)).toBe(700);
    clock.seek(4000, 9000);
    expect(clock.position(9500)).toBe(4000);
    clock.run(9500);
    clock.seek(-3, 9600);
    expect(clock.position(9600)).toBe(0);
    clock.seek(99_999, 9600);
    expect(clock.position(9600)).toBe(10_000);
  });
});
