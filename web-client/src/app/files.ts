// Files that are fetched for the browser's downloads, and those of them that let people wait.

import { createStore } from "zustand/vanilla";
import { download, type Received } from "../protocol/rest";

/** Whoever waits longer is told so, in milliseconds. */
const PATIENCE_MS = 2_000;

/** A file that lets people wait. */
export interface Slow {
  id: number;
  /** Milliseconds of `performance.now()`. */
  since: number;
  received: Received | null;
}

/** The files that let people wait at the moment, oldest first. */
export const slowFiles = createStore<{ files: Slow[] }>(() => ({ files: [] }));

let next = 1;

/** Fetches one file; its progress stands in `slowFiles` when it takes long. */
export async function fetchFile(path: string, ticket: string | null): Promise<void> {
  const own: Slow = { id: next++, since: performance.now(), received: null };
  const others = (files: Slow[]) => files.filter(({ id }) => id !== own.id);
  const show = () => slowFiles.setState(({ files }) => ({ files: [...others(files), { ...own }] }));
  let slow = false;
  const timer = setTimeout(() => {
    slow = true;
    show();
  }, PATIENCE_MS);
  try {
    await download(path, ticket, (received) => {
      own.received = received;
      if (slow) show();
    });
  } finally {
    clearTimeout(timer);
    slowFiles.setState(({ files }) => ({ files: others(files) }));
  }
}
