import { Scale } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useMe, useSent } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import { may } from "../../app/office/roles";
import type { ExceptionKind, PersonHours } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** What gives no hours by itself, by the flag that says so. */
const KINDS: Readonly<Record<string, ExceptionKind>> = {
  DOUBLE_ROLE: "double_role",
  DOUBLON_PARCOURS: "repeated",
};

/** The gestionnaire lets the hours of one person count all the same, after a question. */
export function Exception({ session, row, flag }: { session: string; row: PersonHours; flag: string }) {
  const { t } = useTranslation("hours");
  const me = useMe();
  const [asking, setAsking] = useState(false);
  const name = useNames().spoken(row);
  const accept = useSent({ done: t("exception.done", { name }), after: () => setAsking(false) });
  const kind = KINDS[flag];
  if (!kind || !me.data || !may.manage(me.data)) return null;
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
        {t("exception.open")}
        <span className="visually-hidden"> {name}</span>
      </Button>
      <Dialog
        question
        title={t("exception.title", { name })}
        isOpen={asking}
        onOpenChange={setAsking}
        actions={
          <>
            <Button onPress={() => setAsking(false)}>{t("exception.no")}</Button>
            <Button
              look="primary"
              isPending={accept.busy}
              onPress={() => accept.act({ method: "POST", path, body: { person: row.person, kind } })}
              data-testid="exception-accept"
            >
              {t("exception.yes")}
            </Button>
          </>
        }
      >
        <p>{t(`exception.${kind}`)}</p>
      </Dialog>
    </>
  );
}
