/** The mark: a pickup from the side whose bed carries a bike's wheel. */
export function BrandMark({ className = "size-10" }: { className?: string }) {
  return <img src="/driver/icon.svg" alt="" className={className} />;
}
