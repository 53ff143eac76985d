import { setRegion } from "./announcer";

const polite = (element: HTMLElement | null) => setRegion("polite", element);
const assertive = (element: HTMLElement | null) => setRegion("assertive", element);

export function LiveRegions() {
  return (
    <>
      <div ref={polite} className="visually-hidden" aria-live="polite" data-testid="announcer" />
      <div ref={assertive} className="visually-hidden" aria-live="assertive" />
    </>
  );
}
