// What must not happen on a page, whatever it shows: errors on the console, exceptions, dialogs,
// violations of the content security policy, requests to other places, elements that nobody of ours
// made. It is gathered from before the page's first script on, and read at the end.
import { expect, type Locator, type Page } from "@playwright/test";

declare global {
  interface Window {
    /** Texts that are taken for programs say so here. */
    naughty?: string[];
  }
}

/** Elements and attributes that none of our pages has, and markup in strange texts asks for. */
const STRANGE = [
  "iframe, frame, object, embed, applet, base, marquee, portal, audio, video, math, template, isindex",
  "meta[http-equiv], link[rel=import], form[action], [srcdoc], [formaction], [background], [ping]",
  "script:not([src^='/assets/'])",
  "img:not([src='/icon.svg'])",
  "svg image, svg foreignObject, svg use[href^='data:'], svg animate, svg script, svg set",
].join(", ");

export class Watched {
  readonly faults: string[] = [];

  /** Watches a page from now on. To be called before it goes anywhere. */
  static async on(page: Page, { allowed }: { allowed?: RegExp } = {}): Promise<Watched> {
    const watched = new Watched();
    const note = (fault: string): void => {
      if (!allowed?.test(fault)) watched.faults.push(fault.slice(0, 500));
    };
    page.on("dialog", (dialog) => {
      note(`dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on("pageerror", (error) => note(`exception: ${error.stack ?? error.message}`));
    page.on("popup", (popup) => note(`window: ${popup.url()}`));
    page.on("console", (message) => {
      if (message.type() !== "error" && message.type() !== "warning") return;
      note(`console: ${message.text()} ${message.location().url}`);
    });
    page.on("request", (asked) => {
      const { origin, protocol } = new URL(asked.url());
      const own = page.url() === "about:blank" ? origin : new URL(page.url()).origin;
      if (origin !== own && !["data:", "blob:"].includes(protocol)) note(`asked: ${asked.url()}`);
    });
    await page.addInitScript(() => {
      window.naughty = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        const { violatedDirective, blockedURI, sample } = event;
        window.naughty?.push(`policy: ${violatedDirective} ${blockedURI} ${sample}`);
      });
    });
    return watched;
  }

  /** Fails the test if anything happened, or stands in the page as it is now. */
  async expectInert(page: Page): Promise<void> {
    const found = await page.evaluate((strange) => {
      const faults = [...(window.naughty ?? [])];
      for (const one of document.querySelectorAll(strange)) faults.push(one.outerHTML);
      for (const one of document.querySelectorAll("*")) {
        for (const { name, value } of one.attributes) {
          const isAddress = ["href", "src", "xlink:href", "action"].includes(name);
          const isOurs =
            value.startsWith("data:image/") ||
            (URL.canParse(value, location.href) &&
              new URL(value, location.href).origin === location.origin);
          if (name.startsWith("on") || (isAddress && !isOurs)) faults.push(one.outerHTML);
        }
      }
      return faults.map((fault) => fault.slice(0, 300));
    }, STRANGE);
    expect([...this.faults, ...found]).toEqual([]);
  }
}

/** Characters that turn, hide or command: on a page they stand as escapes, never as themselves. */
const RAW =
  /[\u0000-\u0008\u000B-\u001F\u007F-\u009F\u00AD\u061C\u180E\u200B-\u200F\u2028-\u202E\u2060-\u2069\uFEFF\u{E0000}-\u{E007F}]/u;

/** The joiner within a picture belongs to what is seen. */
const JOINER =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\uFE0F?)\u200D(?=\p{Extended_Pictographic})/gu;

/** All that can be read or heard of a page now: texts, names, titles, hints. */
async function textsOf(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set([document.title]);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) found.add(walker.currentNode.nodeValue ?? "");
    for (const one of document.querySelectorAll("[title], [aria-label], [placeholder], [alt]")) {
      for (const name of ["title", "aria-label", "placeholder", "alt"]) {
        found.add(one.getAttribute(name) ?? "");
      }
    }
    return [...found];
  });
}

/** Fails the test where such a character stands in a text, an attribute, a hint or the title. */
export async function expectNothingRaw(page: Page): Promise<void> {
  const raw = (await textsOf(page)).filter((text) => RAW.test(text.replace(JOINER, "")));
  expect(raw.map((text) => JSON.stringify(text.slice(0, 200)))).toEqual([]);
}

/** Looks at all that a scrolling element holds, part by part. */
export async function throughAll(element: Locator, look: () => Promise<void>): Promise<number> {
  let parts = 0;
  for (let top = 0; ; parts += 1) {
    const { step, isLast } = await element.evaluate(async (scrolled, to) => {
      scrolled.scrollTop = to;
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      const { clientHeight, scrollHeight, scrollTop } = scrolled;
      return { step: clientHeight, isLast: scrollTop + clientHeight >= scrollHeight - 1 };
    }, top);
    await look();
    if (isLast) return parts + 1;
    top += step;
  }
}
