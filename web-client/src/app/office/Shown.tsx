import type { UseQueryResult } from "@tanstack/react-query";
import { TriangleAlert } from "lucide-react";
import type { ReactNode } from "react";
import { useTranslation } from "react-i18next";
import { Refused } from "../../protocol/rest";
import { Button } from "../../ui/Button";
import { Note } from "../../ui/Card";
import { useFailureWords } from "./asking";

interface ShownProps<Answer> {
  of: UseQueryResult<Answer>;
  children: (answer: Answer) => ReactNode;
}

/** Part of a screen that waits for an answer, and says what happened when there is none, or none any more. */
export function Shown<Answer>({ of, children }: ShownProps<Answer>) {
  const { t } = useTranslation("app");
  if (of.data !== undefined) {
    return (
      <>
        {of.error ? <Failure of={of} stale /> : null}
        {children(of.data)}
      </>
    );
  }
  if (of.error) return <Failure of={of} />;
  return <p role="status">{t("loading")}</p>;
}

/** Why there is no answer, and the way to ask again; `stale` when an older one is still shown. */
function Failure({ of, stale = false }: { of: UseQueryResult<unknown>; stale?: boolean }) {
  const { t } = useTranslation("app");
  const words = useFailureWords();
  return (
    <Note tone="warn" role="alert" data-testid="failure">
      <TriangleAlert aria-hidden="true" />
      <span>
        {words(of.error)} {stale ? t("unreachable.stale") : null}
      </span>
      {isFinal(of.error) ? null : (
        <Button size="small" isPending={of.isFetching} onPress={() => void of.refetch()} data-testid="retry">
          {t("retry")}
        </Button>
      )}
    </Note>
  );
}

/** The server said no and will say it again: there is nothing to try. */
function isFinal(error: unknown): boolean {
  return error instanceof Refused && error.status >= 400 && error.status < 500 && error.status !== 429;
}
