import { X } from "lucide-react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog } from "react-aria-components/Dialog";
import { Heading } from "react-aria-components/Heading";
import { Modal, ModalOverlay } from "react-aria-components/Modal";
import { useTranslation } from "react-i18next";
import { IconButton } from "./Button";
import styles from "./dialog.module.css";

interface DialogProps {
  title: string;
  isOpen: boolean;
  onOpenChange: (open: boolean) => void;
  /** A question that must be answered: it is announced at once and has no cross. */
  question?: boolean;
  children: ReactNode;
  /** Buttons, the safe one first. */
  actions?: ReactNode;
}

/** A window over the page: focus stays in it, Escape closes it, focus returns to what opened it. */
export function Dialog({ title, isOpen, onOpenChange, question = false, children, actions }: DialogProps) {
  const { t } = useTranslation("app");
  return (
    <ModalOverlay
      className={styles.overlay}
      isOpen={isOpen}
      onOpenChange={onOpenChange}
      isDismissable={!question}
    >
      <Modal className={styles.modal}>
        <AriaDialog className={styles.dialog} role={question ? "alertdialog" : "dialog"}>
          <div className={styles.head}>
            <Heading slot="title" level={2}>
              {title}
            </Heading>
            {question ? null : (
              <IconButton
                label={t("close")}
                icon={<X aria-hidden="true" />}
                onPress={() => onOpenChange(false)}
              />
            )}
          </div>
          <div className={styles.body}>{children}</div>
          {actions ? <div className={styles.actions}>{actions}</div> : null}
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}
