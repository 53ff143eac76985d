import { Room } from "../routes";

/** One address for the whole life of a séance: lobby, then room. */
export function SeancePage({ seance }: { seance: string }) {
  return <Room key={seance} />;
}
