import { expect, test } from "vitest";
import { changed } from "./changed";

test("only what differs is sent, nothing typed over what somebody else changed", () => {
  const before = { title: "Calcul", distanceMin: 180, rule: { kind: "all" }, presenceMin: null };
  expect(changed(before, { ...before, rule: { kind: "all" } })).toEqual({});
  expect(
    changed<object>(before, { ...before, distanceMin: null, rule: { kind: "ratio", percent: 80 } }),
  ).toEqual({
    distanceMin: null,
    rule: { kind: "ratio", percent: 80 },
  });
});
