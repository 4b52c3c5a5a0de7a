/** The mark: a pickup from the side whose bed carries a bike's wheel. */
export function BrandMark({ className = "size-10" }: { className?: string }) {
  return <img src="/icon.svg" alt="" className={className} />;
}
