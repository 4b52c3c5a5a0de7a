import { BrandMark } from "@supportcarr/ui/BrandMark";
import { Button } from "@supportcarr/ui/Button";

interface MessagePageProps {
  title: string;
  help?: string;
  /** Without one nobody has to do anything. */
  action?: string;
  onAction?: () => void;
}

/** A full page with one message and at most one action. */
export function MessagePage({ title, help, action, onAction }: MessagePageProps) {
  return (
    <main className="grid h-full place-items-center p-6">
      <div role="alert" className="max-w-sm text-center">
        <BrandMark className="mx-auto mb-4 size-12" />
        <h1 className="text-lg font-semibold">{title}</h1>
        {help ? <p className="mt-2 text-sm text-(--muted)">{help}</p> : null}
        {action ? (
          <Button onClick={onAction} className="mt-5">
            {action}
          </Button>
        ) : null}
      </div>
    </main>
  );
}
