import { expect, test } from "vitest";
import { textOf } from "./encoding";

const LIST = "lea.garcon@ex.fr;GARÇON;Léa;stagiaire";

test("a list is read in the encoding in which it was kept", () => {
  const cp1252 = Uint8Array.from(LIST, (character) => character.charCodeAt(0));
  expect(textOf(cp1252.buffer)).toBe(LIST);
  expect(textOf(new TextEncoder().encode(`\ufeff${LIST}`).buffer)).toBe(LIST);
});
