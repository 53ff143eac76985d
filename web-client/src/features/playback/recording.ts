/** Opens a recording on the server: permission, manifest, event log. */
import { request } from "../../protocol/rest";
import { type Manifest, readManifest } from "./manifest";
import { type LogLine, readLog } from "./story";

/** How many event files are asked for at once. */
const AT_ONCE = 4;

const folder = (recording: string) => `/api/replay/${encodeURIComponent(recording)}`;

/** The address of a file of the recording; the cookie given by `allow` opens it. */
export function fileAddress(recording: string, file: string): string {
  return `${folder(recording)}/${file}`;
}

/** Trades the ticket for a cookie limited to this recording: media elements cannot send a header. */
export async function allow(recording: string, ticket: string): Promise<void> {
  await request(`${folder(recording)}/open`, ticket, { method: "POST" });
}

export async function fetchManifest(
  recording: string,
  ticket: string,
  signal: AbortSignal,
): Promise<Manifest> {
  const response = await request(fileAddress(recording, "manifest.json"), ticket, { signal });
  return readManifest(await response.json());
}

/** The whole event log, told file by file in order, so that the replay can start on the first. */
export async function fetchLog(
  manifest: Manifest,
  ticket: string,
  signal: AbortSignal,
  tell: (lines: readonly LogLine[]) => void,
): Promise<void> {
  const lines: LogLine[] = [];
  for (let index = 0; index < manifest.eventFiles.length; index += AT_ONCE) {
    const files = manifest.eventFiles.slice(index, index + AT_ONCE);
    const texts = await Promise.all(
      files.map(async ({ file }) => {
        const response = await request(fileAddress(manifest.recording, file), ticket, { signal });
        return response.text();
      }),
    );
    lines.push(...texts.flatMap(readLog));
    tell(lines);
  }
}
