export { applyTheme as applyPageTheme } from "../lib/theme.ts";
