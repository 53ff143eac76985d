/** The school year that an answer is about, and the four before it, latest first. Only the server knows when it begins. */
export function schoolYears(latest: {
  year: number;
  schoolYear: string;
}): { value: string; label: string }[] {
  const straddles = latest.schoolYear.includes("-");
  return [0, 1, 2, 3, 4].map((back) => {
    const begins = latest.year - back;
    return { value: String(begins), label: straddles ? `${begins}-${begins + 1}` : String(begins) };
  });
}
