// Puts a brotli and a gzip file beside each asset that a build wrote and that gets smaller by it,
// so that the server compresses nothing while it serves.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { brotliCompress, constants, gzip } from "node:zlib";
import type { Plugin } from "vite";

const COMPRESSIBLE = /\.(?:html|js|css|svg|json|txt|map|ttf|webmanifest)$/;
/** Below this, the headers of the answer weigh more than what is saved. */
const WORTH_IT_BYTES = 512;

const toBrotli = promisify(brotliCompress);
const toGzip = promisify(gzip);

async function compress(path: string): Promise<void> {
  const bytes = await readFile(path);
  if (bytes.length < WORTH_IT_BYTES) return;
  const params = {
    [constants.BROTLI_PARAM_QUALITY]: 11,
    [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
  };
  const packed = [
    { suffix: ".br", bytes: await toBrotli(bytes, { params }) },
    { suffix: ".gz", bytes: await toGzip(bytes, { level: 9 }) },
  ];
  for (const one of packed) {
    if (one.bytes.length < bytes.length) await writeFile(path + one.suffix, one.bytes);
  }
}

/** The plugin: it does its work after the last file is written, and only in builds. */
export function precompress(): Plugin {
  return {
    name: "sluice-precompress",
    apply: "build",
    async writeBundle({ dir }) {
      if (dir === undefined) return;
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      for (const entry of entries) {
        if (entry.isFile() && COMPRESSIBLE.test(entry.name)) {
          await compress(join(entry.parentPath, entry.name));
        }
      }
    },
  };
}
