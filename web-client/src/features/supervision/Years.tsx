import { useRef } from "react";
import { useTranslation } from "react-i18next";
import { Select } from "../../ui/Select";
import { schoolYears } from "./years";

interface YearsProps {
  /** Empty: the present one. */
  value: string;
  onChange: (year: string) => void;
  /** An answer about that year; the first one is about the present year. */
  answer: { year: number; schoolYear: string } | undefined;
}

/** The choice of a school year. */
export function Years({ value, onChange, answer }: YearsProps) {
  const { t } = useTranslation("supervision");
  const present = useRef<YearsProps["answer"]>(undefined);
  if (!value && answer) present.current = answer;
  const options = present.current ? schoolYears(present.current) : [];
  return (
    <Select
      label={t("year")}
      value={value || (options[0]?.value ?? "")}
      options={options}
      disabled={options.length === 0}
      onChange={onChange}
    />
  );
}
