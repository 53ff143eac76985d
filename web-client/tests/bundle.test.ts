import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const src = new URL("../src/", import.meta.url).pathname;
const dist = new URL("../dist/", import.meta.url).pathname;

function* files(folder: string): Generator<string> {
  for (const entry of readdirSync(folder)) {
    const path = join(folder, entry);
    if (statSync(path).isDirectory()) yield* files(path);
    else yield path;
  }
}

const sources = [...files(src)].filter((path) => /\.(tsx?|css|json)$/.test(path));

describe("what the page is made of", () => {
  it("has no State design system, logo or font (their licence forbids it here)", () => {
    const built = existsSync(dist) ? [...files(dist)].filter((path) => /\.(js|css|html)$/.test(path)) : [];
    for (const path of [...sources, ...built]) {
      expect(readFileSync(path, "utf8"), path).not.toMatch(/Marianne|@gouvfr|@codegouvfr/);
    }
  });

  it("names no other origin", () => {
    const own = sources.filter((path) => /\.(tsx?|css)$/.test(path) && !/\.test\.|\/generated\//.test(path));
    for (const path of own) {
      expect(readFileSync(path, "utf8").match(/https?:\/\/[a-z][\w.-]+\.[a-z]{2,}/g) ?? [], path).toEqual([]);
    }
  });

  it("keeps features apart: they share ui, store, protocol, rtc and app, never each other", () => {
    for (const path of sources.filter(
      (one) => one.startsWith(join(src, "features")) && /\.tsx?$/.test(one),
    )) {
      const own = path.slice(join(src, "features/").length).split("/")[0];
      for (const [, feature] of readFileSync(path, "utf8").matchAll(/from "(?:\.\.\/)+features\/(\w+)/g)) {
        expect(feature, path).toBe(own);
      }
      for (const [, feature] of readFileSync(path, "utf8").matchAll(/from "\.\.\/(\w+)\//g)) {
        expect(feature, `${path} imports another feature`).toBe(undefined);
      }
    }
  });

  it("keeps the stores and the media code free of React", () => {
    for (const path of sources.filter((one) => /\/(store|rtc|protocol)\//.test(one) && /\.tsx?$/.test(one))) {
      expect(readFileSync(path, "utf8"), path).not.toMatch(/from "react/);
    }
  });

  it("has no inline script or style in the page", () => {
    const html = readFileSync(new URL("../index.html", import.meta.url), "utf8");
    expect(html).not.toMatch(/<script(?![^>]*\bsrc=)/);
    expect(html).not.toMatch(/<style|\sstyle=|\son\w+=/);
  });
});
