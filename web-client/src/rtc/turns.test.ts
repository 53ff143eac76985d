import { describe, expect, it } from "vitest";
import { Turns } from "./turns";

/** Rounds that end when told. */
function rounds() {
  const ends: (() => void)[] = [];
  let running = 0;
  let most = 0;
  const turns = new Turns(async () => {
    running += 1;
    most = Math.max(most, running);
    await new Promise<void>((resolve) => ends.push(resolve));
    running -= 1;
  });
  const settle = () => new Promise((resolve) => setTimeout(resolve, 0));
  return { turns, ends, most: () => most, settle };
}

describe("turns", () => {
  it("never run two at a time, and merge wishes into one next round", async () => {
    const { turns, ends, most, settle } = rounds();
    turns.want();
    turns.want();
    turns.want();
    await settle();
    expect(ends).toHaveLength(1);
    ends[0]?.();
    await settle();
    expect(ends).toHaveLength(2);
    ends[1]?.();
    await settle();
    expect(ends).toHaveLength(2);
    expect(most()).toBe(1);
  });

  it("go on after a round that failed", async () => {
    let count = 0;
    const turns = new Turns(async () => {
      count += 1;
      throw new Error("refused");
    });
    turns.want();
    await new Promise((resolve) => setTimeout(resolve, 0));
    turns.want();
    await new Promise((resolve) => setTimeout(resolve, 0));
    expect(count).toBe(2);
  });

  it("end when closed", async () => {
    const { turns, ends, settle } = rounds();
    turns.want();
    turns.want();
    turns.close();
    ends[0]?.();
    await settle();
    turns.want();
    await settle();
    expect(ends).toHaveLength(1);
  });
});
