// Strings that programs trip over, of the kinds that lists of such strings have, made here: markup,
// handlers, addresses with schemes, signs that turn or hide text, escapes of terminals, piles of
// marks, halves of characters, templates, formulas, queries, words that look like values.

const CALL = "window.naughty.push('ran')";

const handlers = ["onerror", "onload", "onclick", "onmouseover", "onfocus", "ontoggle", "onbegin"];
handlers.push("onanimationstart", "onpointerenter", "onscroll", "onwheel", "onauxclick");

const holders = ["img src=x", "svg", "body", "input autofocus", "details open", "video src=x", "a"];
holders.push("iframe", "marquee", "select autofocus", "style", "math", "audio src=x", "object");

const schemes = ["javascript:", "JaVaScRiPt:", "java\tscript:", "\u0001javascript:", "vbscript:"];
schemes.push(
  "data:text/html,",
  "data:text/html;base64,",
  "blob:",
  "file:///",
  "jar:",
  "view-source:",
);

const outOf = ["", '"', "'", '">', "'>", "</title>", "</script>", "</textarea>", "</style>", "-->"];
outOf.push("]]>", "<!--", "`", "${", "\\", "\\u0022", "&quot;", "&#34;", "*/", "//");

function markup(): string[] {
  const all: string[] = [];
  for (const handler of handlers) {
    for (const holder of holders.slice(0, 11)) all.push(`<${holder} ${handler}=${CALL}>`);
  }
  for (const holder of holders) all.push(`<${holder} onload="${CALL}">x`);
  for (const begin of outOf) all.push(`${begin}<script>${CALL}</script>`);
  for (const scheme of schemes) {
    all.push(`${scheme}${CALL}`);
    all.push(`<a href="${scheme}${CALL}">here</a>`);
    all.push(`[here](${scheme}${CALL})`);
    all.push(`<iframe src="${scheme}${CALL}"></iframe>`);
  }
  all.push(
    `<base href="https://example.invalid/">`,
    `<meta http-equiv=refresh content="0;url=https://example.invalid/">`,
    `<link rel=stylesheet href="https://example.invalid/a.css">`,
    `<img src="https://example.invalid/a.png">`,
    `<form action="https://example.invalid/"><input name=token><button>Log in</button></form>`,
    `<style>*{display:none}@import "https://example.invalid/a.css"</style>`,
    `<svg><animate attributeName=href values="javascript:${CALL}" /><a id=x>x</a></svg>`,
    `<svg><foreignObject><iframe src=x></iframe></foreignObject></svg>`,
    `<template><script>${CALL}</script></template>`,
    `<noscript><p title="</noscript><img src=x onerror=${CALL}>">`,
    `<math><mtext></mtext><mglyph><style><img src=x onerror=${CALL}></style></mglyph></math>`,
    `<SCRIPT SRC=//example.invalid/x.js></SCRIPT>`,
    `<scr<script>ipt>${CALL}</scr</script>ipt>`,
    `%3Cscript%3E${CALL}%3C/script%3E`,
    `&lt;script&gt;${CALL}&lt;/script&gt;`,
    `&#60;script&#62;${CALL}&#60;/script&#62;`,
    `\\x3cscript\\x3e${CALL}\\x3c/script\\x3e`,
    `<\u0000script>${CALL}</script>`,
    `\uFF1Cscript\uFF1E${CALL}\uFF1C/script\uFF1E`,
  );
  return all;
}

function templates(): string[] {
  const inner = ["7*7", CALL, "constructor.constructor('alert(1)')()", "config", "{@html 1}"];
  const around = [
    ["{{", "}}"],
    ["{", "}"],
    ["${", "}"],
    ["#{", "}"],
    ["<%=", "%>"],
    ["{%", "%}"],
    ["[[", "]]"],
    ["@(", ")"],
  ] as const;
  return around.flatMap(([open, close]) => inner.map((one) => `${open}${one}${close}`));
}

function turned(): string[] {
  const signs = [0x202a, 0x202b, 0x202d, 0x202e, 0x2066, 0x2067, 0x2068, 0x200e, 0x200f, 0x61c];
  const hidden = [0x200b, 0x200c, 0x200d, 0x2060, 0xfeff, 0xad, 0x34f, 0x3164, 0x180e, 0xe0041];
  const all: string[] = [];
  for (const code of [...signs, ...hidden]) {
    const sign = String.fromCodePoint(code);
    all.push(`pay ${sign}gnp.exe`, sign, `a${sign}`.repeat(20), `${sign}<b>${sign}`);
  }
  all.push("\u202e\u2066// check\u2069 \u2066begin", "\u0645\u0631\u062d\u0628\u0627 hello 123");
  all.push("\u05e9\u05dc\u05d5\u05dd", "\u202e".repeat(200), "\u2028line\u2029paragraph\u0085next");
  return all;
}

