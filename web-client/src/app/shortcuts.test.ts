import { describe, expect, it } from "vitest";
import en from "../features/room/en.json";
import fr from "../features/room/fr.json";
import { isLetter, pressed, SHORTCUTS } from "./shortcuts";

const event = (
  key: string,
  modifiers: Partial<Record<"ctrlKey" | "metaKey" | "altKey" | "shiftKey", boolean>> = {},
) => ({
  key,
  ctrlKey: false,
  metaKey: false,
  altKey: false,
  shiftKey: false,
  ...modifiers,
});

describe("shortcuts", () => {
  it("use every combination once", () => {
    const all = SHORTCUTS.flatMap(({ keys }) => keys);
    expect(new Set(all).size).toBe(all.length);
  });

  it("are all named in both languages", () => {
    const named = SHORTCUTS.map(({ id }) => id).sort();
    expect(Object.keys(fr.shortcut).sort()).toEqual(named);
    expect(Object.keys(en.shortcut).sort()).toEqual(named);
  });

  it("give the acts of a class a second way, since browsers keep some for themselves", () => {
    for (const id of ["microphone", "camera", "hand", "chat", "people"] as const) {
      const keys = SHORTCUTS.find((shortcut) => shortcut.id === id)?.keys ?? [];
      expect(keys.length, id).toBeGreaterThanOrEqual(2);
      expect(
        keys.some((one) => !isLetter(one)),
        id,
      ).toBe(true);
    }
  });

  it("tell Ctrl, Shift and the key alone apart", () => {
    expect(pressed(event("d", { ctrlKey: true }), "Control+D")).toBe(true);
    expect(pressed(event("d", { metaKey: true }), "Control+D")).toBe(true);
    expect(pressed(event("D", { ctrlKey: true, shiftKey: true }), "Control+D")).toBe(false);
    expect(pressed(event("d"), "Control+D")).toBe(false);
    expect(pressed(event("M", { shiftKey: true, ctrlKey: true }), "Control+Shift+M")).toBe(true);
    expect(pressed(event("m"), "M")).toBe(true);
    expect(pressed(event("m", { ctrlKey: true }), "M")).toBe(false);
    expect(pressed(event("m", { altKey: true }), "M")).toBe(false);
    expect(pressed(event("F2"), "F2")).toBe(true);
    expect(pressed(event("?", { shiftKey: true }), "?")).toBe(true);
  });
});
