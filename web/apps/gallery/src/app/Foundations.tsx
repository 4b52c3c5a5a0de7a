import { BrandMark } from "@supportcarr/ui/BrandMark";
import { BrandScene } from "@supportcarr/ui/BrandScene";

import { texts } from "../lib/texts.ts";
import { Section } from "./Section.tsx";

export const Brand = () => (
  <Section title={texts.sections.brand}>
    <div className="flex flex-wrap items-center gap-x-8 gap-y-4">
      <span className="flex items-center gap-3">
        <BrandMark className="size-16" />
        <span className="display text-2xl font-extrabold tracking-tight">{texts.product}</span>
      </span>
      <span className="flex items-end gap-3">
        <BrandMark className="size-10" plain />
        <BrandMark className="size-6" plain />
        <BrandMark className="size-4" plain />
      </span>
    </div>
    <BrandScene className="mt-5 h-44" />
    <p className="mt-5 border-l-4 border-(--signal) pl-4 text-lg">
      {texts.brand.idea} <span className="text-(--muted)">{texts.brand.voice}</span>
    </p>
  </Section>
);

export const Type = () => (
  <Section title={texts.sections.type}>
    <dl className="space-y-3">
      {texts.type.map(([className, size, sample]) => (
        <div key={className} className="flex items-baseline gap-4">
          <dt className="w-7 shrink-0 text-xs text-(--muted) tabular-nums">{size}</dt>
          <dd className={`min-w-0 leading-tight wrap-break-word ${className} ${Number(size) >= 20 ? "display font-bold" : ""}`}>{sample}</dd>
        </div>
      ))}
    </dl>
  </Section>
);

export const Colours = () => (
  <Section title={texts.sections.colours} wide>
    <ul className="grid grid-cols-2 gap-2 sm:grid-cols-3 lg:grid-cols-6">
      {texts.colours.map(([ground, text]) => (
        <li key={ground} style={{ background: `var(${ground ?? ""})`, color: `var(${text ?? ""})` }} className="flex min-h-20 flex-col justify-end rounded-card border border-(--border) p-3 text-xs font-medium wrap-anywhere">
          <span>{ground}</span>
          <span>{text}</span>
        </li>
      ))}
    </ul>
  </Section>
);
