// Which way media takes through the network, and what would have to be opened for the best one.

/** Straight by UDP; by the TCP of the media port; through the relay on the port of the page. */
export type Way = "udp" | "tcp" | "relay";

export interface Path {
  way: Way;
  roundTripMs: number | null;
}

/** What `getStats` says of candidates and pairs, as far as browsers agree. */
interface Entry {
  id: string;
  type: string;
  selectedCandidatePairId?: string;
  localCandidateId?: string;
  state?: string;
  nominated?: boolean;
  /** Firefox. */
  selected?: boolean;
  currentRoundTripTime?: number;
  candidateType?: string;
  protocol?: string;
  bytesReceived?: number;
  responsesReceived?: number;
}

/** The pair of candidates in use. */
function pairOf(entries: Entry[]): Entry | undefined {
  const transport = entries.find((entry) => entry.type === "transport" && entry.selectedCandidatePairId);
  const pairs = entries.filter((entry) => entry.type === "candidate-pair");
  return (
    pairs.find(({ id }) => id === transport?.selectedCandidatePairId) ??
    pairs.find(({ selected }) => selected) ??
    pairs.find(({ nominated, state }) => nominated && state === "succeeded")
  );
}

/** The path in use; null before there is one. */
export function pathOf(stats: Iterable<unknown>): Path | null {
  const entries = [...stats] as Entry[];
  const pair = pairOf(entries);
  const local = entries.find(({ id }) => id === pair?.localCandidateId);
  if (!pair || !local) return null;
  const seconds = pair.currentRoundTripTime;
  return {
    way: local.candidateType === "relay" ? "relay" : local.protocol === "tcp" ? "tcp" : "udp",
    roundTripMs: seconds === undefined ? null : Math.round(seconds * 1000),
  };
}

/** What arrived by a path. */
export interface Arrival {
  path: string;
  /** Grows with whatever comes. */
  count: number;
}

/** By the path in use; null where there is none, or the browser does not tell. */
export function arrivedOf(stats: Iterable<unknown>): Arrival | null {
  const pair = pairOf([...stats] as Entry[]);
  const { id, bytesReceived, responsesReceived } = pair ?? {};
  if (id === undefined || (bytesReceived === undefined && responsesReceived === undefined)) return null;
  return { path: id, count: (bytesReceived ?? 0) + (responsesReceived ?? 0) };
}

async function entriesOf(connection: RTCPeerConnection): Promise<unknown[]> {
  const entries: unknown[] = [];
  (await connection.getStats()).forEach((entry) => {
    entries.push(entry);
  });
  return entries;
}

/** The path of a connection; null as long as there is none. */
export async function pathThrough(connection: RTCPeerConnection): Promise<Path | null> {
  return pathOf(await entriesOf(connection));
}

/** As in `arrivedOf`. */
export async function arrivedThrough(connection: RTCPeerConnection): Promise<Arrival | null> {
  return arrivedOf(await entriesOf(connection));
}

export interface Opening {
  address: string;
  port: number;
}

/** Where the server takes media by UDP: what an IT department would have to let out. */
export function openingsOf(sdp: string): Opening[] {
  const found = sdp.matchAll(/^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host/gim);
  const openings = [...found].map(([, address, port]) => ({ address: address ?? "", port: Number(port) }));
  return openings.filter(
    (one, place) =>
      openings.findIndex(({ address, port }) => address === one.address && port === one.port) === place,
  );
}
