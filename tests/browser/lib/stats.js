// What a browser itself says of its media connections.

/** From now on the pages of this context of Chromium, or this page of Firefox, can be asked about their connections. */
export function rememberConnections(target) {
  const remember = () => {
    window.preauConnections = [];
    window.RTCPeerConnection = class extends RTCPeerConnection {
      constructor(...words) {
        super(...words);
        window.preauConnections.push(this);
      }
    };
  };
  return target.addInitScript ? target.addInitScript(remember) : target.evaluateOnNewDocument(remember);
}

/** Every entry of every living connection. */
export function stats(page) {
  return page.evaluate(async () => {
    const found = [];
    for (const connection of window.preauConnections) {
      if (connection.connectionState !== 'connected') continue;
      for (const entry of (await connection.getStats()).values()) found.push(entry);
    }
    return found;
  });
}

/** The local candidates in use, one a connection. */
export async function localCandidates(page) {
  const entries = await stats(page);
  const pairs = entries.flatMap(({ type, selectedCandidatePairId }) =>
    type === 'transport' && selectedCandidatePairId ? [selectedCandidatePairId] : [],
  );
  const locals = pairs.map((pair) => entries.find(({ id }) => id === pair)?.localCandidateId);
  return locals.map((local) => entries.find(({ id }) => id === local));
}

/** That of the first connection. */
export async function localCandidate(page) {
  return (await localCandidates(page))[0];
}

/** What was received of sound so far: samples, those that the browser had to invent, packets, and those lost. */
export async function heard(page) {
  const sounds = (await stats(page)).filter(({ type, kind }) => type === 'inbound-rtp' && kind === 'audio');
  const sum = (of) => sounds.reduce((total, entry) => total + (of(entry) ?? 0), 0);
  return {
    samples: sum((entry) => entry.totalSamplesReceived),
    invented: sum((entry) => entry.concealedSamples - entry.silentConcealedSamples),
    packets: sum((entry) => entry.packetsReceived),
    lost: sum((entry) => entry.packetsLost),
  };
}
