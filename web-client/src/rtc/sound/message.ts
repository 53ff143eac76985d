// Sound in binary messages of the WebSocket: see "Sound in binary messages" in PROTOCOL.md.

const VERSION = 1;

export interface HeardMessage {
  stream: number;
  /** RTP timestamp, 48 kHz, 32 bits. */
  timestamp: number;
  packet: Uint8Array;
}

/** What the server sends; null when it is nothing this page understands. */
export function readHeard(message: ArrayBuffer): HeardMessage | null {
  const view = new DataView(message);
  if (view.byteLength < 10 || view.getUint8(0) !== VERSION) return null;
  return { stream: view.getUint32(1), timestamp: view.getUint32(5), packet: new Uint8Array(message, 9) };
}

/** What the page sends. */
export function writeSpoken(timestamp: number, packet: Uint8Array): Uint8Array<ArrayBuffer> {
  const message = new Uint8Array(5 + packet.byteLength);
  const view = new DataView(message.buffer);
  view.setUint8(0, VERSION);
  view.setUint32(1, timestamp >>> 0);
  message.set(packet, 5);
  return message;
}
