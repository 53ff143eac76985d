/** Of what is typed, what differs from what was shown: what somebody else changed meanwhile stays as it is. */
export function changed<Body extends object>(before: Body, after: Body): Partial<Body> {
  const same = (key: string) =>
    JSON.stringify(before[key as keyof Body]) === JSON.stringify(after[key as keyof Body]);
  return Object.fromEntries(Object.entries(after).filter(([key]) => !same(key))) as Partial<Body>;
}
