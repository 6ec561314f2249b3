// An endpoint: a tus 1.0 server on loopback, behind nginx.conf. What has arrived whole appears under its key, as
// FOLDER/crashes/<host>/<crash>/report.json, once its bytes are on the disk and have the hash that the host told: a host
// removes its own copy when it has our word. FOLDER/uploads/ is the server's own, and a file there that is older than a
// week may be deleted.
// usage: npm install @tus/server@2 @tus/file-store@2; node server.mjs FOLDER [PORT]
import { createHash } from "node:crypto";
import { link, mkdir, open, rename, rm } from "node:fs/promises";
import http from "node:http";
import { dirname, join } from "node:path";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [folder, port = "1080"] = process.argv.slice(2);
const uploads = join(folder, "uploads");

// crashes/<host>/<crash>/<file> or hosts/<host>/status.json: no component begins with a dot
const KEY = /^(crashes|hosts)(\/[A-Za-z0-9][A-Za-z0-9._-]{0,254}){2,3}$/;

const tus = new Server({
  path: "/files",
  relativeLocation: true,
  datastore: new FileStore({ directory: uploads }),

  async onUploadCreate(request, upload) {
    if (!KEY.test(upload.metadata?.key ?? "")) throw { status_code: 422, body: "the key is none of kdump-agent's\n" };
    return {};
  },

  async onUploadFinish(request, upload) {
    const file = join(uploads, upload.id);
    if ((await syncedHash(file)) !== upload.metadata.sha256) {
      await rm(file); // the host is told that we know the upload no longer, and begins anew
      throw { status_code: 460, body: "what has arrived has another hash\n" };
    }
    const place = join(folder, upload.metadata.key);
    const draft = `${file}.link`;
    await mkdir(dirname(place), { recursive: true });
    await rm(draft, { force: true });
    await link(file, draft);
    await rename(draft, place); // a host's newer status replaces the older one
    return {};
  },
});

async function syncedHash(path) {
  const file = await open(path);
  try {
    await file.sync();
    const hash = createHash("sha256");
    for await (const block of file.createReadStream({ autoClose: false })) hash.update(block);
    return hash.digest("hex");
  } finally {
    await file.close();
  }
}

const server = http.createServer((request, response) => tus.handle(request, response));
server.requestTimeout = 0; // a dump takes as long as it takes; nginx ends what stands still
server.listen(Number(port), "127.0.0.1", () => console.log(`port ${server.address().port}`));
