import { Button } from "@supportcarr/ui/src/Button.tsx";
import { Component, type ReactNode } from "react";

import { texts } from "../lib/texts.ts";

/** Catches what a component threw: a plain page with a way on, not a blank one. */
export class Broken extends Component<{ children: ReactNode }, { broken: boolean }> {
  override state = { broken: false };

  static getDerivedStateFromError(): { broken: boolean } {
    return { broken: true };
  }

  override render(): ReactNode {
    if (!this.state.broken) return this.props.children;
    return <Message title={texts.page.broken} help={texts.page.brokenHelp} action={texts.page.reload} onAction={() => location.reload()} />;
  }
}

/** A page that holds one sentence and one thing to do. */
export function Message({ title, help, action, onAction }: { title: string; help?: string; action: string; onAction: () => void }) {
  return (
    <main className="grid h-full place-items-center p-6">
      <div role="alert" className="max-w-sm text-center">
        <h1 className="text-lg font-semibold">{title}</h1>
        {help ? <p className="mt-2 text-sm text-(--quiet)">{help}</p> : null}
        <Button onClick={onAction} className="mt-5">
          {action}
        </Button>
      </div>
    </main>
  );
}
