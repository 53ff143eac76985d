import { Clock } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { hoursOf } from "../../app/dates";
import { useAsked } from "../../app/office/asking";
import { HoursException } from "../../app/office/HoursException";
import { Shown } from "../../app/office/Shown";
import { YearLines } from "../../app/office/YearLines";
import type { AnnualHours, PersonView } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";

/** The hours of somebody's school year, session by session, and what the gestionnaire may decide about them. */
export function Hours({ person }: { person: PersonView }) {
  const { t } = useTranslation("people");
  const name = `${person.firstName} ${person.lastName}`;
  const [open, setOpen] = useState(false);
  // Asked when it is looked at: it is written down for the person that somebody did.
  const year = useAsked<AnnualHours>(open ? `people/${person.id}/hours` : null);
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Clock aria-hidden="true" />}
        onPress={() => setOpen(true)}
        data-testid="person-hours"
      >
        {t("hours.open")}
        <span className="visually-hidden"> {name}</span>
      </Button>
      <Dialog title={t("hours.title", { name })} isOpen={open} onOpenChange={setOpen}>
        <Shown of={year}>
          {(found) => (
            <>
              <p data-testid="person-total">
                {found.account
                  ? t("hours.due", {
                      year: found.schoolYear,
                      total: hoursOf(found.total),
                      due: hoursOf(found.account.due.total),
                    })
                  : t("hours.total", { year: found.schoolYear, total: hoursOf(found.total) })}
              </p>
              <YearLines
                year={found}
                repeated={(line) => (
                  <HoursException
                    session={line.sessionFormation}
                    person={person.id}
                    name={name}
                    kind="repeated"
                  />
                )}
              />
            </>
          )}
        </Shown>
      </Dialog>
    </>
  );
}
