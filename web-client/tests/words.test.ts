import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const root = new URL("../src/", import.meta.url).pathname;

function* named(folder: string, name: string): Generator<string> {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* named(path, name);
    else if (entry === name) yield path;
  }
}

type Words = { [key: string]: string | Words };

function flat(words: Words, prefix = ""): Map<string, string> {
  const found = new Map<string, string>();
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "string") found.set(prefix + key, value);
    else for (const [inner, text] of flat(value, `${prefix}${key}.`)) found.set(inner, text);
  }
  return found;
}

const read = (path: string) => flat(JSON.parse(readFileSync(path, "utf8")) as Words);
const features = [...named(root, "fr.json")];
const slots = (text: string) =>
  [...text.matchAll(/\{\{(\w+)(?:, \w+)?\}\}|<(\w+)>/g)].map(([slot]) => slot).sort();

describe("words", () => {
  it("are found for every feature", () => {
    expect(features.length).toBeGreaterThanOrEqual(5);
  });

  for (const path of features) {
    const name = path.slice(root.length);
    const fr = read(path);
    const en = read(path.replace("fr.json", "en.json"));

    it(`${name}: the same keys and values in both languages`, () => {
      expect([...en.keys()].sort()).toEqual([...fr.keys()].sort());
      for (const [key, text] of fr) expect(slots(en.get(key) ?? ""), key).toEqual(slots(text));
    });

    it(`${name}: no empty words`, () => {
      for (const [key, text] of [...fr, ...en]) expect(text.trim(), key).not.toBe("");
    });

    it(`${name}: French typography`, () => {
      for (const [key, text] of fr) {
        const plain = text.replace(/\{\{.*?\}\}/g, "x").replace(/https?:\S+/g, "");
        expect(plain, `${key}: narrow no-break space before ? ! : ; »`).not.toMatch(/[ \u00a0][?!:;»]/);
        expect(plain, `${key}: something before ? ! ;`).not.toMatch(/[\p{L}\p{N})][?!;]/u);
        expect(plain, `${key}: narrow no-break space after «`).not.toMatch(/«(?!\u202f)/);
        expect(plain, `${key}: curly apostrophe`).not.toMatch(/\p{L}'\p{L}/u);
        expect(plain, `${key}: one sign for three dots`).not.toContain("...");
      }
    });
  }
});
