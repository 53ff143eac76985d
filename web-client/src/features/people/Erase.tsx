import { UserX } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Line, Submit } from "../../app/office/Form";
import type { PersonView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** Erases an identity, after saying what goes, what stays, and asking why. */
export function Erase({ person }: { person: PersonView }) {
  const { t } = useTranslation("people");
  const name = `${person.firstName} ${person.lastName}`;
  const [open, setOpen] = useState(false);
  const [reason, setReason] = useState("");
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
        <p>{t("erase.goes")}</p>
        <p>{t("erase.stays")}</p>
        <Form
          act={() => ({ method: "POST", path: `people/${person.id}/erasure`, body: { reason } })}
          done={t("erase.done")}
          after={() => setOpen(false)}
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
      </Dialog>
    </>
  );
}
