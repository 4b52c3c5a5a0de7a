import type { ReactNode } from "react";

export interface ListRowProps {
  icon?: ReactNode;
  title: ReactNode;
  detail?: ReactNode;
  end?: ReactNode;
  onPress?: () => void;
  href?: string;
}

export function ListRow({ icon, title, detail, end, onPress, href }: ListRowProps) {
  const content = (
    <>
      {icon ? <span className="shrink-0 text-(--muted)">{icon}</span> : null}
      <span className="min-w-0 flex-1 text-left">
        <span className="block wrap-anywhere">{title}</span>
        {detail ? <span className="block text-sm text-(--muted) wrap-anywhere">{detail}</span> : null}
      </span>
      {end}
    </>
  );
  const className = "flex min-h-13 w-full items-center gap-3 py-2.5";
  if (href) return <a href={href} className={className}>{content}</a>;
  if (onPress) return <button type="button" onClick={onPress} className={className}>{content}</button>;
  return <div className={className}>{content}</div>;
}
