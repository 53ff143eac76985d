import { CircleCheck, LoaderCircle, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import { type CheckResult, checkConnection } from "../../rtc/check";
import { Button } from "../../ui/Button";
import styles from "./lobby.module.css";

/** Above this, a conversation feels slow. */
const SLOW_MS = 250;

/** Says in plain words whether sound and pictures will get through. */
export function ConnectionCheck({ ticket }: { ticket: string }) {
  const { t } = useTranslation("lobby");
  const [result, setResult] = useState<CheckResult>({ state: "running" });
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for another run
  useEffect(() => {
    const stop = new AbortController();
    setResult({ state: "running" });
    void checkConnection(ticket, stop.signal).then((found) => {
      if (!stop.signal.aborted) setResult(found);
    });
    return () => stop.abort();
  }, [ticket, attempt]);

  const fine = result.state === "ok";
  const slow = result.state === "ok" && (result.roundTripMs ?? 0) > SLOW_MS;
  const words =
    slow && result.state === "ok" ? t("check.slow", { ms: result.roundTripMs }) : t(`check.${result.state}`);
  const Icon = result.state === "running" ? LoaderCircle : fine && !slow ? CircleCheck : TriangleAlert;
  return (
    <div
      className={styles.check}
      data-state={slow ? "slow" : result.state}
      role="status"
      data-testid="lobby-check"
    >
      <Icon aria-hidden="true" className={result.state === "running" ? styles.turning : undefined} />
      <p>{words}</p>
      {result.state === "blocked" || result.state === "unreachable" ? (
        <Button
          look="quiet"
          size="small"
          icon={<RefreshCw aria-hidden="true" />}
          onPress={() => setAttempt(attempt + 1)}
        >
          {t("check.again")}
        </Button>
      ) : null}
    </div>
  );
}
