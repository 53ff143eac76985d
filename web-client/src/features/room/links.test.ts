import { expect, it } from "vitest";
import { pieces } from "./links";

it("finds addresses and leaves the end of the sentence out", () => {
  expect(pieces("Voir https://exemple.fr/a?b=1, puis (http://ecole.fr/x).")).toEqual([
    { text: "Voir ", href: null },
    { text: "https://exemple.fr/a?b=1", href: "https://exemple.fr/a?b=1" },
    { text: ", puis (", href: null },
    { text: "http://ecole.fr/x", href: "http://ecole.fr/x" },
    { text: ").", href: null },
  ]);
});

it("takes nothing else for an address", () => {
  expect(pieces("javascript:alert(1) data:text/html,x http://")).toEqual([
    { text: "javascript:alert(1) data:text/html,x http://", href: null },
  ]);
});
