import { Button } from "@supportcarr/ui/Button";
import { setTheme, useThemeSetting } from "@supportcarr/ui/theme";

import { texts } from "../lib/texts.ts";

/** Switches to the other of the two schemes. */
export function ThemeButton() {
  const next = useThemeSetting(({ theme }) => (theme === "dark" ? "light" : "dark"));
  const name = texts.header[next];
  return (
    <Button variant="ghost" onClick={() => setTheme(next)} aria-label={texts.header.theme(name)}>
      {name}
    </Button>
  );
}
