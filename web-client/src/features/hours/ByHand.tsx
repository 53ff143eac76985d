import { Pencil } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import { useNames } from "../../app/office/names";
import type { PersonHours, SessionHours } from "../../protocol/office";
import { Area } from "../../ui/Area";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { Checkbox } from "../../ui/Field";
import layout from "../../ui/layout.module.css";

/** A decision for one person, with its reason when it goes against the proposal; or taking back an attestation. */
export function ByHand({ hours, row }: { hours: SessionHours; row: PersonHours }) {
  const { t } = useTranslation("hours");
  const name = useNames().spoken(row);
  const [open, setOpen] = useState(false);
  const [attested, setAttested] = useState(row.attestation?.attested ?? row.proposal);
  const [reason, setReason] = useState("");
  const done = () => setOpen(false);
  const decide = useSent({ done: t("attested"), after: done });
  const revoke = useSent({ done: t("byHand.revoked"), after: done });
  const against = attested.distance !== row.proposal.distance || attested.presence !== row.proposal.presence;
  return (
    <>
      <Button
        size="small"
        look="quiet"
        icon={<Pencil aria-hidden="true" />}
        onPress={() => setOpen(true)}
        aria-label={t("byHand.name", { name })}
        data-testid="attest-by-hand"
      >
        {t("byHand.open")}
      </Button>
      <Dialog title={t("byHand.title", { name })} isOpen={open} onOpenChange={setOpen}>
        <form
          className={layout.form}
          onSubmit={(event) => {
            event.preventDefault();
            decide.act({
              method: "POST",
              path: `sessions-formation/${hours.sessionFormation}/attestations`,
              body: { kind: "people", people: [row.person], attested, reason },
            });
          }}
        >
          {(["distance", "presence"] as const).map((part) => (
            <Checkbox
              key={part}
              label={t(`byHand.${part}`)}
              checked={attested[part]}
              onChange={(event) => setAttested({ ...attested, [part]: event.target.checked })}
            />
          ))}
          <Area
            label={t(against ? "byHand.reason" : "byHand.reasonOptional")}
            hint={row.attestation ? t("byHand.revokeHint") : undefined}
            required={against}
            maxLength={500}
            value={reason}
            onChange={(event) => setReason(event.target.value)}
          />
          <div className={layout.cluster}>
            <Button type="submit" look="primary" isPending={decide.busy} data-testid="attest-confirm">
              {t("byHand.confirm")}
            </Button>
            {row.attestation && !row.attestation.revokedAt ? (
              <Button
                look="quiet"
                isDisabled={revoke.busy || reason.trim() === ""}
                onPress={() =>
                  revoke.act({
                    method: "DELETE",
                    path: `attestations/${row.attestation?.id}`,
                    body: { reason },
                  })
                }
                data-testid="attest-revoke"
              >
                {t("byHand.revoke")}
              </Button>
            ) : null}
          </div>
        </form>
      </Dialog>
    </>
  );
}
