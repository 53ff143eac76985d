import type { ComponentProps } from "react";
import { useTranslation } from "react-i18next";
import { Line } from "../../app/office/Form";

/** Characters, at least; the server counts again. */
const SHORTEST = 12;

/** A line for a password to be chosen, with its rule above it. */
export function NewPassword(props: Omit<ComponentProps<typeof Line>, "type">) {
  const { t } = useTranslation("login");
  return (
    <Line
      {...props}
      hint={t("rule", { count: SHORTEST })}
      type="password"
      autoComplete="new-password"
      required
      minLength={SHORTEST}
    />
  );
}
