// The real server on a database of its own, and a product that pushes to it.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const binary = process.env.VESTIBULE_BINARY ?? "target/debug/vestibule";

/** Starts the server; resolves once it has printed where everything is. */
export async function start() {
  const folder = mkdtempSync(join(tmpdir(), "vestibule-browser-"));
  const arguments_ = ["serve", "--json", "--listen", "127.0.0.1:0", "--database", `sqlite:${join(folder, "v.db")}`];
  const child = spawn(binary, arguments_, { stdio: ["ignore", "pipe", "inherit"] });
  const ended = new Promise((resolve) => child.on("exit", resolve));
  let text = "";
  const told = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (line) => {
      text += line;
      try {
        resolve(JSON.parse(text));
      } catch {
        // More lines to come.
      }
    });
    ended.then((code) => reject(new Error(`the server ended with ${code}: ${text}`)));
  });
  return {
    url: told.public_url,
    setUpLink: told.set_up_link,
    async stop() {
      child.kill("SIGTERM");
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** A product with its client: pushes people and groups over SCIM. */
export class Product {
  constructor(url, clientId, clientSecret) {
    Object.assign(this, { url, clientId, clientSecret });
  }

  async token() {
    const body = new URLSearchParams({
      grant_type: "client_credentials",
      client_id: this.clientId,
      client_secret: this.clientSecret,
    });
    const answer = await fetch(`${this.url}/iso/oauth2/token`, { method: "POST", body });
    if (!answer.ok) throw new Error(`no token: ${answer.status} ${await answer.text()}`);
    this.bearer = (await answer.json()).access_token;
  }

  async send(method, path, body) {
    const answer = await fetch(`${this.url}/iso/scim/v2${path}`, {
      method,
      headers: { authorization: `Bearer ${this.bearer}`, "content-type": "application/scim+json" },
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    return { status: answer.status, body: text ? JSON.parse(text) : null };
  }

  async user(userName, more = {}) {
    const made = await this.send("POST", "/Users", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:User"],
      userName,
      active: true,
      ...more,
    });
    if (made.status !== 201) throw new Error(`${userName}: ${made.status} ${JSON.stringify(made.body)}`);
    return made.body.id;
  }

  async group(displayName, members) {
    const made = await this.send("POST", "/Groups", {
      schemas: ["urn:ietf:params:scim:schemas:core:2.0:Group"],
      displayName,
      members: members.map((value) => ({ value })),
    });
    if (made.status !== 201) throw new Error(`${displayName}: ${made.status} ${JSON.stringify(made.body)}`);
    return made.body.id;
  }
}
