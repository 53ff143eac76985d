import { expect, test } from "vitest";
import { SILENT_MS, Silence } from "./silence";

/** When a silence is noticed, looking every half second; `arrivals` tells how much has come by then. */
function noticed(arrivals: (now: number) => number, looks: number[]): number | null {
  const silence = new Silence();
  return looks.find((now) => silence.look(now, arrivals(now))) ?? null;
}
const every = (step: number, until: number) => Array.from({ length: until / step }, (_, n) => n * step);

test("a path on which something came all the time is silent after two seconds", () => {
  const at = noticed((now) => Math.min(now, 10_000), every(500, 20_000));
  expect(at).toBe(10_000 + SILENT_MS);
});

test("who only hears a ping now and then is not called silent between two", () => {
  expect(noticed((now) => Math.floor(now / 2_500), every(500, 60_000))).toBeNull();
});

test("a page that stood still draws no conclusion", () => {
  const looks = [...every(500, 10_000), ...every(500, 3_000).map((n) => n + 25_000)];
  expect(noticed((now) => Math.min(now, 9_500) + (now > 25_000 ? now : 0), looks)).toBeNull();
});

test("a connection that never carried anything is not silent", () => {
  expect(noticed(() => 0, every(500, 30_000))).toBeNull();
});
