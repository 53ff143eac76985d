import type { QualityLevel } from "../../protocol/generated/protocol";

const FULL = { good: 3, fair: 2, poor: 1 } as const satisfies Record<QualityLevel, number>;

/** Three bars, as on a phone: as many are full as the connection is good. The words stand beside it. */
export function Bars({ level }: { level: QualityLevel }) {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true" fill="currentColor">
      {[0, 1, 2].map((bar) => (
        <rect
          key={bar}
          x={1 + 5 * bar}
          y={10 - 4 * bar}
          width={4}
          height={5 + 4 * bar}
          rx={1}
          opacity={bar < FULL[level] ? 1 : 0.35}
        />
      ))}
    </svg>
  );
}
