import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Tile } from "../protocol/generated/protocol";
import { APPEARED_MS, HIDDEN_MS, RESIZED_MS, type Seen, tilesOf, View } from "./view";

const seen = (width: number, height: number, changes: Partial<Seen> = {}): Seen => ({
  width,
  height,
  inSight: true,
  floating: false,
  ...changes,
});

describe("what is on the screen", () => {
  const page = new Map([
    ["small", seen(160, 90)],
    ["large", seen(960, 540)],
    ["scrolled away", seen(160, 90, { inSight: false })],
    ["not laid out", seen(0, 0)],
  ]);

  it("is told largest first, in device pixels, without what nobody sees", () => {
    expect(tilesOf(page, 1.5, false)).toEqual([
      { track: "large", width: 1440, height: 810 },
      { track: "small", width: 240, height: 135 },
    ]);
  });

  it("is not denser than two pixels on a dense screen", () => {
    expect(tilesOf(page, 3, false)[0]).toEqual({ track: "large", width: 1920, height: 1080 });
  });

  it("is nothing on a hidden page but what floats above other windows", () => {
    const floating = new Map([...page, ["floating", seen(320, 180, { inSight: false, floating: true })]]);
    expect(tilesOf(page, 1, true)).toEqual([]);
    expect(tilesOf(floating, 1, true)).toEqual([{ track: "floating", width: 320, height: 180 }]);
  });

  it("is at most a hundred pictures", () => {
    const crowd = new Map(Array.from({ length: 130 }, (_, rank) => [`t${rank}`, seen(16 + rank, 9)]));
    const tiles = tilesOf(crowd, 1, false);
    expect(tiles).toHaveLength(100);
    expect(tiles[0]?.track).toBe("t129");
  });
});

describe("telling the server", () => {
  beforeEach(() => void vi.useFakeTimers());
  afterEach(() => void vi.useRealTimers());

  function stage() {
    const told: Tile[][] = [];
    const page = { hidden: false };
    const line = { open: true };
    const view = new View(
      (tiles) => {
        if (line.open) told.push(tiles);
        return line.open;
      },
      page,
      () => 1,
    );
    const tracks = () => told.map((tiles) => tiles.map(({ track, width }) => `${track} ${width}`));
    return { view, page, line, tracks };
  }

  it("gathers the pictures of one moment, and does so soon", () => {
    const { view, tracks } = stage();
    view.report("a", seen(320, 180));
    view.report("b", seen(160, 90));
    vi.advanceTimersByTime(APPEARED_MS);
    expect(tracks()).toEqual([["a 320", "b 160"]]);
    view.report("b", null);
    vi.advanceTimersByTime(APPEARED_MS);
    expect(tracks().at(-1)).toEqual(["a 320"]);
  });

  it("tells a size that is being dragged a few times a second, the last one too", () => {
    const { view, tracks } = stage();
    view.report("a", seen(320, 180));
    vi.advanceTimersByTime(APPEARED_MS);
    for (let width = 321; width <= 420; width += 1) {
      view.report("a", seen(width, 180));
      vi.advanceTimersByTime(10);
    }
    vi.advanceTimersByTime(RESIZED_MS);
    expect(tracks().length).toBeLessThanOrEqual(1 + 1_000 / RESIZED_MS + 1);
    expect(tracks().at(-1)).toEqual(["a 420"]);
  });

  it("says nothing of an empty screen that was never filled, and nothing twice", () => {
    const { view, tracks } = stage();
    view.look();
    view.report("a", seen(0, 0));
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(tracks()).toEqual([]);
    view.report("a", seen(320, 180));
    view.report("a", seen(320, 180));
    vi.advanceTimersByTime(HIDDEN_MS);
    view.look();
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(tracks()).toEqual([["a 320"]]);
  });

  it("takes leave of the pictures when the page stays hidden, not for a glance elsewhere", () => {
    const { view, page, tracks } = stage();
    view.report("a", seen(320, 180));
    vi.advanceTimersByTime(APPEARED_MS);
    page.hidden = true;
    view.look();
    vi.advanceTimersByTime(HIDDEN_MS / 2);
    page.hidden = false;
    view.look();
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(tracks()).toEqual([["a 320"]]);
    page.hidden = true;
    view.look();
    vi.advanceTimersByTime(HIDDEN_MS);
    expect(tracks().at(-1)).toEqual([]);
    page.hidden = false;
    view.look();
    vi.advanceTimersByTime(APPEARED_MS);
    expect(tracks().at(-1)).toEqual(["a 320"]);
  });

  it("tells again what a server that starts anew must know, and what could not be sent", () => {
    const { view, line, tracks } = stage();
    line.open = false;
    view.report("a", seen(320, 180));
    vi.advanceTimersByTime(APPEARED_MS);
    expect(tracks()).toEqual([]);
    line.open = true;
    view.forget();
    vi.advanceTimersByTime(APPEARED_MS);
    view.forget();
    vi.advanceTimersByTime(APPEARED_MS);
    expect(tracks()).toEqual([["a 320"], ["a 320"]]);
  });
});
