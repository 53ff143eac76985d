import { CircleCheck, CircleHelp, CircleX } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day, hoursOf } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { isAbsent, useAsked } from "../../app/office/asking";
import { OfficeFooter } from "../../app/office/OfficePage";
import { Shown } from "../../app/office/Shown";
import { Page } from "../../app/Page";
import type { VerifiedAttestation } from "../../protocol/office";
import { Card, Note } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import en from "./en.json";
import fr from "./fr.json";

addWords("attestation", { fr, en });

/** For whoever holds a paper with its code: what this server attested, to be compared with the paper. */
export default function Attestation({ code }: { code: string }) {
  const { t } = useTranslation("attestation");
  const answer = useAsked<VerifiedAttestation>(`attestation/${encodeURIComponent(code)}`);
  return (
    <Page title={t("title")}>
      <div className={layout.stack}>
        <h1>{t("title")}</h1>
        {isAbsent(answer) ? (
          <Note tone="warn" role="alert" data-testid="no-attestation">
            <CircleHelp aria-hidden="true" />
            {t("none", { code })}
          </Note>
        ) : (
          <Shown of={answer}>{(attestation) => <Known attestation={attestation} />}</Shown>
        )}
      </div>
      <OfficeFooter />
    </Page>
  );
}

function Known({ attestation }: { attestation: VerifiedAttestation }) {
  const { t } = useTranslation("attestation");
  const { attested, distance, presence, revokedAt } = attestation;
  const part = (held: boolean, minutes: number | null) =>
    held ? (minutes === null ? t("noLength") : hoursOf(minutes)) : t("notAttested");
  const facts: [string, string][] = [
    [t("number"), attestation.number],
    [t("name"), attestation.name || t("erased")],
    [
      t("training"),
      attestation.identifiant ? `${attestation.title} (${attestation.identifiant})` : attestation.title,
    ],
    [t("distance"), part(attested.distance, distance)],
    [t("presence"), part(attested.presence, presence)],
    [t("at"), day(attestation.at, attestation.timeZone)],
  ];
  return (
    <>
      {revokedAt ? (
        <Note tone="danger" role="status">
          <CircleX aria-hidden="true" />
          {t("revoked", { day: day(revokedAt, attestation.timeZone) })}
        </Note>
      ) : (
        <Note tone="ok" role="status">
          <CircleCheck aria-hidden="true" />
          {t("valid")}
        </Note>
      )}
      <Card>
        <dl className={layout.facts}>
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      </Card>
      <p className={layout.intro}>{t("compare")}</p>
      <p className={layout.small}>
        {t("receipt")} <a href="/api/verifier">{t("verifier")}</a>
      </p>
    </>
  );
}
