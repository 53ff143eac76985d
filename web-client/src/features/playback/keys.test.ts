import { describe, expect, it } from "vitest";
import type { Chapter } from "./chapters";
import fr from "./fr.json";
import { type Act, actOf, CATALOGUE, type Place } from "./keys";

const chapters: Chapter[] = [0, 60_000, 120_000].map((playMs) => ({ playMs, kind: "screen", name: "" }));
const press = (
  key: string,
  place: Place,
  more: { shiftKey?: boolean; ctrlKey?: boolean; at?: number } = {},
): Act | undefined =>
  actOf(
    { key, shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, ...more },
    place,
    more.at ?? 70_000,
    200_000,
    chapters,
  );

describe("the keys of the player", () => {
  it("play, pause and skip, also when nothing is selected", () => {
    for (const place of ["page", "player", "slider"] as const) {
      expect(press(" ", place)).toEqual({ act: "toggle" });
      expect(press("ArrowRight", place)).toEqual({ act: "skip", ms: 5000 });
      expect(press("ArrowLeft", place, { shiftKey: true })).toEqual({ act: "skip", ms: -30_000 });
    }
  });

  it("leave a button its space bar and the page its scrolling", () => {
    expect(press(" ", "button")).toBeUndefined();
    for (const key of ["ArrowUp", "ArrowDown", "PageUp", "PageDown", "Home", "End"]) {
      expect(press(key, "page")).toBeUndefined();
      expect(press(key, "player")).toBeDefined();
    }
  });

  it("do nothing elsewhere, nor with a modifier of the browser", () => {
    expect(press(" ", "elsewhere")).toBeUndefined();
    expect(press("ArrowLeft", "player", { ctrlKey: true })).toBeUndefined();
  });

  it("go from chapter to chapter", () => {
    expect(press("PageDown", "player")).toEqual({ act: "seek", ms: 120_000 });
    expect(press("PageDown", "player", { at: 130_000 })).toEqual({ act: "seek", ms: 200_000 });
    expect(press("PageUp", "player")).toEqual({ act: "seek", ms: 60_000 });
    expect(press("PageUp", "player", { at: 61_000 })).toEqual({ act: "seek", ms: 0 });
    expect(press("PageUp", "player", { at: 0 })).toEqual({ act: "seek", ms: 0 });
  });

  it("use no letter", () => {
    for (const key of "abcdefghijklmnopqrstuvwxyz0123456789?") expect(press(key, "player")).toBeUndefined();
  });

  it("are all in the help", () => {
    for (const { keys, act } of CATALOGUE) {
      expect(fr.keys[keys]).toBeTruthy();
      expect(fr.keys[act]).toBeTruthy();
    }
  });
});
