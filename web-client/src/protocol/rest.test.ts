import { describe, expect, it } from "vitest";
import { fileName } from "./rest";

describe("the name of the downloaded file", () => {
  it.each([
    ['attachment; filename="presence_20261124.csv"', "presence_20261124.csv"],
    ["attachment; filename=presence.csv", "presence.csv"],
    ['attachment; filename="../../etc/passwd"', undefined],
    ["attachment", undefined],
    [null, undefined],
  ])("%s", (disposition, name) => expect(fileName(disposition)).toBe(name));
});
