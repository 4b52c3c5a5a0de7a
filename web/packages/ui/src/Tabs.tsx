import * as Radix from "@radix-ui/react-tabs";
import type { ReactNode } from "react";

export interface TabSpec {
  value: string;
  title: ReactNode;
  content: ReactNode;
}

/** Tabs above one scrolling region; the arrow keys change them. */
export function Tabs({ label, tabs }: { label: string; tabs: readonly TabSpec[] }) {
  return (
    <Radix.Root defaultValue={tabs[0]?.value ?? ""} className="flex min-h-0 flex-1 flex-col">
      <Radix.List aria-label={label} className="flex border-b border-(--line) px-2 text-sm">
        {tabs.map(({ value, title }) => (
          <Radix.Trigger
            key={value}
            value={value}
            className="border-b-2 border-transparent px-3 py-2.5 font-medium text-(--quiet) -outline-offset-2 data-[state=active]:border-brand-600 data-[state=active]:text-(--ink)"
          >
            {title}
          </Radix.Trigger>
        ))}
      </Radix.List>
      {tabs.map(({ value, content }) => (
        <Radix.Content key={value} value={value} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2">
          {content}
        </Radix.Content>
      ))}
    </Radix.Root>
  );
}
