// Weighs the built page against budget.json; fails with the names of what grew.
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const limits = JSON.parse(readFileSync(new URL("../budget.json", import.meta.url), "utf8"));
const manifest = JSON.parse(readFileSync(join(dist, ".vite/manifest.json"), "utf8"));

const weigh = (file) => gzipSync(readFileSync(join(dist, file)), { level: 9 }).length / 1024;

/** Files of a chunk and of what it imports statically. */
function filesOf(key, seen = new Set(), files = new Set()) {
  if (seen.has(key)) return files;
  seen.add(key);
  const chunk = manifest[key];
  files.add(chunk.file);
  for (const css of chunk.css ?? []) files.add(css);
  for (const imported of chunk.imports ?? []) filesOf(imported, seen, files);
  return files;
}

const total = (files) => [...files].reduce((sum, file) => sum + weigh(file), 0);
const failures = [];
const entry = Object.keys(manifest).find((key) => manifest[key].isEntry);
const initialFiles = filesOf(entry);
const initial = total(initialFiles);
console.log(`initial (lobby): ${initial.toFixed(1)} KiB gzip of ${limits.initialGzipKiB}`);
if (initial > limits.initialGzipKiB) failures.push("the lobby is too heavy");

for (const [key, chunk] of Object.entries(manifest)) {
  if (!chunk.isDynamicEntry) continue;
  const own = new Set([...filesOf(key)].filter((file) => !initialFiles.has(file)));
  const weight = total(own);
  console.log(`${key}: +${weight.toFixed(1)} KiB gzip of ${limits.lazyGzipKiB}`);
  if (weight > limits.lazyGzipKiB) failures.push(`${key} is too heavy`);
}

const sizeOf = (path) =>
  statSync(path).isDirectory()
    ? readdirSync(path).reduce((sum, name) => sum + sizeOf(join(path, name)), 0)
    : statSync(path).size;
const whole = sizeOf(dist) / 1024 / 1024;
console.log(`whole dist: ${whole.toFixed(2)} MiB of ${limits.distMiB}`);
if (whole > limits.distMiB) failures.push("the whole page is too heavy");

if (failures.length > 0) {
  console.error(failures.join("\n"));
  process.exit(1);
}
