import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";

const css = readFileSync(new URL("../src/ui/tokens.css", import.meta.url), "utf8");

type Tokens = Map<string, string>;

/** Custom properties of the block that follows `selector`. */
function block(selector: string): Tokens {
  const from = css.indexOf(`${selector} {`);
  if (from < 0) throw new Error(`no ${selector}`);
  const body = css.slice(from, css.indexOf("\n  }", from));
  return new Map(
    [...body.matchAll(/(--[\w-]+):\s*([^;]+);/g)].map(([, name, value]) => [name ?? "", value ?? ""]),
  );
}

const light = block(":root");
const darkBySystem = block(":root:not([data-theme])");
const darkByChoice = block(':root[data-theme="dark"]');
const contrast = block(':root[data-theme="contrast"]');

const themes: Record<string, Tokens> = {
  light,
  dark: new Map([...light, ...darkByChoice]),
  contrast: new Map([...light, ...contrast]),
};

function luminance(colour: string): number {
  const channels = [1, 3, 5].map((at) => Number.parseInt(colour.slice(at, at + 2), 16) / 255);
  const [r = 0, g = 0, b = 0] = channels.map((c) =>
    c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4,
  );
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function ratio(one: string, other: string): number {
  const [low = 0, high = 0] = [luminance(one), luminance(other)].sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Text on a surface: 4.5. */
const TEXT: [string, string][] = [
  ...["--paper", "--surface", "--raised", "--sunken"].flatMap((surface): [string, string][] => [
    ["--text", surface],
    ["--text-2", surface],
    ["--brand-text", surface],
    ["--danger", surface],
    ["--ok", surface],
  ]),
  ["--on-brand", "--brand"],
  ["--on-brand", "--brand-hover"],
  ["--on-brand-soft", "--brand-soft"],
  ["--text", "--brand-soft"],
  ["--on-accent", "--accent"],
  ["--accent-text", "--accent-soft"],
  ["--accent-text", "--surface"],
  ["--text", "--accent-soft"],
  ["--text", "--ok-soft"],
  ["--ok", "--ok-soft"],
  ["--text", "--danger-soft"],
  ["--danger", "--danger-soft"],
  ["--on-danger", "--danger"],
  ["--on-danger", "--danger-hover"],
  ["--stage-text", "--stage"],
  ["--stage-text", "--stage-2"],
  ["--stage-text", "--stage-3"],
  ["--stage-text-2", "--stage"],
  ["--stage-text-2", "--stage-2"],
  ["--stage-danger-text", "--stage-danger-soft"],
];

/** Borders of controls, icons, focus: 3. */
const CONTROLS: [string, string][] = [
  ["--control-border", "--surface"],
  ["--control-border", "--paper"],
  ["--control-border", "--raised"],
  ["--focus", "--surface"],
  ["--focus", "--paper"],
  ["--stage-border", "--stage"],
  ["--stage-accent", "--stage"],
  ["--stage-focus", "--stage"],
  ["--stage-focus", "--stage-2"],
];

describe("tokens", () => {
  it("are the same dark by system and by choice", () => {
    expect([...darkBySystem]).toEqual([...darkByChoice]);
  });

  for (const [theme, tokens] of Object.entries(themes)) {
    const check = (pairs: [string, string][], least: number) => {
      for (const [front, back] of pairs) {
        const [a, b] = [tokens.get(front), tokens.get(back)];
        expect(a, front).toMatch(/^#[0-9a-f]{6}$/);
        expect(b, back).toMatch(/^#[0-9a-f]{6}$/);
        expect(ratio(a ?? "", b ?? ""), `${theme}: ${front} on ${back}`).toBeGreaterThanOrEqual(least);
      }
    };
    it(`${theme}: text reads on every surface`, () => check(TEXT, 4.5));
    it(`${theme}: controls are seen`, () => check(CONTROLS, 3));
    it(`${theme}: words on coloured buttons of the stage read`, () => {
      for (const back of ["--stage-on", "--stage-danger"]) {
        expect(ratio("#ffffff", tokens.get(back) ?? ""), back).toBeGreaterThanOrEqual(4.5);
      }
    });
  }
});
