import { Clapperboard, Hourglass } from "lucide-react";
import { useTranslation } from "react-i18next";
import { day, frenchSpaces } from "../../app/dates";
import { useAsked, useSent } from "../../app/office/asking";
import type { ExpiringRecordings } from "../../protocol/office";
import { presenceHref } from "../../routes";
import { Button } from "../../ui/Button";
import { ButtonLink } from "../../ui/Link";
import layout from "../../ui/layout.module.css";

/** Recordings of one's own séances that go within a week; nothing most of the time. */
export function Expiring() {
  const { t } = useTranslation("home");
  const expiring = useAsked<ExpiringRecordings[]>("recordings/expiring");
  const list = expiring.data ?? [];
  if (list.length === 0) return null;
  return (
    <section aria-labelledby="expiring" className={layout.tight}>
      <h2 id="expiring">{t("expiring.title")}</h2>
      <ul className={layout.rows}>
        {list.map((one) => (
          <Going key={one.seance} recordings={one} />
        ))}
      </ul>
    </section>
  );
}

/** One séance: until when, to have a last look, and to keep it as long as may be. */
function Going({ recordings }: { recordings: ExpiringRecordings }) {
  const { t } = useTranslation("home");
  const { seance, title, timeZone, startsAt, keptUntil, longest } = recordings;
  const kept = useSent({ done: t("expiring.done") });
  const keep = () => kept.act({ method: "POST", path: `seances/${seance}/recordings/kept` });
  return (
    <li className={layout.row} data-testid="expiring-recording">
      <div className={layout.rowMain}>
        <h3>{frenchSpaces(title)}</h3>
        <p className={layout.small}>
          {t("expiring.text", { held: day(startsAt, timeZone), day: day(keptUntil, timeZone) })}
        </p>
      </div>
      <div className={layout.cluster}>
        <ButtonLink look="quiet" href={presenceHref(seance, null)} icon={<Clapperboard aria-hidden="true" />}>
          {t("expiring.see")}
          <span className="visually-hidden"> {title}</span>
        </ButtonLink>
        {longest ? (
          <Button
            icon={<Hourglass aria-hidden="true" />}
            isPending={kept.busy}
            onPress={keep}
            data-testid="keep-recording"
          >
            {t("expiring.keep", { day: day(longest, timeZone) })}
            <span className="visually-hidden"> {title}</span>
          </Button>
        ) : null}
      </div>
    </li>
  );
}
