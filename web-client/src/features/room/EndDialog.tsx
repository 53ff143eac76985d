import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { Dialog } from "../../ui/Dialog";
import { useClassroom, useRoom } from "./context";

/** Ending is for everybody: it is asked once. */
export function EndDialog({ isOpen, onClose }: { isOpen: boolean; onClose: () => void }) {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const recorded = useRoom((state) => state.recording.state === "on" || state.recording.state === "paused");
  return (
    <Dialog
      question
      title={t("end.question")}
      isOpen={isOpen}
      onOpenChange={(open) => open || onClose()}
      actions={
        <>
          <Button onPress={onClose}>{t("end.stay")}</Button>
          <Button
            look="danger"
            data-testid="end-confirm"
            onPress={() => {
              classroom.act({ type: "end_seance" });
              onClose();
            }}
          >
            {t("end.confirm")}
          </Button>
        </>
      }
    >
      <p>{t("end.text")}</p>
      {recorded ? <p>{t("end.recorded")}</p> : null}
    </Dialog>
  );
}
