import { CalendarPlus, Check, Trash } from "lucide-react";
import { useState } from "react";
import { useTranslation } from "react-i18next";
import { day, timeOfDay } from "../../app/dates";
import { addWords } from "../../app/i18n";
import { useAsked, useSent } from "../../app/office/asking";
import { Form, Line, Submit } from "../../app/office/Form";
import { SeanceFrame } from "../../app/office/SeanceFrame";
import { Shown } from "../../app/office/Shown";
import type { HalfDay, PresenceRow, PresenceSheet } from "../../protocol/office";
import { scanHref } from "../../routes";
import { isTrainer } from "../../store/sheet";
import { Button, ToggleButton } from "../../ui/Button";
import { Card, Tag } from "../../ui/Card";
import { Fold } from "../../ui/Fold";
import layout from "../../ui/layout.module.css";
import { Code } from "./Code";
import en from "./en.json";
import fr from "./fr.json";
import { Paper } from "./Paper";
import { Withdraw, WithdrawnSignatures } from "./Withdraw";

addWords("emargement", { fr, en });

const REFRESH_MS = 4_000;

/** The trainer's screen of a face-to-face half-day: the code for all to see, and who has signed. */
export default function Desk({ seance }: { seance: string }) {
  const { t } = useTranslation("emargement");
  return (
    <SeanceFrame seance={seance} title={t("title")}>
      {() => <HalfDays seance={seance} />}
    </SeanceFrame>
  );
}

function HalfDays({ seance }: { seance: string }) {
  const { t } = useTranslation("emargement");
  const sheet = useAsked<PresenceSheet>(`seances/${seance}/presence`, { every: REFRESH_MS });
  const [chosen, setChosen] = useState<string | null>(null);
  return (
    <Shown of={sheet}>
      {(known) => {
        const current = known.halfDays.find(({ id }) => id === chosen) ?? nearest(known.halfDays);
        return (
          <>
            {known.halfDays.length > 1 ? (
              // biome-ignore lint/a11y/useSemanticElements: a set of buttons, not of fields.
              <div role="group" aria-label={t("halfDays")} className={layout.cluster}>
                {known.halfDays.map((halfDay) => (
                  <ToggleButton
                    key={halfDay.id}
                    isSelected={halfDay.id === current?.id}
                    onChange={() => setChosen(halfDay.id)}
                    data-testid="half-day"
                  >
                    {words(halfDay, known.seance.timeZone)}
                  </ToggleButton>
                ))}
              </div>
            ) : null}
            {current ? (
              <div className={layout.columns}>
                <Code halfDay={current} />
                <Signed halfDay={current} sheet={known} />
              </div>
            ) : (
              <p className={layout.empty}>{t("none")}</p>
            )}
            {current ? <Paper key={current.id} halfDay={current} rows={expected(known)} /> : null}
            {current ? <WithdrawnSignatures halfDay={current} sheet={known} /> : null}
            {current && !known.rows.some((row) => signatureOf(row, current)) ? (
              <Strike halfDay={current} when={words(current, known.seance.timeZone)} />
            ) : null}
            <NewHalfDay seance={seance} first={known.halfDays.length === 0} />
          </>
        );
      }}
    </Shown>
  );
}

const words = (halfDay: HalfDay, zone: string) =>
  `${day(halfDay.startsAt, zone)}, ${timeOfDay(halfDay.startsAt, zone)}`;

function nearest(halfDays: readonly HalfDay[]): HalfDay | undefined {
  const away = (halfDay: HalfDay) => Math.abs(Date.parse(halfDay.startsAt) - Date.now());
  return [...halfDays].sort((one, other) => away(one) - away(other))[0];
}

