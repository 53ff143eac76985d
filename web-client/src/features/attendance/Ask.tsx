import { MessageSquareWarning } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import type { PresenceRow, PresenceSheet } from "../../protocol/office";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import layout from "../../ui/layout.module.css";
import { useActs } from "./deciding";

interface AskProps {
  seance: string;
  ticket: string | null;
  row: PresenceRow;
  sheet: PresenceSheet;
  again: () => void;
}

/** "C'est faux": two presses and a motive. What was asked and answered stays to be read. */
export function Ask({ seance, ticket, row, sheet, again }: AskProps) {
  const { t } = useTranslation("attendance");
  const { act, busy } = useActs(ticket, again);
  const [open, setOpen] = useState(false);
  const [text, setText] = useState("");
  const waiting = row.requests.some(({ answer }) => answer === null);
  const zone = sheet.seance.timeZone;
  const submit = async () => {
    if (await act(`seances/${seance}/requests`, { text: text.trim() }, t("ask.done"))) setOpen(false);
  };
  return (
    <section className={layout.tight} aria-label={t("ask.label")}>
      {row.requests.map((request) => (
        <p key={request.id} className={layout.small} data-testid="own-request">
          {t("ask.asked", { day: day(request.askedAt, zone), text: request.text })}{" "}
          {request.answer === null
            ? t("ask.waiting")
            : t(`ask.${request.answer}`, { text: request.answerText })}
        </p>
      ))}
      {waiting || sheet.archived || !sheet.closed ? null : (
        <div>
          <Button
            icon={<MessageSquareWarning aria-hidden="true" />}
            onPress={() => setOpen(true)}
            data-testid="ask-open"
          >
            {t("ask.open")}
          </Button>
        </div>
      )}
      <Dialog title={t("ask.title")} isOpen={open} onOpenChange={setOpen}>
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            void submit();
          }}
        >
          <Area
            label={t("ask.text")}
            hint={t("ask.hint")}
            required
            maxLength={500}
            value={text}
            onChange={(event) => setText(event.target.value)}
            data-testid="ask-text"
          />
          <div>
            <Button type="submit" look="primary" isPending={busy} data-testid="ask-send">
              {t("ask.send")}
            </Button>
          </div>
        </form>
      </Dialog>
    </section>
  );
}
