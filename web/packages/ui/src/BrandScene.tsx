import { TRUCK, WHEEL } from "./BrandMark.tsx";

/** The pickup on its way through the city at dusk, towards a pin.  Decoration for the first screen of an app. */
export function BrandScene({ className = "" }: { className?: string }) {
  return (
    <svg viewBox="0 0 360 176" preserveAspectRatio="xMidYMax slice" className={`w-full rounded-sheet bg-[#0b2b2f] ${className}`} aria-hidden="true">
      <circle cx="286" cy="52" r="24" fill="#174b4f" />
      <path d="M-10 136c52-8 78-62 128-62 40 0 58 32 104 36 54 4 90-22 150-20v60H-10Z" fill="#113b3f" />
      <g fill="#174b4f">
        <path d="M16 92h26v52H16zM50 108h20v36H50zM214 88h24v56h-24zM246 104h30v40h-30zM306 82h22v62h-22zM334 100h30v44h-30z" />
      </g>
      <g fill="#5eead4" opacity=".5">
        <path d="M22 99h4v5h-4zM32 111h4v5h-4zM56 115h4v5h-4zM220 96h4v5h-4zM229 108h4v5h-4zM254 111h4v5h-4zM266 120h4v5h-4zM312 91h4v5h-4zM319 103h4v5h-4zM344 108h4v5h-4z" />
      </g>
      <path d="M-10 144h380v40H-10z" fill="#06201f" />
      <path d="M-10 160h380" stroke="#2dd4bf" strokeWidth="3" strokeDasharray="16 14" opacity=".55" />
      <g className="drive">
        <g transform="translate(74 41) scale(4)">
          <path d={WHEEL} fill="#f59e0b" />
          <circle cx="9.9" cy="12" r="1.6" fill="#f59e0b" />
          <path d={TRUCK} fillRule="evenodd" fill="#fff" />
          <circle cx="8.8" cy="23.4" r="2.4" fill="#fff" />
          <circle cx="23.8" cy="23.4" r="2.4" fill="#fff" />
        </g>
        <path d="M56 108h18M44 120h28M60 132h12" stroke="#9cd9d0" strokeWidth="3" strokeLinecap="round" opacity=".6" />
      </g>
      <path d="M286 146s-17-19-17-33a17 17 0 0 1 34 0c0 14-17 33-17 33Z" fill="#2dd4bf" />
      <circle cx="286" cy="113" r="6.5" fill="#0b2b2f" />
    </svg>
  );
}
