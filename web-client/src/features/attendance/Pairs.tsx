import { Link2 } from "lucide-react";
import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { verdictOf } from "../../store/sheet";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { useDeciding } from "./deciding";

/** People who came under the name of somebody expected: one press attaches them, and the history keeps it. */
export function Pairs({ sheet }: { sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const of = new Map(sheet.rows.map((row) => [row.person, row]));
  const pairs = sheet.pairs.flatMap((pair) => {
    const [guest, to] = [of.get(pair.guest), of.get(pair.to)];
    return guest && to ? [{ guest, to }] : [];
  });
  if (pairs.length === 0 || !deciding?.open) return null;
  return (
    <Card className={layout.tight} aria-labelledby="pairs" data-testid="pairs">
      <h2 id="pairs">
        <Link2 aria-hidden="true" className={layout.inlineIcon} />
        {t("pairs.title", { count: pairs.length })}
      </h2>
      <p className={layout.small}>{t("pairs.text")}</p>
      <ul className={layout.lines}>
        {pairs.map(({ guest, to }) => (
          <Pair key={guest.person} guest={guest} to={to} sheet={sheet} />
        ))}
      </ul>
    </Card>
  );
}

function Pair({ guest, to, sheet }: { guest: PresenceRow; to: PresenceRow; sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const attach = () =>
    void deciding?.act(
      `seances/${deciding.seance}/corrections`,
      {
        people: [guest.person],
        kind: "attach",
        new: to.person,
        reason: "ERREUR_IDENTITE",
        text: "",
        seen: sheet.version,
      },
      t("pairs.done", { name: to.name }),
    );
  return (
    <li className={layout.line} data-testid="pair">
      <div className={layout.rowMain}>
        <strong>{to.name}</strong>
        <span>
          {t("pairs.expected", {
            status: t(`status.${verdictOf(to, sheet.closed)}`),
            length: lengthOf(wholeMinutes(to)),
          })}
        </span>
        <span>
          {t(guest.validable ? "pairs.walkIn" : "pairs.guest", {
            name: guest.name,
            length: lengthOf(wholeMinutes(guest)),
          })}
        </span>
      </div>
      <Button
        size="small"
        isDisabled={deciding?.busy}
        onPress={attach}
        aria-label={t("pairs.attachTo", { name: to.name })}
        data-testid="pair-attach"
      >
        {t("pairs.attach")}
      </Button>
    </li>
  );
}

const wholeMinutes = ({ minutes }: PresenceRow) => minutes * 60_000;
