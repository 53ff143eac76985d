// Timers of a hidden tab are slowed down to one a minute; those of a worker are not. Presence hangs on the heartbeat.
const TICK_MS = 5_000;

setInterval(() => postMessage(null), TICK_MS);
