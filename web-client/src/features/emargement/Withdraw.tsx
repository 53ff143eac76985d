import { Undo2 } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day, timeOfDay } from "../../app/dates";
import { useAsked, useSent } from "../../app/office/asking";
import type { HalfDay, HalfDays, PresenceRow, PresenceSheet } from "../../protocol/office";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";

/** A tick on the wrong line goes, with a reason; it stays told below. */
export function Withdraw({ row, halfDay }: { row: PresenceRow; halfDay: HalfDay }) {
  const { t } = useTranslation("emargement");
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  const withdraw = useSent({ done: t("withdraw.done", { name: row.name }), after: () => setOpen(false) });
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Undo2 aria-hidden="true" />}
        onPress={() => setOpen(true)}
        aria-label={t("withdraw.name", { name: row.name })}
        data-testid="withdraw"
      >
        {t("withdraw.open")}
      </Button>
      <Dialog title={t("withdraw.title", { name: row.name })} isOpen={open} onOpenChange={setOpen}>
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            withdraw.act({
              method: "DELETE",
              path: `half-days/${halfDay.id}/signatures/${row.person}`,
              body: { reason },
            });
          }}
        >
          <p>{t("withdraw.text")}</p>
          <Area
            label={t("withdraw.reason")}
            required
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
            data-testid="withdraw-reason"
          />
          <div>
            <Button type="submit" look="primary" isPending={withdraw.busy} data-testid="withdraw-confirm">
              {t("withdraw.confirm")}
            </Button>
          </div>
        </form>
      </Dialog>
    </>
  );
}

/** The signatures of a half-day that were taken back: by whom, when and why. */
export function WithdrawnSignatures({ halfDay, sheet }: { halfDay: HalfDay; sheet: PresenceSheet }) {
  const { t } = useTranslation("emargement");
  const known = useAsked<HalfDays>(`seances/${sheet.seance.id}/half-days`);
  const lines = known.data?.withdrawn.filter(({ signature }) => signature.halfDay === halfDay.id) ?? [];
  if (lines.length === 0) return null;
  const zone = sheet.seance.timeZone;
  const nameOf = (person: string) => sheet.rows.find((row) => row.person === person)?.name;
  return (
    <Fold title={t("withdraw.list", { count: lines.length })} data-testid="withdrawn">
      <ol className={layout.lines}>
        {lines.map(({ signature, withdrawal, byName }) => (
          <li key={`${signature.person}-${withdrawal.at}`} className={layout.small}>
            {t("withdraw.line", {
              name: nameOf(signature.person) ?? t("withdraw.somebody"),
              method: t(`methods.${signature.method}`),
              by: byName || t("withdraw.unknown"),
              day: day(withdrawal.at, zone),
              time: timeOfDay(withdrawal.at, zone),
            })}
            {withdrawal.reason ? ` « ${withdrawal.reason} »` : ""}
          </li>
        ))}
      </ol>
    </Fold>
  );
}
