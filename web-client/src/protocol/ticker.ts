/** Calls `act` about every five seconds, also in a hidden tab. Returns what stops it. */
export function tick(act: () => void): () => void {
  try {
    const worker = new Worker(new URL("./heartbeat.worker.ts", import.meta.url), { type: "module" });
    worker.onmessage = act;
    return () => worker.terminate();
  } catch {
    const id = setInterval(act, 5_000);
    return () => clearInterval(id);
  }
}
