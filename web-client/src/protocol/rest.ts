import type { Refusal } from "./generated/protocol";

/** The server answered, and said no. */
export class Refused extends Error {
  constructor(
    readonly refusal: Refusal,
    readonly status: number,
  ) {
    super(refusal.code);
    this.name = "Refused";
  }
}

/** What the server wants to see beside the cookie in every request that changes something. */
let csrf: string | null = null;
export const keepCsrf = (value: string | null) => {
  csrf = value;
};

/**
 * Answers of one's own origin, with the ticket as bearer or, without a ticket, as the person who is logged in. A
 * refusal becomes `Refused`, a dead network stays TypeError.
 */
export async function request(
  path: string,
  ticket: string | null,
  init: RequestInit = {},
): Promise<Response> {
  const headers = new Headers(init.headers);
  if (ticket) headers.set("Authorization", `Bearer ${ticket}`);
  else if (csrf && init.method && init.method !== "GET") headers.set("X-Preau-Csrf", csrf);
  const response = await fetch(path, { ...init, headers, cache: "no-store" });
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  if (isRefusal(body)) throw new Refused(body, response.status);
  const plain = PLAIN[response.status];
  if (plain) throw new Refused(plain, response.status);
  throw new TypeError(`HTTP ${response.status}`);
}

/** Answers that may come without a body that says why. */
const PLAIN: Record<number, Refusal> = {
  401: { code: "login_needed" },
  403: { code: "not_allowed" },
  404: { code: "unknown" },
  413: { code: "too_large" },
  429: { code: "too_fast" },
};

export async function fetchJson<Answer>(
  path: string,
  ticket: string | null,
  init?: RequestInit,
): Promise<Answer> {
  const response = await request(path, ticket, init);
  const text = await response.text();
  return (text === "" ? null : JSON.parse(text)) as Answer;
}

export type Method = "GET" | "POST" | "PATCH" | "PUT" | "DELETE";

/** One act: `body` goes as JSON; text, forms and files as they are. */
export function send<Answer = unknown>(
  method: Method,
  path: string,
  body?: unknown,
  ticket: string | null = null,
): Promise<Answer> {
  if (body === undefined) return fetchJson<Answer>(path, ticket, { method });
  if (body instanceof FormData) return fetchJson<Answer>(path, ticket, { method, body });
  if (body instanceof Blob)
    return fetchJson<Answer>(path, ticket, { method, body, headers: { "Content-Type": body.type } });
  if (typeof body === "string")
    return fetchJson<Answer>(path, ticket, {
      method,
      body,
      headers: { "Content-Type": "text/plain; charset=utf-8" },
    });
  return fetchJson<Answer>(path, ticket, {
    method,
    body: JSON.stringify(body),
    headers: { "Content-Type": "application/json" },
  });
}

/** How much of a file has come, in bytes. */
export interface Received {
  bytes: number;
  of: number;
}

/**
 * Fetches a file and hands it to the browser's downloads, under the name the server gives it. Where the server says how
 * long it is, `progress` hears how much has come.
 */
export async function download(
  path: string,
  ticket: string | null,
  progress: (received: Received) => void = () => {},
): Promise<void> {
  const response = await request(path, ticket);
  const name = fileName(response.headers.get("Content-Disposition")) ?? path.replace(/.*\/|\?.*/g, "");
  const address = URL.createObjectURL(await blobOf(response, progress));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  document.body.append(link);
  link.click();
  link.remove();
  // Later: some browsers start reading after the click has returned.
  setTimeout(() => URL.revokeObjectURL(address), 60_000);
}

async function blobOf(response: Response, progress: (received: Received) => void): Promise<Blob> {
  const of = Number(response.headers.get("Content-Length") ?? 0);
  const reader = response.body?.getReader();
  // Bytes that were packed for the way are not those that are counted here.
  if (!reader || of === 0 || response.headers.has("Content-Encoding")) {
    reader?.releaseLock();
    return response.blob();
  }
  const parts: Uint8Array<ArrayBuffer>[] = [];
  let bytes = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    parts.push(value);
    bytes += value.length;
    progress({ bytes, of });
  }
  return new Blob(parts, { type: response.headers.get("Content-Type") ?? "" });
}

/** `attachment; filename="presence_20261124.csv"`: the server names it in ASCII. */
export function fileName(disposition: string | null): string | undefined {
  return disposition?.match(/filename="?(\w[\w.-]*)"?(?:;|$)/)?.[1];
}

function isRefusal(body: unknown): body is Refusal {
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string";
}
