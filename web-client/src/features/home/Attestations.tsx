import { BadgeCheck, FileText, ShieldCheck } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import { isAbsent, useAsked } from "../../app/office/asking";
import { Shown } from "../../app/office/Shown";
import type { OwnAttestation } from "../../protocol/office";
import { Card, Tag } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";

/** One's own attestations, ready to be printed. */
export function Attestations() {
  const { t } = useTranslation("home");
  const attestations = useAsked<OwnAttestation[]>("attestations/mine");
  if (isAbsent(attestations)) return null;
  return (
    <Card className={layout.tight} aria-labelledby="my-attestations">
      <h2 id="my-attestations">{t("attestations.title")}</h2>
      <Shown of={attestations}>
        {(list) =>
          list.length === 0 ? (
            <p className={layout.small}>{t("attestations.none")}</p>
          ) : (
            <>
              <ul className={layout.lines}>
                {list.map((line) => (
                  <Line key={line.id} line={line} />
                ))}
              </ul>
              <p className={layout.small}>
                {t("attestations.proof")} <a href="/api/verifier">{t("attestations.verifier")}</a>
              </p>
            </>
          )
        }
      </Shown>
    </Card>
  );
}

function Line({ line }: { line: OwnAttestation }) {
  const { t } = useTranslation("home");
  return (
    <li className={layout.line} data-testid="attestation-line">
      <div className={layout.rowMain}>
        <strong>{line.title}</strong>
        <span className={layout.small}>
          {t("attestations.number", {
            number: line.number,
            day: day(line.at, line.timeZone),
            by: line.by,
          })}
        </span>
        {line.revokedReason ? (
          <span className={layout.small}>{t("attestations.why", { reason: line.revokedReason })}</span>
        ) : null}
      </div>
      {line.revokedAt ? (
        <Tag tone="danger">{t("attestations.revoked")}</Tag>
      ) : (
        <span className={layout.cluster}>
          {line.paper ? (
            <ButtonLink
              size="small"
              href={`/api/attestations/${line.id}/pdf`}
              icon={<FileText aria-hidden="true" />}
              data-testid="attestation-pdf"
            >
              {t("attestations.open")}
              <span className="visually-hidden"> {line.title}</span>
            </ButtonLink>
          ) : (
            <Tag tone="plain">{t("attestations.notAttested")}</Tag>
          )}
          {line.paper ? (
            <ButtonLink
              size="small"
              look="quiet"
              href={`/api/attestations/${line.id}/badge?form=svg`}
              icon={<BadgeCheck aria-hidden="true" />}
              data-testid="attestation-badge"
            >
              {t("attestations.badge")}
              <span className="visually-hidden"> {line.title}</span>
            </ButtonLink>
          ) : null}
          <ButtonLink
            size="small"
            look="quiet"
            href={`/api/attestations/${line.id}/receipt`}
            icon={<ShieldCheck aria-hidden="true" />}
            data-testid="attestation-receipt"
          >
            {t("attestations.receipt")}
            <span className="visually-hidden"> {line.title}</span>
          </ButtonLink>
        </span>
      )}
    </li>
  );
}
