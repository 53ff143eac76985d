import { useTranslation } from "react-i18next";
import { lengthOf } from "../../app/dates";
import type { Template } from "../../protocol/office";

const minutes = (count: number) => lengthOf(count * 60_000);

/** What a template decides, in one sentence. */
export function useSentence(): (template: Template, durationMin: number) => string {
  const { t } = useTranslation("planning");
  return (template, durationMin) => {
    const { threshold: rule } = template;
    const threshold = rule.mode === "fixed" ? rule.minutes : Math.floor((durationMin + 1) / 2);
    return [
      template.accessBeforeMin > 0
        ? t("sentence.opens", { label: template.name, before: minutes(template.accessBeforeMin) })
        : t("sentence.opensAtStart", { label: template.name }),
      ...(template.lobby === "host_absent" ? [t("sentence.waits")] : []),
      threshold > 0 ? t("sentence.present", { threshold: minutes(threshold) }) : t("sentence.untracked"),
      t(template.recorded ? "sentence.recorded" : "sentence.notRecorded"),
      t(template.guests ? "sentence.guests" : "sentence.noGuests"),
    ].join(" ");
  };
}
