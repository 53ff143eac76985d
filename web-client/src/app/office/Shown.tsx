import type { UseQueryResult } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { useFailureWords } from "./asking";

interface ShownProps<Answer> {
  of: UseQueryResult<Answer>;
  children: (answer: Answer) => ReactNode;
}

/** Part of a screen that waits for an answer, and says what happened when there is none. */
export function Shown<Answer>({ of, children }: ShownProps<Answer>) {
  const { t } = useTranslation("app");
  const words = useFailureWords();
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error) {
    return (
      <Note tone="warn" role="alert">
        <TriangleAlert aria-hidden="true" />
        <span>
          {words(of.error)}{" "}
          <Button size="small" look="quiet" onPress={() => void of.refetch()}>
            {t("retry")}
          </Button>
        </span>
      </Note>
    );
  }
  return <p role="status">{t("loading")}</p>;
}
