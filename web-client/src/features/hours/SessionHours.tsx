import { CircleCheck, Info, Stamp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { ExportLog } from "../../app/office/ExportLog";
import { ExportMenu } from "../../app/office/ExportMenu";
import { OfficePage } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import type { SessionHours as SessionHoursAnswer } from "../../protocol/office";
import { sessionHref } from "../../routes";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";
import { Interventions } from "./Interventions";
import { People } from "./People";
import { useLength } from "./words";

addWords("hours", { fr, en });

/** What presence proposes, what the trainer attests: one press for all proposals, by hand with a reason for the rest. */
export default function SessionHours({ session }: { session: string }) {
  const { t } = useTranslation("hours");
  const hours = useAsked<SessionHoursAnswer>(`sessions-formation/${session}/hours`);
  return (
    <OfficePage
      title={t("title")}
      intro={hours.data?.title}
      back={{ href: sessionHref(session), label: t("back") }}
      actions={<ExportMenu path={`sessions-formation/${session}`} scope="session" />}
    >
      {() => <Shown of={hours}>{(answer) => <Known hours={answer} />}</Shown>}
    </OfficePage>
  );
}

function Known({ hours }: { hours: SessionHoursAnswer }) {
  const { t } = useTranslation("hours");
  return (
    <>
      <Rule hours={hours} />
      {hours.archived ? (
        <Note>
          <Info aria-hidden="true" />
          {t("archived")}
        </Note>
      ) : (
        <AttestAll hours={hours} />
      )}
      <People hours={hours} />
      <Interventions session={hours.sessionFormation} />
      <ExportLog scope="session" id={hours.sessionFormation} />
    </>
  );
}

function Rule({ hours }: { hours: SessionHoursAnswer }) {
  const { t } = useTranslation("hours");
  const length = useLength();
  const { rule, announced } = hours;
  return (
    <div className={layout.tight}>
      <p>
        {t("announced", { distance: length(announced.distance), presence: length(announced.presence) })}{" "}
        {hours.counted ? null : t("notCounted")}
      </p>
      <p className={layout.intro}>
        {t(`modes.${hours.mode}`)}{" "}
        {rule.kind === "at_least"
          ? t("rules.at_least", { count: rule.count })
          : rule.kind === "ratio"
            ? t("rules.ratio", { percent: rule.percent })
            : t("rules.all")}
      </p>
    </div>
  );
}

/** The one press. Nothing is attested without it: a proposal is only a proposal. */
function AttestAll({ hours }: { hours: SessionHoursAnswer }) {
  const { t } = useTranslation("hours");
  const attest = useSent({ done: t("attested") });
  if (hours.toAttest === 0) {
    return (
      <Note tone="ok" role="status">
        <CircleCheck aria-hidden="true" />
        {t("nothingToAttest")}
      </Note>
    );
  }
  return (
    <div className={layout.tight}>
      {hours.unfinished ? (
        <Note tone="warn">
          <Info aria-hidden="true" />
          {t("unfinished")}
        </Note>
      ) : null}
      <div>
        <Button
          look="primary"
          size="large"
          icon={<Stamp aria-hidden="true" />}
          isPending={attest.busy}
          onPress={() =>
            attest.act({
              method: "POST",
              path: `sessions-formation/${hours.sessionFormation}/attestations`,
              body: { kind: "all_proposed" },
            })
          }
          data-testid="attest-all"
        >
          {t("attestAll", { count: hours.toAttest })}
        </Button>
      </div>
    </div>
  );
}
