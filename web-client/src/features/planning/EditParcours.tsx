import { BookOpen, TriangleAlert } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { Form, Submit } from "../../app/office/Form";
import type { Parcours } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";
import { changed } from "./changed";
import { ParcoursFields } from "./ParcoursFields";
import { draftOf, typedOf } from "./parcours";

/** Opens the parcours to be changed: every session of it, and every attestation to come, says it then. */
export function EditParcours({ parcours }: { parcours: Parcours }) {
  const { t } = useTranslation("planning");
  const [open, setOpen] = useState(false);
  return (
    <>
      <Button
        look="quiet"
        icon={<BookOpen aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="parcours-edit"
      >
        {t("parcours.edit")}
        <span className="visually-hidden"> {parcours.title}</span>
      </Button>
      <Dialog title={t("parcours.editTitle")} isOpen={open} onOpenChange={setOpen}>
        <Fields parcours={parcours} onDone={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

function Fields({ parcours, onDone }: { parcours: Parcours; onDone: () => void }) {
  const { t } = useTranslation("planning");
  const [shown] = useState(() => typedOf(parcours));
  const [typed, setTyped] = useState(shown);
  const [fixed, setFixed] = useState(false);
  return (
    <Form
      act={() => ({
        method: "PATCH",
        path: `parcours/${parcours.id}`,
        body: changed(draftOf(shown), draftOf(typed)),
      })}
      done={t("parcours.saved")}
      after={onDone}
      refused={({ code }) => {
        if (code !== "conflict") return false;
        setFixed(true);
        return true;
      }}
    >
      <p>{t("parcours.editText")}</p>
      <ParcoursFields typed={typed} onChange={setTyped} />
      {fixed ? (
        <Note tone="warn" role="alert">
          <TriangleAlert aria-hidden="true" />
          <span data-testid="parcours-fixed">{t("parcours.fixed")}</span>
        </Note>
      ) : null}
      <div>
        <Submit data-testid="parcours-save">{t("settings.save")}</Submit>
      </div>
    </Form>
  );
}
