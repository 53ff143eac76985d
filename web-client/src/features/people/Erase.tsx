import { CalendarClock, UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import { Form, Line, Submit } from "../../app/office/Form";
import type { PersonView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";

/** Erases an identity, after saying what goes, what stays, and asking why. */
export function Erase({ person }: { person: PersonView }) {
  const { t } = useTranslation("people");
  const name = `${person.firstName} ${person.lastName}`;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
  /** An attestation must be kept until that day: it is written down, and nothing more is to be done. */
  const [later, setLater] = useState<string | null>(null);
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<UserX aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="person-erase"
      >
        {t("erase.open")}
        <span className="visually-hidden"> {name}</span>
      </Button>
      <Dialog title={t("erase.title", { name })} isOpen={open} onOpenChange={setOpen}>
        {later === null ? (
          <>
            <p>{t("erase.goes")}</p>
            <p>{t("erase.stays")}</p>
            <Form
              act={() => ({ method: "POST", path: `people/${person.id}/erasure`, body: { reason } })}
              done={t("erase.done")}
              after={() => setOpen(false)}
              refused={(refusal) => {
                if (refusal.code !== "kept_until") return false;
                setLater(refusal.until);
                return true;
              }}
              fallback="reason"
            >
              <Line
                name="reason"
                label={t("erase.reason")}
                required
                maxLength={500}
                value={reason}
                onChange={setReason}
                data-testid="erase-reason"
              />
              <Submit look="danger" data-testid="erase-submit">
                {t("erase.submit")}
              </Submit>
            </Form>
          </>
        ) : (
          <Note role="alert" data-testid="erase-later">
            <CalendarClock aria-hidden="true" />
            {t("erase.later", { day: day(`${later}T12:00:00Z`, "UTC") })}
          </Note>
        )}
      </Dialog>
    </>
  );
}
