import { CircleCheck, LoaderCircle, RefreshCw, TriangleAlert } from "lucide-react";
import { useEffect, useState } from "react";
import { useTranslation } from "react-i18next";
import type { IceServer } from "../../protocol/generated/protocol";
import { type CheckResult, checkConnection } from "../../rtc/check";
import { Button } from "../../ui/Button";
import { Advice } from "./Advice";
import styles from "./lobby.module.css";

/** Above this, a conversation feels slow. */
const SLOW_MS = 250;

/** Says in plain words whether sound and pictures will get through, and which way. */
export function ConnectionCheck({ ticket, iceServers }: { ticket: string; iceServers: IceServer[] }) {
  const { t } = useTranslation("lobby");
  const [result, setResult] = useState<CheckResult>({ state: "running" });
  const [attempt, setAttempt] = useState(0);

  // biome-ignore lint/correctness/useExhaustiveDependencies: `attempt` asks for another run, fresh credentials do not
  useEffect(() => {
    const stop = new AbortController();
    setResult({ state: "running" });
    void checkConnection(ticket, iceServers, stop.signal).then((found) => {
      if (!stop.signal.aborted) setResult(found);
    });
    return () => stop.abort();
  }, [ticket, attempt]);

  const slow = result.state === "ok" && (result.roundTripMs ?? 0) > SLOW_MS;
  const fine = result.state === "ok" && !slow;
  const words =
    result.state === "ok"
      ? t(`check.way.${result.way}`)
      : result.state === "blocked" && result.sound
        ? t("check.bySocket")
        : t(`check.${result.state}`);
  const advised = result.state === "blocked" || (result.state === "ok" && result.way === "relay");
  const Icon = result.state === "running" ? LoaderCircle : fine ? CircleCheck : TriangleAlert;
  return (
    <div
      className={styles.check}
      data-state={slow ? "slow" : result.state}
      role="status"
      data-testid="lobby-check"
    >
      <Icon aria-hidden="true" className={result.state === "running" ? styles.turning : undefined} />
      <div className={styles.checkWords}>
        <p
          data-testid="lobby-way"
          data-way={
            result.state === "ok"
              ? result.way
              : result.state === "blocked" && result.sound
                ? "page"
                : undefined
          }
        >
          {words}
        </p>
        {slow && result.state === "ok" ? <p>{t("check.slow", { ms: result.roundTripMs })}</p> : null}
        {advised ? <Advice openings={result.openings} /> : null}
      </div>
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
