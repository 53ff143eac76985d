/** The calendar year in which the present school year began; August and later begin one (the server knows better). */
export function yearNow(now: Date = new Date()): string {
  return String(now.getMonth() >= 7 ? now.getFullYear() : now.getFullYear() - 1);
}

/** The last five school years, latest first. */
export function schoolYears(latest: string): { value: string; label: string }[] {
  return [0, 1, 2, 3, 4].map((back) => {
    const begins = Number(latest) - back;
    return { value: String(begins), label: `${begins}-${begins + 1}` };
  });
}
