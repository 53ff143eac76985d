import { Headphones, Radio, Video } from "lucide-react";
import { type FormEvent, useRef, useState } from "react";
import { Trans, useTranslation } from "react-i18next";
import { useStore } from "zustand";
import { useRefusalWords } from "../../app/refusal";
import { keepAcknowledged, keepName, typedName } from "../../app/ticket";
import type { Entry, Refusal } from "../../protocol/generated/protocol";
import { Button } from "../../ui/Button";
import { Card, Note } from "../../ui/Card";
import { Field } from "../../ui/Field";
import { ConnectionCheck } from "./ConnectionCheck";
import styles from "./lobby.module.css";
import { handOver, preview, stopPreview } from "./preview";

const MAX_NAME = 60;

interface EntryCardProps {
  seance: string;
  ticket: string;
  entry: Entry;
  refusal: Refusal | null;
  /** False before the doors open. */
  open: boolean;
  mayPublish: boolean;
  onEnter: (entering: { microphone: MediaStreamTrack | null; camera: MediaStreamTrack | null }) => void;
}

/** The one click: enter and listen. Entering acknowledges the recording notice, which stands right above. */
export function EntryCard({ seance, ticket, entry, refusal, open, mayPublish, onEnter }: EntryCardProps) {
  const { t } = useTranslation("lobby");
  const refusalWords = useRefusalWords();
  const [name, setName] = useState(() => typedName(seance) ?? "");
  const [nameMissing, setNameMissing] = useState(false);
  const nameInput = useRef<HTMLInputElement>(null);
  const { microphone, camera } = useStore(preview);
  const needsName = entry.name === null;
  const needsNotice = entry.seance.recorded;

  /** True when nothing is missing; otherwise says what, and goes there. */
  const complete = () => {
    const lacksName = needsName && name.trim() === "";
    setNameMissing(lacksName);
    if (lacksName) nameInput.current?.focus();
    return !lacksName;
  };

  const enter = (withDevices: boolean) => {
    if (!open || !complete()) return;
    performance.mark("preau:enter");
    if (needsName) keepName(seance, name.trim().slice(0, MAX_NAME));
    if (needsNotice) keepAcknowledged(seance);
    if (withDevices) onEnter(handOver());
    else {
      stopPreview();
      onEnter({ microphone: null, camera: null });
    }
  };

  const submit = (event: FormEvent) => {
    event.preventDefault();
    enter(false);
  };

  const devicesRun = mayPublish && (microphone !== null || camera !== null);
  const withDevices = microphone && camera ? "enterAv" : microphone ? "enterMicrophone" : "enterCamera";
  return (
    <Card className={styles.card} aria-labelledby="entry-title">
      <h2 id="entry-title">{t("card.title")}</h2>
      <form className={styles.form} onSubmit={submit} noValidate>
        {refusal ? (
          <Note tone="danger" role="alert">
            <p>{refusalWords(refusal)}</p>
          </Note>
        ) : null}
        {needsName ? (
          <Field
            label={t("card.name")}
            hint={t("card.nameHint")}
            error={nameMissing ? refusalWords({ code: "name_needed" }) : undefined}
            inputRef={nameInput}
            name="name"
            autoComplete="name"
            maxLength={MAX_NAME}
            required
            value={name}
            onChange={(event) => setName(event.target.value)}
            data-testid="lobby-name"
          />
        ) : (
          <p>
            <Trans t={t} i18nKey="card.youAre" values={{ name: entry.name }} components={{ b: <strong /> }} />
          </p>
        )}
        {needsNotice ? (
          <div className={styles.notice}>
            <h3>
              <Radio aria-hidden="true" />
              {t("recording.title")}
            </h3>
            <p>{t("recording.text")}</p>
            <p data-testid="lobby-ack">{t("recording.acknowledge")}</p>
          </div>
        ) : null}
        <div className={styles.buttons}>
          {devicesRun ? (
            <Button
              look="primary"
              size="large"
              wide
              isDisabled={!open}
              icon={<Video aria-hidden="true" />}
              onPress={() => enter(true)}
              data-testid="lobby-enter-av"
            >
              {t(`card.${withDevices}`)}
            </Button>
          ) : null}
          <Button
            type="submit"
            look={devicesRun ? "secondary" : "primary"}
            size={devicesRun ? "normal" : "large"}
            wide
            isDisabled={!open}
            icon={<Headphones aria-hidden="true" />}
            data-testid="lobby-enter"
          >
            {t("card.enter")}
          </Button>
          <p className={styles.hint}>{mayPublish ? t("card.enterHint") : t("card.listenOnly")}</p>
        </div>
      </form>
      <ConnectionCheck ticket={ticket} iceServers={entry.iceServers} />
    </Card>
  );
}
