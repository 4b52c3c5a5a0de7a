export type Block = { kind: "title" | "heading" | "paragraph" | "note"; text: string } | { kind: "list"; items: string[] };

/** The blocks of a text in plain Markdown: `#`, `##`, `>`, `-` and paragraphs; nothing inside a line is marked up. */
export function blocksOf(markdown: string): Block[] {
  return markdown
    .split(/\r?\n\s*\r?\n/)
    .map((block) => block.trim())
    .filter((block) => block !== "")
    .map((block): Block => {
      const lines = block.split(/\r?\n/);
      const text = (pattern: RegExp) => lines.map((line) => line.replace(pattern, "")).join(" ");
      if (block.startsWith("# ")) return { kind: "title", text: block.slice(2) };
      if (/^#{2,}\s/.test(block)) return { kind: "heading", text: block.replace(/^#+\s+/, "") };
      if (lines.every((line) => /^[-*]\s/.test(line))) return { kind: "list", items: lines.map((line) => line.slice(2)) };
      if (block.startsWith(">")) return { kind: "note", text: text(/^>\s?/) };
      return { kind: "paragraph", text: text(/^\s+/) };
    });
}