function Signed({ halfDay, sheet }: { halfDay: HalfDay; sheet: PresenceSheet }) {
  const { t } = useTranslation("emargement");
  const all = expected(sheet);
  const rows = all.filter((row) => !isTrainer(row));
  const leaders = all.filter(isTrainer);
  const signed = rows.filter((row) => signatureOf(row, halfDay));
  return (
    <Card className={layout.tight}>
      <h2 aria-live="polite" data-testid="signed-count">
        {t("signed", { count: signed.length, all: rows.length })}
      </h2>
      <ul className={layout.lines}>
        {rows.map((row) => (
          <Signer key={row.person} row={row} halfDay={halfDay} zone={sheet.seance.timeZone} />
        ))}
      </ul>
      {leaders.length > 0 ? (
        <>
          <h3>{t("leaders")}</h3>
          <ul className={layout.lines}>
            {leaders.map((row) => (
              <Signer key={row.person} row={row} halfDay={halfDay} zone={sheet.seance.timeZone} />
            ))}
          </ul>
        </>
      ) : null}
    </Card>
  );
}

/** Trainees, and those who lead: a half-day that these have signed is credited to them as an intervention. */
const expected = (sheet: PresenceSheet) => sheet.rows.filter((row) => row.enrolled);

const signatureOf = (row: PresenceRow, halfDay: HalfDay) =>
  row.signatures.find((signature) => signature.halfDay === halfDay.id);

function Signer({ row, halfDay, zone }: { row: PresenceRow; halfDay: HalfDay; zone: string }) {
  const { t } = useTranslation("emargement");
  const tick = useSent({ done: t("ticked", { name: row.name }) });
  const signature = signatureOf(row, halfDay);
  return (
    <li className={layout.line} data-testid="signer" data-name={row.name}>
      <span>{row.name}</span>
      {signature ? (
        <span className={layout.cluster}>
          <Tag tone="ok">
            <Check aria-hidden="true" />
            {t(`methods.${signature.method}`)}, {timeOfDay(signature.at, zone)}
            {signature.attachmentSha256 ? (
              <a href={scanHref(signature)} target="_blank" rel="noreferrer" data-testid="paper-see">
                {t("paper.see")}
              </a>
            ) : null}
          </Tag>
          <Withdraw row={row} halfDay={halfDay} />
        </span>
      ) : (
        <Button
          size="small"
          isPending={tick.busy}
          aria-label={t("tickName", { name: row.name })}
          onPress={() =>
            tick.act({
              method: "POST",
              path: `half-days/${halfDay.id}/signatures`,
              body: { person: row.person, method: "tick" },
            })
          }
          data-testid="tick"
        >
          {t("tick")}
        </Button>
      )}
    </li>
  );
}

/** Typed wrongly, or not held: it goes while nobody has signed it. */
function Strike({ halfDay, when }: { halfDay: HalfDay; when: string }) {
  const { t } = useTranslation("emargement");
  const strike = useSent({ done: t("struck") });
  return (
    <div>
      <Button
        size="small"
        icon={<Trash aria-hidden="true" />}
        isPending={strike.busy}
        onPress={() => strike.act({ method: "DELETE", path: `half-days/${halfDay.id}` })}
        data-testid="half-day-strike"
      >
        {t("strike", { when })}
      </Button>
    </div>
  );
}

function NewHalfDay({ seance, first }: { seance: string; first: boolean }) {
  const { t } = useTranslation("emargement");
  const [startsAt, setStartsAt] = useState("");
  const [durationMin, setDuration] = useState("180");
  return (
    <Fold title={t("add")} open={first} data-testid="half-day-add">
      <Form
        className={layout.fields}
        act={() => ({
          method: "POST",
          path: `seances/${seance}/half-days`,
          body: { startsAt, durationMin: Number(durationMin) },
        })}
        done={t("added")}
      >
        <Line
          name="startsAt"
          label={t("startsAt")}
          type="datetime-local"
          required
          value={startsAt}
          onChange={setStartsAt}
          data-testid="half-day-starts"
        />
        <Line
          name="durationMin"
          label={t("duration")}
          type="number"
          min={15}
          max={720}
          required
          value={durationMin}
          onChange={setDuration}
        />
        <Submit look="secondary" icon={<CalendarPlus aria-hidden="true" />} data-testid="half-day-create">
          {t("addSubmit")}
        </Submit>
      </Form>
    </Fold>
  );
}
