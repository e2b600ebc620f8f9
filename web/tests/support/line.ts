// The way to the server as a cable that can be cut: bytes go through unread, so a page on it talks
// to the real server, and loses it when the test says so.
import { once } from "node:events";
import { connect, createServer, type Socket } from "node:net";

const server = new URL(process.env["SLUICE_WEB"] ?? "http://127.0.0.1:4173");

export class Line {
  readonly #sockets = new Set<Socket>();
  readonly #listener = createServer((near) => {
    const far = connect(Number(server.port), server.hostname);
    for (const [socket, other] of [
      [near, far],
      [far, near],
    ] as const) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
      socket.pipe(other);
    }
  });
  #port = 0;

  /** The server's address as seen through the line. */
  get address(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Lets connections through: at first, and again after a cut, at the same address. */
  async mend(): Promise<void> {
    this.#listener.listen(this.#port, "127.0.0.1");
    await once(this.#listener, "listening");
    const bound = this.#listener.address();
    if (bound !== null && typeof bound === "object") this.#port = bound.port;
  }

  /** Ends what is open at once, and refuses what is new, as where no server is. */
  async cut(): Promise<void> {
    if (!this.#listener.listening) return;
    const closed = once(this.#listener, "close");
    this.#listener.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  /** Ends what is open; what is new gets through, as when a proxy restarts. */
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }
}
