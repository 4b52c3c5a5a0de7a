import type { Page } from "playwright-core";

/** What the page keeps of a walk with the Tab key. */
type Walk = Window & { unfocused: Map<Element, string>; unseen: Set<string>; reached: Set<Element>; endWalk: () => void };

const BATCH = 20;
const MOST_STOPS = 300;

/**
 * Walks through a screen with the Tab key.  Returns the controls that the key never reaches, and those that look the
 * same with the focus as without it.
 */
export async function findKeyboardFaults(page: Page): Promise<string[]> {
  const stops = await page.evaluate(() => {
    const walk = window as unknown as Walk;
    const nameOf = (element: Element) => `${element.tagName.toLowerCase()} "${[element.getAttribute("aria-label"), (element as Partial<HTMLInputElement>).labels?.[0]?.textContent, element.textContent].find(Boolean)?.trim().slice(0, 40) ?? ""}"`;
    /** How an element, its label and what is around it look; the focus must change something. */
    const lookOf = (element: Element): string => {
      const label = (element as HTMLInputElement).labels?.[0];
      return [element, element.nextElementSibling, element.parentElement, element.parentElement?.parentElement, label, ...(label?.children ?? [])]
        .filter((each) => each !== null && each !== undefined)
        .map((each) => {
          const { outlineStyle, outlineWidth, boxShadow, borderColor, backgroundColor } = getComputedStyle(each);
          return [outlineStyle === "none" ? "" : outlineWidth, boxShadow, borderColor, backgroundColor].join();
        })
        .join("|");
    };
    const groupOf = (element: Element) => (element.matches("input[type=radio]") ? `${(element as HTMLInputElement).form?.id ?? ""}/${(element as HTMLInputElement).name}` : null);

    // The key goes on from where the focus was last: that is now the beginning.
    const beginning = document.createElement("span");
    beginning.tabIndex = -1;
    document.body.prepend(beginning);
    beginning.focus();
    beginning.remove();

    const groups = new Map<string, Element>(); // one radio button of a group is a stop, the arrow keys lead to the others
    walk.unfocused = new Map();
    walk.reached = new Set();
    walk.unseen = new Set();
    const modal = document.querySelector("[aria-modal=true], [role=alertdialog]");
    for (const element of document.querySelectorAll<HTMLElement>('a[href], button, input:not([type=hidden]), select, textarea, summary, [tabindex="0"]')) {
      if (!element.checkVisibility({ visibilityProperty: true }) || element.closest("[inert], [aria-hidden=true]") || element.tabIndex < 0) continue;
      if ((element as HTMLButtonElement).disabled || element.hasAttribute("data-radix-focus-guard") || (modal && !modal.contains(element))) continue;
      const group = groupOf(element);
      if (group !== null) {
        if (groups.has(group)) continue;
        groups.set(group, element);
      }
      walk.unfocused.set(element, lookOf(element));
    }
    const onFocus = ({ target }: FocusEvent) => {
      const element = target as Element;
      const group = groupOf(element);
      const stop = group === null ? element : (groups.get(group) ?? element);
      walk.reached.add(stop);
      if (document.activeElement !== element) return; // it has passed the focus on
      if (stop === element && walk.unfocused.get(element) === lookOf(element)) walk.unseen.add(`the focus on ${nameOf(element)} is not seen`);
    };
    document.addEventListener("focusin", onFocus);
    walk.endWalk = () => document.removeEventListener("focusin", onFocus);
    const parts = document.querySelectorAll("input[type=date], input[type=time], input[type=datetime-local]").length * 8; // day, month, ... are stops
    return walk.unfocused.size + parts;
  });
  // A list that is live has more stops by then than at the beginning: the walk goes on, once round at most.
  const left = () =>
    page.evaluate(() => {
      const { unfocused, reached } = window as unknown as Walk;
      return [...unfocused.keys()].filter((element) => !reached.has(element) && element.isConnected).length;
    });
  for (let pressed = 0; pressed < Math.min(2 * stops + 2, MOST_STOPS); pressed += BATCH) {
    if (pressed >= stops + 2 && (await left()) === 0) break;
    await Promise.all(Array.from({ length: Math.min(BATCH, 2 * stops + 2 - pressed) }, () => page.keyboard.press("Tab")));
  }
  return page.evaluate((most) => {
    const { unfocused, unseen, reached, endWalk } = window as unknown as Walk;
    endWalk();
    (document.activeElement as HTMLElement | null)?.blur();
    // what has gone meanwhile, as in a list that is live, could not be reached
    const unreached = [...unfocused.keys()].filter((element) => !reached.has(element) && element.isConnected && unfocused.size <= most);
    return [...unseen, ...unreached.map((element) => `Tab does not reach ${element.tagName.toLowerCase()} "${(element.getAttribute("aria-label") ?? element.textContent).trim().slice(0, 40)}"`)];
  }, MOST_STOPS);
}
