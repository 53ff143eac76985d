/**
 * The text of a list as it is kept on disk: UTF-8 when it is written in it, else CP1252, which spreadsheets in French
 * write by default. The server reads bytes likewise; here the list stays open to be mended before it is sent.
 */
export function textOf(bytes: ArrayBuffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("windows-1252").decode(bytes);
  }
}
