import { Buffer } from "node:buffer";

import type { Browser } from "playwright-core";

/** What a made-up paper says: a title, and lines of a name and a value. */
export interface Paper {
  title: string;
  lines: Record<string, string>;
  colour?: string;
}

const escape = (text: string): string => text.replace(/[&<>]/g, (letter) => `&#${letter.charCodeAt(0)};`);

/** A photo (JPEG) of a made-up paper: what a phone would take of a driving licence on a table. */
export async function photograph(browser: Browser, { title, lines, colour = "#dbeafe" }: Paper): Promise<Buffer> {
  const page = await browser.newPage({ viewport: { width: 1600, height: 1100 } });
  try {
    const rows = Object.entries(lines).map(([name, value]) => `<dt>${escape(name)}</dt><dd>${escape(value)}</dd>`);
    await page.setContent(`<style>
      body { margin: 0; height: 100vh; display: grid; place-items: center; background: radial-gradient(#9a8266, #4d3b2a); font-family: sans-serif }
      main { width: 1200px; padding: 48px 56px; box-sizing: border-box; border-radius: 36px; background: linear-gradient(135deg, ${colour}, #fff); transform: rotate(-2.5deg); box-shadow: 0 30px 60px #0009 }
      h1 { margin: 0 0 32px; font-size: 46px; letter-spacing: 2px } dl { display: grid; grid-template-columns: 320px 1fr; gap: 22px; font-size: 38px; margin: 0 } dt { color: #475569 } dd { margin: 0; font-weight: 600 }
    </style><main><h1>${escape(title)}</h1><dl>${rows.join("")}</dl></main>`);
    return await page.screenshot({ type: "jpeg", quality: 80 });
  } finally {
    await page.close();
  }
}
