import { readdirSync, readFileSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";

// That every used key exists, the compiler says (src/i18next.d.ts), and words.test.ts that both languages have it. Here:
// that every key is used, by its name or by a template that makes it.

const root = new URL("../src/", import.meta.url).pathname;

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

type Words = { [key: string]: string | Words };

function* keys(words: Words, prefix = ""): Generator<string> {
  for (const [key, value] of Object.entries(words)) {
    if (typeof value === "string") yield prefix + key;
    else yield* keys(value, `${prefix}${key}.`);
  }
}

const sources = [...files(root)].filter((path) => /\.tsx?$/.test(path) && !path.includes("/generated/"));
const texts = new Map(sources.map((path) => [path, readFileSync(path, "utf8")]));
const escaped = (text: string) => text.replace(/[.*+?^${}()|[\]\\]/g, "\\$&");

/** What a text names: whole keys, and patterns of the keys that its templates make. */
function named(text: string) {
  const whole = new Set(
    [...text.matchAll(/["'`]([\w:.-]+)["'`]/g)].map(([, key = ""]) => key.replace(/^\w+:/, "")),
  );
  const made = [...text.matchAll(/`([\w:-]+\.[\w.-]*\$\{[^`]*)`|`([\w:.-]*\$\{[^`]*\}\.[\w.-]+)`/g)].map(
    ([, a, b]) => {
      const parts = (a ?? b ?? "").replace(/^\w+:/, "").split(/\$\{[^}]*\}/);
      return new RegExp(`^${parts.map(escaped).join("[\\w-]+")}$`);
    },
  );
  return { whole, made };
}

describe("words that nobody says", () => {
  for (const path of [...files(root)].filter((name) => name.endsWith("/fr.json"))) {
    const name = path.slice(root.length);
    const namespace = dirname(path).split("/").pop() ?? "";
    const speaks = new RegExp(`ranslation(<|\\()(\\[[^\\]]*)?"${namespace}"|["'\`]${namespace}:`);
    const said = [...texts.values()].filter((text) => speaks.test(text)).map(named);

    it(`${name}: there are none`, () => {
      const unused = [...keys(JSON.parse(readFileSync(path, "utf8")) as Words)].filter((key) => {
        const bare = key.replace(/_(zero|one|many|other)$/, "");
        return !said.some(({ whole, made }) => whole.has(bare) || made.some((pattern) => pattern.test(bare)));
      });
      expect(unused).toEqual([]);
    });
  }
});
