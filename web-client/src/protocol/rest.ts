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

/** Answers of one's own origin with the ticket as bearer; a refusal becomes `Refused`, a dead network stays TypeError. */
export async function request(path: string, ticket: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  headers.set("Authorization", `Bearer ${ticket}`);
  const response = await fetch(path, { ...init, headers, cache: "no-store" });
  if (response.ok) return response;
  const body: unknown = await response.json().catch(() => null);
  if (isRefusal(body)) throw new Refused(body, response.status);
  throw new TypeError(`HTTP ${response.status}`);
}

export async function fetchJson<Answer>(path: string, ticket: string, init?: RequestInit): Promise<Answer> {
  return (await (await request(path, ticket, init)).json()) as Answer;
}

function isRefusal(body: unknown): body is Refusal {
  return typeof body === "object" && body !== null && "code" in body && typeof body.code === "string";
}
