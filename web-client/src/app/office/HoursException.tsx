import { Scale } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import type { ExceptionKind } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { useMe, useSent } from "./asking";
import { may } from "./roles";

interface HoursExceptionProps {
  session: string;
  person: string;
  /** Of that person. */
  name: string;
  kind: ExceptionKind;
}

/** The gestionnaire lets hours count that give none by themselves, after a question. */
export function HoursException({ session, person, name, kind }: HoursExceptionProps) {
  const { t } = useTranslation("app");
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const accept = useSent({ done: t("hours.exception.done", { name }), after: () => setAsking(false) });
  if (!me.data || !may.manage(me.data)) return null;
  const path = `sessions-formation/${session}/hours-exceptions`;
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Scale aria-hidden="true" />}
        onPress={() => setAsking(true)}
        data-testid="exception"
      >
        {t("hours.exception.open")}
        <span className="visually-hidden"> {name}</span>
      </Button>
      <Dialog
        question
        title={t("hours.exception.title", { name })}
        isOpen={asking}
        onOpenChange={setAsking}
        actions={
          <>
            <Button onPress={() => setAsking(false)}>{t("hours.exception.no")}</Button>
            <Button
              look="primary"
              isPending={accept.busy}
              onPress={() => accept.act({ method: "POST", path, body: { person, kind } })}
              data-testid="exception-accept"
            >
              {t("hours.exception.yes")}
            </Button>
          </>
        }
      >
        <p>{t(`hours.exception.${kind}`)}</p>
      </Dialog>
    </>
  );
}
