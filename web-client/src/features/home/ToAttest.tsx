import { Stamp } from "lucide-react";
import { useTranslation } from "react-i18next";
import { useAsked } from "../../app/office/asking";
import type { SessionFormation, SessionHours } from "../../protocol/office";
import { sessionHoursHref } from "../../routes";
import { Card } from "../../ui/Card";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";

/** So many sessions are asked for their proposals: the latest ones. */
const MOST = 6;

/** What waits for the trainer's act: sessions with proposals that nobody attested yet. */
export function ToAttest() {
  const sessions = useAsked<SessionFormation[]>("sessions-formation");
  const open = (sessions.data ?? []).filter(({ state }) => state !== "archived").slice(0, MOST);
  return (
    <div className={layout.tight}>
      {open.map((session) => (
        <Waiting key={session.id} session={session} />
      ))}
    </div>
  );
}

/** One of them; nothing at all where nothing waits, or where somebody else attests. */
function Waiting({ session }: { session: SessionFormation }) {
  const { t } = useTranslation("home");
  const hours = useAsked<SessionHours>(`sessions-formation/${session.id}/hours`);
  const count = hours.data?.toAttest ?? 0;
  if (count === 0) return null;
  return (
    <Card className={layout.line} data-testid="to-attest-session">
      <span>
        <strong>{session.title}</strong>
        <br />
        {t("toAttest.text", { count })}
      </span>
      <ButtonLink href={sessionHoursHref(session.id)} icon={<Stamp aria-hidden="true" />}>
        {t("toAttest.go")}
        <span className="visually-hidden"> {session.title}</span>
      </ButtonLink>
    </Card>
  );
}
