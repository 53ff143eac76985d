// Two live regions for the whole page (one polite, one that interrupts) and at most one message a second, so that a
// busy room does not drown the person who listens to it.

type Politeness = "polite" | "assertive";

const PACE_MS = 1_000;
const regions = new Map<Politeness, HTMLElement>();
const waiting: { text: string; politeness: Politeness }[] = [];
let busy = false;

/** Called by the component that draws the regions. */
export function setRegion(politeness: Politeness, element: HTMLElement | null): void {
  if (element) regions.set(politeness, element);
  else regions.delete(politeness);
}

/** Says something to screen readers. Interruptions go first; a backlog of polite messages is shortened. */
export function announce(text: string, politeness: Politeness = "polite"): void {
  if (politeness === "assertive") waiting.unshift({ text, politeness });
  else waiting.push({ text, politeness });
  if (waiting.length > 4) waiting.splice(1, waiting.length - 4);
  if (!busy) speakNext();
}

function speakNext(): void {
  const message = waiting.shift();
  busy = message !== undefined;
  if (!message) return;
  const region = regions.get(message.politeness);
  if (region) {
    // The same words twice in a row are only read again if the text changes in between.
    region.textContent = "";
    requestAnimationFrame(() => {
      region.textContent = message.text;
    });
  }
  setTimeout(speakNext, PACE_MS);
}
