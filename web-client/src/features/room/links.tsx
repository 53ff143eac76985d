import { Fragment, type ReactNode } from "react";

const LINK = /https?:\/\/[^\s<>"«»]+/g;
/** Signs that end a sentence rather than an address. */
const TRAILING = /[.,;:!?)\]}'’\u202f]+$/u;

export interface Piece {
  text: string;
  href: string | null;
}

/** `URL.canParse` is too young for school machines. */
function isAddress(text: string): boolean {
  try {
    return new URL(text).hostname !== "";
  } catch {
    return false;
  }
}

/** Splits a text into plain pieces and web addresses. */
export function pieces(text: string): Piece[] {
  const found: Piece[] = [];
  let from = 0;
  for (const match of text.matchAll(LINK)) {
    const href = match[0].replace(TRAILING, "");
    if (!isAddress(href)) continue;
    if (match.index > from) found.push({ text: text.slice(from, match.index), href: null });
    found.push({ text: href, href });
    from = match.index + href.length;
  }
  if (from < text.length) found.push({ text: text.slice(from), href: null });
  return found;
}

/** A message with its addresses made clickable; they open elsewhere and learn nothing of this page. */
export function linked(text: string): ReactNode {
  return pieces(text).map(({ text: words, href }, place) => {
    const key = `${place}-${words}`;
    return href ? (
      <a key={key} href={href} target="_blank" rel="noopener noreferrer nofollow">
        {words}
      </a>
    ) : (
      <Fragment key={key}>{words}</Fragment>
    );
  });
}
