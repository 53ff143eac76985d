import styles from "./avatar.module.css";

/** First letters of the first and last words of a name. */
export function initials(name: string): string {
  const words = name.split(/[\s\-’']+/).filter((word) => /\p{L}/u.test(word));
  const first = words[0] ?? "";
  const last = words.length > 1 ? (words[words.length - 1] ?? "") : "";
  const letter = (word: string) => [...word].find((sign) => /\p{L}/u.test(sign)) ?? "";
  return (letter(first) + letter(last)).toLocaleUpperCase("fr") || "?";
}

/** One of eight quiet hues, always the same for the same name. */
function hue(name: string): number {
  let sum = 0;
  for (const sign of name) sum = (sum * 31 + (sign.codePointAt(0) ?? 0)) >>> 0;
  return sum % 8;
}

/** A person without picture. Decorative: the name is always written beside it. */
export function Avatar({ name, size = "normal" }: { name: string; size?: "small" | "normal" | "fluid" }) {
  return (
    <span className={`${styles.avatar} ${styles[size]}`} data-hue={hue(name)} aria-hidden="true">
      {initials(name)}
    </span>
  );
}
