import { describe, expect, it } from "vitest";
import { Stillness } from "./stillness";

/** Looks every half second from `from` on, `looks` times: what each look found. */
function looks(still: Stillness, from: number, count: number, seen = true): boolean[] {
  return Array.from({ length: count }, (_, n) => still.look(from + 500 * (n + 1), seen));
}

describe("a picture that stands still", () => {
  it("is interrupted after four seconds, and no longer with the next frame", () => {
    const still = new Stillness(0);
    expect(looks(still, 0, 7)).not.toContain(true);
    expect(still.look(4_000, true)).toBe(true);
    still.frame(4_100);
    expect(looks(still, 4_000, 8)).not.toContain(true);
    expect(still.look(8_500, true)).toBe(true);
  });

  it("is not, as long as nobody can see it", () => {
    const still = new Stillness(0);
    looks(still, 0, 6);
    expect(looks(still, 3_000, 100, false)).not.toContain(true);
    expect(still.look(53_500, true)).toBe(false);
    expect(still.look(54_000, true)).toBe(true);
  });

  it("is not when the page slept; one that was interrupted before still is", () => {
    const still = new Stillness(0);
    expect(still.look(60_000, true)).toBe(false);
    looks(still, 60_000, 8);
    expect(still.look(64_500, true)).toBe(true);
    expect(still.look(200_000, true)).toBe(true);
  });
});
