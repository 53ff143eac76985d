import { MessageSquareWarning } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day } from "../../app/dates";
import type { CorrectionRequest, PresenceSheet } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Card } from "../../ui/Card";
import { Field } from "../../ui/Field";
import layout from "../../ui/layout.module.css";
import { useDeciding } from "./deciding";

/** What people asked to have corrected, and waits for an answer. Accepting corrects nothing by itself. */
export function Requests({ sheet }: { sheet: PresenceSheet }) {
  const { t } = useTranslation("attendance");
  const waiting = sheet.rows.flatMap((row) =>
    row.requests.filter(({ answer }) => answer === null).map((request) => ({ request, name: row.name })),
  );
  if (waiting.length === 0) return null;
  return (
    <Card className={layout.tight} aria-labelledby="requests" data-testid="requests">
      <h2 id="requests">
        <MessageSquareWarning aria-hidden="true" className={layout.inlineIcon} />
        {t("requests.title", { count: waiting.length })}
      </h2>
      <ul className={layout.lines}>
        {waiting.map(({ request, name }) => (
          <Request key={request.id} request={request} name={name} zone={sheet.seance.timeZone} />
        ))}
      </ul>
    </Card>
  );
}

function Request({ request, name, zone }: { request: CorrectionRequest; name: string; zone: string }) {
  const { t } = useTranslation("attendance");
  const deciding = useDeciding();
  const [text, setText] = useState("");
  const answer = (given: "accepted" | "refused") =>
    void deciding?.act(`requests/${request.id}/answer`, { answer: given, text }, t("requests.answered"));
  return (
    <li className={layout.line}>
      <div className={layout.rowMain}>
        <strong>{name}</strong>
        <span>« {request.text} »</span>
        <span className={layout.small}>{day(request.askedAt, zone)}</span>
      </div>
      <div className={layout.fields}>
        <Field
          label={t("requests.text", { name })}
          maxLength={500}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Button
          size="small"
          isDisabled={deciding?.busy}
          onPress={() => answer("accepted")}
          data-testid="request-accept"
        >
          {t("requests.accept")}
        </Button>
        <Button
          size="small"
          look="quiet"
          isDisabled={deciding?.busy || text.trim() === ""}
          onPress={() => answer("refused")}
        >
          {t("requests.refuse")}
        </Button>
      </div>
    </li>
  );
}
