import { useMe } from "./asking";
import { WhoIAm } from "./OfficePage";

/** Who is logged in, in the header of pages that links open too. */
export function Myself() {
  const me = useMe();
  return me.data ? <WhoIAm me={me.data} /> : null;
}
