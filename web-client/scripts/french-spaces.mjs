// Puts narrow no-break spaces where French typography wants them in every fr.json (before ? ! : ; » and after «).
import { readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const root = new URL("../src/", import.meta.url).pathname;

function* frenchFiles(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) yield* frenchFiles(path);
    else if (name === "fr.json") yield path;
  }
}

for (const path of frenchFiles(root)) {
  const before = readFileSync(path, "utf8");
  const spaced = (value) =>
    typeof value === "string"
      ? value.replace(/[ \u00a0]([?!:;»])/g, "\u202f$1").replace(/«[ \u00a0]/g, "«\u202f")
      : Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, spaced(inner)]));
  const after = `${JSON.stringify(spaced(JSON.parse(before)), null, 2)}\n`;
  if (after !== before) {
    writeFileSync(path, after);
    console.log(`corrected ${path.slice(root.length)}`);
  }
}
