import * as RadixTabs from "@radix-ui/react-tabs";
import type { ReactNode } from "react";

export interface Tab {
  value: string;
  title: ReactNode;
  content: ReactNode;
}

interface TabsProps {
  label: string;
  tabs: readonly Tab[];
  /** The selected tab. */
  value: string;
  onValueChange: (value: string) => void;
}

/** Controlled tabs above one scrolling region; the arrow keys switch between them. */
export function Tabs({ label, tabs, value: selected, onValueChange }: TabsProps) {
  return (
    <RadixTabs.Root value={selected} onValueChange={onValueChange} className="flex min-h-0 flex-1 flex-col">
      <RadixTabs.List aria-label={label} className="flex border-b border-(--border) px-2 text-sm">
        {tabs.map(({ value, title }) => (
          <RadixTabs.Trigger
            key={value}
            value={value}
            className="border-b-2 border-transparent px-3 py-2.5 font-medium text-(--muted) -outline-offset-2 data-[state=active]:border-(--accent) data-[state=active]:text-(--text)"
          >
            {title}
          </RadixTabs.Trigger>
        ))}
      </RadixTabs.List>
      {tabs.map(({ value, content }) => (
        <RadixTabs.Content key={value} value={value} className="min-h-0 flex-1 overflow-y-auto -outline-offset-2">
          {content}
        </RadixTabs.Content>
      ))}
    </RadixTabs.Root>
  );
}
