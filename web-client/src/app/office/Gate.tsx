import type { ComponentProps, ReactNode } from "react";
import { Card } from "../../ui/Card";
import layout from "../../ui/layout.module.css";
import { Page } from "../Page";
import { Form, Submit } from "./Form";

interface GateProps extends ComponentProps<typeof Form> {
  title: string;
  intro: string;
  submit: string;
  icon?: ReactNode;
  testId: string;
  footer?: ReactNode;
}

/** A page with one small form that opens the rest: logging in, choosing a password. */
export function Gate({ title, intro, submit, icon, testId, footer, children, ...form }: GateProps) {
  return (
    <Page title={title}>
      <div className={layout.narrow}>
        <Card>
          <Form {...form}>
            <h1>{title}</h1>
            <p className={layout.intro}>{intro}</p>
            {children}
            <Submit size="large" wide icon={icon} data-testid={testId}>
              {submit}
            </Submit>
          </Form>
        </Card>
      </div>
      {footer}
    </Page>
  );
}
