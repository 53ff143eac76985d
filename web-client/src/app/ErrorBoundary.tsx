import { Component, type ReactNode } from "react";
import { type WithTranslation, withTranslation } from "react-i18next";
import { Button } from "../ui/Button";
import { Message } from "./Message";

interface Props extends WithTranslation<"app"> {
  children: ReactNode;
}

/** When the page itself fails: say so and offer the one thing that helps. */
class Boundary extends Component<Props, { failed: boolean }> {
  override state = { failed: false };

  static getDerivedStateFromError() {
    return { failed: true };
  }

  override render() {
    if (!this.state.failed) return this.props.children;
    const { t } = this.props;
    return (
      <Message title={t("failed.title")} text={t("failed.text")}>
        <Button look="primary" onPress={() => location.reload()}>
          {t("reload")}
        </Button>
      </Message>
    );
  }
}

export const ErrorBoundary = withTranslation("app")(Boundary);
