import js from "@eslint/js";
import boundaries from "eslint-plugin-boundaries";
import checkFile from "eslint-plugin-check-file";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// app → features → lib → packages; a feature never imports another; no barrel files.
const elements = [
  { type: "app", pattern: "apps/*/src/app", mode: "folder", capture: ["name"] },
  { type: "entry", pattern: "apps/*/src/main.tsx", mode: "file" },
  { type: "feature", pattern: "apps/*/src/features/*", mode: "folder", capture: ["name", "feature"] },
  { type: "lib", pattern: "apps/*/src/lib", mode: "folder" },
  { type: "package", pattern: "packages/*/src", mode: "folder", capture: ["package"] },
];

// All texts can be translated in one place: lib/messages (or lib/texts.ts of the console).
const literalTexts = [
  { selector: "JSXText[value=/[A-Za-z]{2}/]", message: "Put the text into lib/messages (or lib/texts.ts)." },
  { selector: "JSXAttribute[name.name=/^(aria-label|title|placeholder|alt|label)$/] > Literal[value=/[A-Za-z]{2}/]", message: "Put the text into lib/messages (or lib/texts.ts)." },
];

const queryKeys = [
  { selector: "Property[key.name='queryKey'] ArrayExpression", message: "Use the key of a query in lib/api." },
];

export default ts.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/*.d.ts"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js", "scripts/*.js"] }, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries, "check-file": checkFile, "react-hooks": hooks },
    settings: {
      "boundaries/elements": elements,
      "boundaries/dependency-nodes": ["import", "export", "dynamic-import"],
      // The default resolver (node) does not read `exports`, and what it cannot resolve is not checked.
      "import/resolver": { typescript: { project: ["tsconfig.json", "apps/*/tsconfig.json"] } },
    },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      "no-restricted-syntax": ["error", ...literalTexts, ...queryKeys],
      // What is not in the `exports` of a package is private to it.
      "no-restricted-imports": [
        "error",
        {
          patterns: [
            { group: ["@supportcarr/*/src", "@supportcarr/*/src/**"], message: "Import from the package's exports, for example @supportcarr/ui/Button." },
            { group: ["**/packages/**", "**/apps/**"], message: "Import packages by their names; apps are not imported." },
          ],
        },
      ],
      // Components (.tsx) in PascalCase, everything else in camelCase, folders in kebab-case; a test has the name of
      // what it tests.
      "check-file/filename-naming-convention": ["error", { "**/!(*.test).tsx": "PASCAL_CASE", "**/!(*.test).{ts,js}": "CAMEL_CASE" }, { ignoreMiddleExtensions: true }],
      "check-file/folder-naming-convention": ["error", { "{apps,packages,e2e}/**/": "KEBAB_CASE" }],
      "boundaries/element-types": [
        "error",
        {
          default: "disallow",
          rules: [
            { from: ["entry"], allow: ["app", "package"] },
            { from: ["app"], allow: ["app", "feature", "lib", "package"] },
            { from: ["feature"], allow: [["feature", { name: "${from.name}", feature: "${from.feature}" }], "lib", "package"] },
            { from: ["lib"], allow: ["lib", "package"] },
            { from: ["package"], allow: ["package"] },
          ],
        },
      ],
    },
  },
  { files: ["apps/*/src/lib/api/**", "packages/*/src/api/**", "**/*.test.{ts,tsx}"], rules: { "no-restricted-syntax": ["error", ...literalTexts] } },
  // The entry point of a page, which index.html names.
  { files: ["apps/*/src/main.tsx", "e2e/*/main.tsx"], rules: { "check-file/filename-naming-convention": "off" } },
  // A vitest fixture that needs no other fixture is written with an empty pattern.
  { files: ["e2e/**"], rules: { "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }] } },
  // The tests read what a button says from the app's own messages.
  { files: ["e2e/support/texts.ts"], rules: { "no-restricted-imports": "off" } },
  { files: ["eslint.config.js", "scripts/*.js"], ...ts.configs.disableTypeChecked },
);
