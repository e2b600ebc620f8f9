// A server that a test plays: the built web from where it is served, answers of the API from the
// test, and a real socket, so that what is measured in the page is what a server makes it do.
import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, request, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Duplex } from "node:stream";

const web = process.env["SLUICE_WEB"] ?? "http://127.0.0.1:4173";
/** What RFC 6455 has servers add to the key of the page. */
const ACCEPT = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";

/** What the page says; what its server says is sent as it is. */
export type Said = { type: string; id?: number; run?: string } & Record<string, unknown>;

export class PlayedServer {
  readonly #answers: (path: string) => unknown;
  readonly #hears: (said: Said, say: (message: string) => void) => void;
  readonly #sockets = new Set<Duplex>();
  readonly #listener = createServer((asked, answer) => {
    this.#answer(asked, answer);
  });

  /** Answers paths under `/v1/` with JSON, and is called with all that a page says on its socket. */
  constructor(
    answers: (path: string) => unknown,
    hears: (said: Said, say: (message: string) => void) => void,
  ) {
    this.#answers = answers;
    this.#hears = hears;
    this.#listener.on("upgrade", (asked, socket: Duplex) => this.#open(asked, socket));
  }

  /** Begins, and answers with its address. */
  async start(): Promise<string> {
    this.#listener.listen(0, "127.0.0.1");
    await once(this.#listener, "listening");
    return `http://127.0.0.1:${(this.#listener.address() as AddressInfo).port}`;
  }

  stop(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.#listener.close();
    this.#listener.closeAllConnections();
  }

  #answer(asked: IncomingMessage, answer: ServerResponse): void {
    const { pathname } = new URL(asked.url ?? "/", web);
    if (pathname.startsWith("/v1/")) {
      answer.setHeader("content-type", "application/json");
      answer.end(JSON.stringify(this.#answers(pathname)));
      return;
    }
    const passed = request(web + (asked.url ?? ""), { headers: asked.headers }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
    });
    passed.on("error", () => answer.destroy());
    passed.end();
  }

  #open(asked: IncomingMessage, socket: Duplex): void {
    const key = asked.headers["sec-websocket-key"] ?? "";
    const accept = createHash("sha1")
      .update(key + ACCEPT)
      .digest("base64");
    const lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"];
    socket.write([...lines, `Sec-WebSocket-Accept: ${accept}`, "", ""].join("\r\n"));
    this.#sockets.add(socket);
    socket.on("error", () => undefined);
    let bytes = Buffer.alloc(0);
    socket.on("data", (more: Buffer) => {
      bytes = Buffer.concat([bytes, more]);
      for (let frame = frameOf(bytes); frame; frame = frameOf(bytes)) {
        bytes = bytes.subarray(frame.length);
        if (frame.text === null) socket.end();
        else {
          this.#hears(
            JSON.parse(frame.text) as Said,
            (message) => void socket.write(textFrame(message)),
          );
        }
      }
    });
  }
}

/** The first whole frame of a page, which is masked; text, or null where it is not. */
function frameOf(bytes: Buffer): { text: string | null; length: number } | null {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 0x7f;
  const head = short === 126 ? 4 : 2;
  if (short === 127) throw new Error("A page says nothing so long.");
  if (bytes.length < head + 4) return null;
  const size = short === 126 ? bytes.readUInt16BE(2) : short;
  const length = head + 4 + size;
  if (bytes.length < length) return null;
  const mask = bytes.subarray(head, head + 4);
  const text = bytes.subarray(head + 4, length).map((byte, at) => byte ^ (mask[at % 4] ?? 0));
  const isText = ((bytes[0] ?? 0) & 0x0f) === 1;
  return { text: isText ? Buffer.from(text).toString() : null, length };
}

function textFrame(text: string): Buffer {
  const content = Buffer.from(text);
  const size = content.length;
  const head = Buffer.alloc(size < 126 ? 2 : size < 65_536 ? 4 : 10);
  head[0] = 0x81;
  head[1] = size < 126 ? size : size < 65_536 ? 126 : 127;
  if (head.length === 4) head.writeUInt16BE(size, 2);
  if (head.length === 10) head.writeBigUInt64BE(BigInt(size), 2);
  return Buffer.concat([head, content]);
}
