import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import type { Way } from "./way";
import { remember, Ways } from "./ways";

const relay = { urls: ["turns:classe.example.fr:443?transport=tcp"], username: "u", credential: "c" };

/** The browser's connection, as far as its configuration goes. */
class Connection {
  constructor(private configuration: RTCConfiguration) {}
  getConfiguration = () => this.configuration;
  setConfiguration = (configuration: RTCConfiguration) => {
    this.configuration = configuration;
  };
}

function ways(found: Way | null) {
  remember(found);
  const ways = new Ways();
  ways.learn([relay]);
  return ways;
}
const relays = (connection: RTCPeerConnection) => connection.getConfiguration().iceServers?.length;

describe("relays", () => {
  beforeEach(() => void vi.stubGlobal("RTCPeerConnection", Connection));
  afterEach(() => void vi.unstubAllGlobals());

  it("are left alone by those whose check went straight through", () => {
    for (const way of ["udp", "tcp"] as const) expect(relays(ways(way).connect())).toBe(0);
  });

  it("are there for those whose check needed one, failed or was not made", () => {
    expect(relays(ways("relay").connect())).toBe(1);
    expect(relays(ways(null).connect())).toBe(1);
  });

  it("come in when the straight way breaks, for every connection from then on", () => {
    const some = ways("udp");
    const connection = some.connect();
    some.widen(connection);
    expect(connection.getConfiguration()).toEqual({ bundlePolicy: "max-bundle", iceServers: [relay] });
    expect(relays(some.connect())).toBe(1);
  });
});
