import { Archive, DoorOpen, TriangleAlert, Undo2 } from "lucide-react";
import { type ReactNode, useState } from "react";
import { useTranslation } from "react-i18next";
import { useSent } from "../../app/office/asking";
import type { Refusal } from "../../protocol/generated/protocol";
import type { SessionDetail, SessionFormation } from "../../protocol/office";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { Dialog } from "../../ui/Dialog";

type Unattested = Extract<Refusal, { code: "unattested" }>;

/** The steps of a session, each with what follows from it: opened, taken back, archived for good. */
export function SessionSteps({ detail }: { detail: SessionDetail }) {
  const { session, may } = detail;
  if (session.state === "archived") return null;
  return (
    <>
      {may.change ? session.state === "prep" ? <ToOpen detail={detail} /> : <ToPrepare of={session} /> : null}
      {may.archive ? <ToArchive of={session} /> : null}
    </>
  );
}

interface StepProps {
  of: SessionFormation;
  to: "open" | "prep";
  icon: ReactNode;
  /** What is to be known before. */
  children?: ReactNode;
}

/** A step that can be taken back. */
function Step({ of, to, icon, children }: StepProps) {
  const { t } = useTranslation("planning");
  const [asking, setAsking] = useState(false);
  const step = useSent({ done: t(`steps.${to}.done`), after: () => setAsking(false) });
  return (
    <>
      <Button
        look={to === "open" ? "primary" : "quiet"}
        icon={icon}
        onPress={() => setAsking(true)}
        data-testid={`session-${to}`}
      >
        {t(`steps.${to}.act`)}
      </Button>
      <Dialog
        question
        title={t(`steps.${to}.title`)}
        isOpen={asking}
        onOpenChange={setAsking}
        actions={
          <>
            <Button onPress={() => setAsking(false)}>{t("steps.not")}</Button>
            <Button
              look="primary"
              isPending={step.busy}
              onPress={() =>
                step.act({ method: "PATCH", path: `sessions-formation/${of.id}`, body: { state: to } })
              }
              data-testid={`session-${to}-confirm`}
            >
              {t(`steps.${to}.act`)}
            </Button>
          </>
        }
      >
        <p>{t(`steps.${to}.text`)}</p>
        {children}
      </Dialog>
    </>
  );
}

function ToOpen({ detail }: { detail: SessionDetail }) {
  const { t } = useTranslation("planning");
  const { session, parcours, seances, enrolments } = detail;
  const led =
    seances.some(({ trainers }) => trainers.length > 0) ||
    enrolments?.some(({ role }) => role === "trainer" || role === "co_trainer");
  const missing = [
    enrolments && !led ? t("steps.open.noTrainer") : null,
    enrolments && !enrolments.some(({ role }) => role === "participant") ? t("steps.open.nobody") : null,
    parcours.announced.distance === null && parcours.announced.presence === null
      ? t("steps.open.noDuration")
      : null,
  ].filter((text) => text !== null);
  return (
    <Step of={session} to="open" icon={<DoorOpen aria-hidden="true" />}>
      {missing.map((text) => (
        <Note key={text} tone="warn">
          <TriangleAlert aria-hidden="true" />
          <span data-testid="open-missing">{text}</span>
        </Note>
      ))}
    </Step>
  );
}

function ToPrepare({ of }: { of: SessionFormation }) {
  return <Step of={of} to="prep" icon={<Undo2 aria-hidden="true" />} />;
}

/** For good. Who is left without an answer is told before, and may be left so. */
function ToArchive({ of }: { of: SessionFormation }) {
  const { t } = useTranslation("planning");
  const [asking, setAsking] = useState(false);
  const [left, setLeft] = useState<Unattested | null>(null);
  const open = (opened: boolean) => {
    setAsking(opened);
    setLeft(null);
  };
  const archive = useSent({
    done: t("sessions.archived"),
    after: () => open(false),
    refused: (refusal) => {
      if (refusal.code !== "unattested") return false;
      setLeft(refusal);
      return true;
    },
  });
  return (
    <>
      <Button
        look="quiet"
        icon={<Archive aria-hidden="true" />}
        onPress={() => open(true)}
        data-testid="archive"
      >
        {t("sessions.archive")}
      </Button>
      <Dialog
        question
        title={t("sessions.archiveTitle")}
        isOpen={asking}
        onOpenChange={open}
        actions={
          <>
            <Button onPress={() => open(false)}>{t("settings.keep")}</Button>
            <Button
              look="danger"
              isPending={archive.busy}
              onPress={() =>
                archive.act({
                  method: "POST",
                  path: `sessions-formation/${of.id}/archive`,
                  body: { confirm: left !== null },
                })
              }
              data-testid="archive-confirm"
            >
              {t(left ? "sessions.archiveAnyway" : "sessions.archive")}
            </Button>
          </>
        }
      >
        <p>{t("sessions.archiveText")}</p>
        {left ? (
          <Note tone="warn" role="alert">
            <TriangleAlert aria-hidden="true" />
            <span data-testid="archive-left">
              {t("sessions.unattested", { count: left.people })}{" "}
              {left.proposed > 0 ? t("sessions.unattestedProposed", { count: left.proposed }) : ""}
            </span>
          </Note>
        ) : null}
      </Dialog>
    </>
  );
}
