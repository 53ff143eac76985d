// How media connections are made: straight where that was seen to work, else with the relays of the server as well.
import type { IceServer } from "../protocol/generated/protocol";
import type { Way } from "./way";

/** What the last check of this page found; null before the first. */
let found: Way | null = null;

/** That check found that nothing passes. */
let nothing = false;

/** The lobby's check got through by that way; null: it did not, because nothing passes (`blocked`) or for another reason. */
export function remember(way: Way | null, blocked = false): void {
  found = way;
  nothing = blocked;
}

/** Whether the last check of this page found that no media passes at all. */
export const nothingPasses = () => nothing;

/**
 * A relay costs the server a connection for each of the page's, so that they are only asked for by those who may need
 * them: who came without a check, whose check needed one, or whose connection broke.
 */
export class Ways {
  #servers: IceServer[] = [];
  #straight = found === "udp" || found === "tcp";

  /** The relays of this stay. */
  learn(servers: IceServer[]): void {
    this.#servers = servers;
  }

  connect(): RTCPeerConnection {
    return new RTCPeerConnection({
      bundlePolicy: "max-bundle",
      iceServers: this.#straight ? [] : this.#servers,
    });
  }

  /** That connection is about to look for a path again: from now on with the relays. */
  widen(connection: RTCPeerConnection): void {
    this.#straight = false;
    try {
      connection.setConfiguration({ ...connection.getConfiguration(), iceServers: this.#servers });
    } catch {
      // A browser that cannot change its mind looks for the ways it knew.
    }
  }
}
