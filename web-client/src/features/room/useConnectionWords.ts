import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { announce } from "../../app/announcer";
import { toast } from "../../ui/toast";
import { useClassroom, useLasting, useRoom } from "./context";

/** A moment of weakness is not worth a word; neither is a moment of strength after it. */
const POOR_MS = 4_000;
const BETTER_MS = 15_000;

/** Says once that the own connection has become weak and what helps, and once that it is better. */
export function useConnectionWords(): void {
  const { t } = useTranslation("room");
  const classroom = useClassroom();
  const poor = useRoom((state) => state.quality?.level === "poor");
  const lastingly = useLasting(poor, POOR_MS);
  const recovered = useLasting(!poor, BETTER_MS);
  const [told, setTold] = useState(false);
  useEffect(() => {
    if (lastingly && !told) {
      setTold(true);
      const camera = classroom.media.getState().own.camera.on;
      toast(t(camera ? "said.quality.poor" : "said.quality.poorWithoutCamera"), "warn");
    } else if (recovered && told) {
      setTold(false);
      announce(t("said.quality.better"));
    }
  }, [lastingly, recovered, told, classroom, t]);
}
