import js from "@eslint/js";
import boundaries from "eslint-plugin-boundaries";
import hooks from "eslint-plugin-react-hooks";
import ts from "typescript-eslint";

// app → features → (components, lib) → packages; a feature never imports another; no barrels.
const elements = [
  { type: "app", pattern: "apps/*/src/app", mode: "folder", capture: ["name"] },
  { type: "entry", pattern: "apps/*/src/main.tsx", mode: "file" },
  { type: "feature", pattern: "apps/*/src/features/*", mode: "folder", capture: ["name", "feature"] },
  { type: "lib", pattern: "apps/*/src/lib", mode: "folder" },
  { type: "package", pattern: "packages/*/src", mode: "folder", capture: ["package"] },
];

export default ts.config(
  { ignores: ["**/dist/**", "**/node_modules/**", "**/*.d.ts"] },
  js.configs.recommended,
  ...ts.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: { allowDefaultProject: ["eslint.config.js"] }, tsconfigRootDir: import.meta.dirname } },
    plugins: { boundaries, "react-hooks": hooks },
    settings: {
      "boundaries/elements": elements,
      "import/resolver": { node: { extensions: [".ts", ".tsx", ".d.ts"] } },
    },
    rules: {
      "react-hooks/rules-of-hooks": "error",
      "react-hooks/exhaustive-deps": "error",
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true }],
      "@typescript-eslint/no-confusing-void-expression": ["error", { ignoreArrowShorthand: true }],
      // Words are kept where they can be translated: in an app's lib/texts.ts.
      "no-restricted-syntax": [
        "error",
        { selector: "JSXText[value=/[A-Za-z]{2}/]", message: "Put the words into lib/texts.ts." },
        { selector: "JSXAttribute[name.name=/^(aria-label|title|placeholder|alt|label)$/] > Literal[value=/[A-Za-z]{2}/]", message: "Put the words into lib/texts.ts." },
      ],
      "boundaries/element-types": [
        "error",
        {
          default: "disallow",
          rules: [
            { from: ["entry"], allow: ["app"] },
            { from: ["app"], allow: ["app", "feature", "lib", "package"] },
            { from: ["feature"], allow: [["feature", { name: "${from.name}", feature: "${from.feature}" }], "lib", "package"] },
            { from: ["lib"], allow: ["lib", "package"] },
            { from: ["package"], allow: ["package"] },
          ],
        },
      ],
    },
  },
  // A fixture that needs no other is written with an empty pattern.
  { files: ["e2e/**"], rules: { "no-empty-pattern": ["error", { allowObjectPatternsAsParameters: true }] } },
  { files: ["eslint.config.js"], ...ts.configs.disableTypeChecked },
);