function commands(): string[] {
  const all = ["\u001b[31mred\u001b[0m", "\u001b]0;title\u0007", "\u001b[2J\u001b[H", "\u009b31m"];
  all.push("\u001b]8;;javascript:alert(1)\u001b\\link\u001b]8;;\u001b\\", "\u001bP+q544e\u001b\\");
  for (let code = 1; code < 32; code += 1) all.push(`control ${String.fromCharCode(code)} here`);
  for (const code of [0x7f, 0x80, 0x85, 0x90, 0x9c, 0x9f]) {
    all.push(`control ${String.fromCharCode(code)} here`);
  }
  all.push("a\rb", "a\r\nb", "a\nb", "a\tb", "\b\b\b\bover", "\f", "\v");
  return all;
}

function marks(): string[] {
  const pile = Array.from({ length: 40 }, (_, at) => String.fromCodePoint(0x300 + at)).join("");
  const all = [`Z${pile}a${pile}l${pile}g${pile}o`, pile, `\u0e01${"\u0e49".repeat(60)}`];
  all.push(
    "\ufe0f".repeat(50),
    "\u{1f468}\u200d\u{1f469}\u200d\u{1f467}",
    "\u{1f3f4}\u{e0067}\u{e007f}",
  );
  all.push("\u{1f1fa}\u{1f1f8}".repeat(10), "\ufdfa", "\ufffd", "\uffff", "\ufffe", "\u{10ffff}");
  all.push(
    "\ud800",
    "\udfff",
    "a\ud83d",
    "\ude00b",
    "\udc00\ud800",
    "\u{1d573}\u{1d58a}",
    "\ufb01",
  );
  all.push(
    "\u0130I\u0131i",
    "\u1e9e\u00df",
    "\u212a",
    "\u00c5\u212b\u0041\u030a",
    "\u2067\u2067\u2069",
  );
  return all;
}

function long(): string[] {
  return ["A", "<b>", "\u202e", "\u{1f600}", "a b ", "\u6f22", "W", "\n"].map((one) =>
    one.repeat(600),
  );
}

function values(): string[] {
  const words = [
    "undefined",
    "null",
    "None",
    "true",
    "NaN",
    "Infinity",
    "-0",
    "1e309",
    "0x0",
    "1/0",
  ];
  words.push(
    "__proto__",
    "constructor",
    "prototype",
    "toString",
    "hasOwnProperty",
    "__defineGetter__",
  );
  words.push("valueOf", "length", "then", "toJSON", "__class__", "self", "this", "eval", "window");
  words.push(
    "COM1",
    "/dev/null",
    "../../../etc/passwd",
    "..%2f..%2f",
    "\\\\server\\share",
    "~root",
  );
  words.push(
    "file.txt\u0000.png",
    "$HOME",
    "`id`",
    "$(id)",
    "; rm -rf /",
    "| cat",
    "%s%s%n",
    "%p %x",
  );
  words.push(
    "' OR 1=1 --",
    "'; DROP TABLE runs; --",
    '" OR ""="',
    "1; SELECT pg_sleep(9)",
    "%' --",
  );
  words.push(
    "=1+1",
    "+1+1",
    "-1+1",
    "@SUM(1)",
    '=HYPERLINK("http://example.invalid")',
    "=cmd|' /C'!A1",
  );
  words.push(
    "1,000",
    "1.000,00",
    "\u0661\u0662\u0663",
    "\u2160",
    "12345678901234567890",
    "0.1e-400",
  );
  words.push(
    "<!DOCTYPE x [<!ENTITY y SYSTEM 'file:///etc/passwd'>]><x>&y;</x>",
    "<?xml version='1'?>",
  );
  words.push(
    "{'a':1}",
    '{"__proto__":{"x":1}}',
    "[object Object]",
    "() { :; }; echo",
    "\\",
    "\\n",
    "\\u202e",
  );
  words.push(
    "a/b/c",
    "?q=1&r=2#span=3",
    "#log=1",
    "run_00000000000000000000000000",
    "//example.invalid",
  );
  words.push(
    "http://example.invalid/",
    "mailto:a@example.invalid",
    "a@b",
    "Ada <ada@example.invalid>",
  );
  words.push(
    " ",
    "  lead",
    "trail  ",
    "\u00a0",
    "\u3000",
    ".",
    "..",
    "-",
    "--help",
    "*",
    "?",
    "#",
    "&",
  );
  return words;
}

/** All of them, each once. */
export const NAUGHTY: readonly string[] = [
  ...new Set([
    ...markup(),
    ...templates(),
    ...turned(),
    ...commands(),
    ...marks(),
    ...long(),
    ...values(),
  ]),
];
