import { describe, expect, it } from "vitest";
import { arrivedOf, openingsOf, pathOf } from "./way";

const udp = { id: "L1", type: "local-candidate", candidateType: "host", protocol: "udp" };
const tcp = { id: "L2", type: "local-candidate", candidateType: "prflx", protocol: "tcp" };
// A relay reached by TLS relays datagrams: its candidate says "udp".
const relay = {
  id: "L3",
  type: "local-candidate",
  candidateType: "relay",
  protocol: "udp",
  relayProtocol: "tls",
};
const pair = (id: string, localCandidateId: string, changes = {}) => ({
  id,
  type: "candidate-pair",
  localCandidateId,
  state: "succeeded",
  nominated: true,
  currentRoundTripTime: 0.0426,
  ...changes,
});

describe("the way of media", () => {
  it("is that of the pair which the transport selected (Chromium)", () => {
    const transport = { id: "T", type: "transport", selectedCandidatePairId: "P2" };
    expect(pathOf([udp, tcp, pair("P1", "L1"), pair("P2", "L2"), transport])).toEqual({
      way: "tcp",
      roundTripMs: 43,
    });
  });

  it("is that of the selected pair (Firefox)", () => {
    const stats = [udp, relay, pair("P1", "L1", { selected: false }), pair("P3", "L3", { selected: true })];
    expect(pathOf(stats)?.way).toBe("relay");
  });

  it("is that of a nominated pair otherwise, and unknown before there is one", () => {
    expect(pathOf([udp, pair("P1", "L1", { currentRoundTripTime: undefined })])).toEqual({
      way: "udp",
      roundTripMs: null,
    });
    expect(pathOf([udp, pair("P1", "L1", { state: "in-progress", nominated: false })])).toBeNull();
    expect(pathOf([])).toBeNull();
  });
});

describe("what arrives", () => {
  it("grows with media and with answers to pings, whichever the browser counts", () => {
    expect(arrivedOf([udp, pair("P1", "L1", { bytesReceived: 1_000, responsesReceived: 3 })])).toEqual({
      path: "P1",
      count: 1_003,
    });
    expect(arrivedOf([udp, pair("P1", "L1", { bytesReceived: 1_000 })])?.count).toBe(1_000);
    expect(arrivedOf([udp, pair("P1", "L1")])).toBeNull();
    expect(arrivedOf([])).toBeNull();
  });
});

describe("what an IT department is asked to open", () => {
  it("is each address and port where the server takes UDP", () => {
    const sdp = [
      "a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
      "a=candidate:2 1 UDP 2130706175 2001:db8::1 3478 typ host",
      "a=candidate:3 1 tcp 1671430143 192.0.2.1 3478 typ host tcptype passive",
      "a=candidate:1 1 udp 2130706431 192.0.2.1 3478 typ host",
    ].join("\r\n");
    expect(openingsOf(sdp)).toEqual([
      { address: "192.0.2.1", port: 3478 },
      { address: "2001:db8::1", port: 3478 },
    ]);
    expect(openingsOf("v=0\r\n")).toEqual([]);
  });
});
