import { useTranslation } from "react-i18next";
import type { GaiaCounts } from "../../protocol/office";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";

const FIGURES = [
  "dispositifs",
  "modules",
  "sessions",
  "trainers",
  "trainees",
  "added",
  "changed",
  "removed",
] as const;

/** What the files hold, and what they would change. */
export function Changes({ counts }: { counts: GaiaCounts }) {
  const { t } = useTranslation("gaia");
  return (
    <Card>
      <dl className={layout.facts}>
        {FIGURES.map((name) => (
          <div key={name}>
            <dt>{t(`counts.${name}`)}</dt>
            <dd data-testid={`gaia-${name}`}>{counts[name]}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}
