import { Button } from "@supportcarr/ui/Button";

interface MessagePageProps {
  title: string;
  help?: string;
  action: string;
  onAction: () => void;
}

/** A full page with one message and one action. */
export function MessagePage({ title, help, action, onAction }: MessagePageProps) {
  return (
    <main className="grid h-full place-items-center p-6">
      <div role="alert" className="max-w-sm text-center">
        <h1 className="text-lg font-semibold">{title}</h1>
        {help ? <p className="mt-2 text-sm text-(--muted)">{help}</p> : null}
        <Button onClick={onAction} className="mt-5">
          {action}
        </Button>
      </div>
    </main>
  );
}
