import type { Page } from "playwright-core";

const TARGET_PX = 44;

/**
 * What a person would miss on this screen as it is now: text beyond the edge of the screen or cut off, controls that
 * nobody can scroll to or that something covers, and, for fingers, controls that are too small.
 */
export function findLayoutFaults(page: Page, { touch = false } = {}): Promise<string[]> {
  return page.evaluate((least) => {
    const faults = new Set<string>();
    const root = document.documentElement;
    const beyond = root.scrollWidth - root.clientWidth;
    if (beyond > 0) faults.add(`the page scrolls sideways by ${beyond} px`);

    const nameOf = (element: Element): string => {
      const words = element.getAttribute("aria-label") ?? (element instanceof HTMLInputElement ? element.labels?.[0]?.textContent : element.textContent) ?? "";
      return `${element.tagName.toLowerCase()} "${words.trim().replace(/\s+/g, " ").slice(0, 40)}"`;
    };
    /** Only for screen readers, or only a decoration. */
    const isUnseen = (element: Element): boolean => {
      for (let at: Element | null = element; at; at = at.parentElement) {
        const { width, height } = at.getBoundingClientRect();
        if (width <= 1 && height <= 1 && getComputedStyle(at).position === "absolute") return true;
        if (at.getAttribute("aria-hidden") === "true" || at.hasAttribute("inert")) return true;
      }
      return !element.checkVisibility({ opacityProperty: true, visibilityProperty: true });
    };
    const scrolls = (overflow: string) => overflow === "auto" || overflow === "scroll";
    const hides = (overflow: string) => overflow === "hidden" || overflow === "clip";

    // text
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const node = texts.currentNode;
      const holder = node.parentElement;
      if (!holder || !node.textContent?.trim() || holder.closest("script, style, option, .maplibregl-canvas-container, svg") || isUnseen(holder)) continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      const text = range.getBoundingClientRect();
      // what a title has in full, such as a long id, may be shortened
      if (text.width === 0 || holder.closest("[title]")?.getAttribute("title")?.includes(node.textContent.trim())) continue;
      let sideways = true; // whether what is beyond the edge is lost
      let downwards = true;
      for (let at: Element | null = holder; at && at !== root && (sideways || downwards); at = at.parentElement) {
        const style = getComputedStyle(at);
        const box = at.getBoundingClientRect();
        if (scrolls(style.overflowX)) sideways = false;
        if (scrolls(style.overflowY)) downwards = false;
        if (sideways && hides(style.overflowX) && (text.right > box.right + 1 || text.left < box.left - 1)) faults.add(`cut off at the side: "${node.textContent.trim().slice(0, 40)}"`);
        if (downwards && hides(style.overflowY) && text.bottom > box.bottom + 2) faults.add(`cut off below: "${node.textContent.trim().slice(0, 40)}"`);
        if (style.position === "fixed") break;
      }
      if (sideways && (text.right > root.clientWidth + 1 || text.left < -1)) faults.add(`beyond the screen: "${node.textContent.trim().slice(0, 40)}"`);
    }

    // controls
    const controls = document.querySelectorAll<HTMLElement>('a[href], button, input:not([type=hidden]), select, textarea, summary, [role=button], [role=tab], [role=switch], [tabindex="0"]');
    for (const control of controls) {
      const isChoice = control instanceof HTMLInputElement && /^(checkbox|radio|file)$/.test(control.type);
      const label = control instanceof HTMLInputElement ? control.labels?.[0] : undefined;
      const { width, height } = control.getBoundingClientRect();
      // a choice is as large as its label, which may be all that is seen of it
      const target = isChoice && label ? label : control;
      if ((!isChoice && width <= 1 && height <= 1) || isUnseen(target) || target.closest(".maplibregl-canvas-container, .mapboxgl-canvas-container")) continue;
      if (document.querySelector('[aria-modal=true], [role=alertdialog], [data-radix-focus-guard]') && !control.closest("[role=dialog], [role=alertdialog]")) continue; // behind a dialog
      const shape = target.getBoundingClientRect();
      const around = getComputedStyle(target, "::before"); // may make the target larger than what is seen of it
      const grown = (side: string) => (around.content !== "none" && around.position === "absolute" ? Math.max(0, -parseFloat(side) || 0) : 0);
      const box = { width: shape.width + grown(around.left) + grown(around.right), height: shape.height + grown(around.top) + grown(around.bottom) };
      const isCramped = /^(A|BUTTON)$/.test(control.tagName) && control.scrollWidth > control.clientWidth + 1 && getComputedStyle(control).display !== "inline";
      if (isCramped && control.textContent.trim() && !control.title) faults.add(`${nameOf(control)} is narrower than its text`);
      const inSentence = getComputedStyle(control).display === "inline" && [...(control.parentElement?.childNodes ?? [])].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent?.trim());
      if (least > 0 && !inSentence && (box.width < least - 0.5 || box.height < least - 0.5)) faults.add(`${nameOf(control)} is ${Math.round(box.width)} × ${Math.round(box.height)} px`);

      const hidden: [Element, number, number][] = []; // what hides its overflow scrolls only for scripts
      for (let at: Element | null = target.parentElement; at && at !== root; at = at.parentElement) {
        if (hides(getComputedStyle(at).overflowY)) hidden.push([at, at.scrollTop, at.scrollLeft]);
      }
      target.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
      for (const [element, top, left] of hidden) {
        element.scrollTop = top;
        element.scrollLeft = left;
      }
      const shown = target.getBoundingClientRect();
      const [x, y] = [shown.left + shown.width / 2, shown.top + shown.height / 2];
      const on = document.elementFromPoint(x, y);
      const isHit = (hit: Element | null) => hit !== null && (hit === target || target.contains(hit) || hit.contains(target) || label?.contains(hit) === true);
      if (x < 0 || y < 0 || x > innerWidth || y > innerHeight || !on) faults.add(`${nameOf(control)} cannot be scrolled to`);
      else if (!isHit(on) && !isHit(document.elementFromPoint(shown.left + shown.width / 4, y))) faults.add(`${nameOf(control)} is covered by ${nameOf(on)}`);
    }
    return [...faults];
  }, touch ? TARGET_PX : 0);
}
