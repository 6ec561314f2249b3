// An endpoint: a tus 1.0 server on loopback, behind nginx.conf. What has arrived whole appears under its key, as
// FOLDER/crashes/<host>/<crash>/report.json, once its bytes are on the disk and have the hash that the host told: a host
// removes its own copy when it has our word, and HEAD gives none for what does not lie there yet. FOLDER/uploads/ is the
// server's own, and a file there that is older than a week may be deleted.
// usage: npm install @tus/server@2 @tus/file-store@2; node server.mjs FOLDER [PORT]
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { link, mkdir, open, rename, rm, stat } from "node:fs/promises";
import http from "node:http";
import { dirname, join, resolve } from "node:path";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [where, port = "1080"] = process.argv.slice(2);
const folder = resolve(where);
const uploads = join(folder, "uploads");

// crashes/<host>/<crash>/<file> or hosts/<host>/status.json: no component begins with a dot
const KEY = /^(crashes|hosts)(\/[A-Za-z0-9][A-Za-z0-9._-]{0,254}){2,3}$/;

const store = new FileStore({ directory: uploads });
const underway = new Map(); // what is being laid under its key, by the upload's id

const tus = new Server({
  path: "/files",
  relativeLocation: true,
  datastore: store,

  async onUploadCreate(request, upload) {
    if (!KEY.test(upload.metadata?.key ?? "")) throw { status_code: 422, body: "the key is none of kdump-agent's\n" };
    return {};
  },

  async onUploadFinish(request, upload) {
    await layOnce(upload);
    return {};
  },

  // A kill or a full disk may have come between the last byte and the file's name: whoever asks then waits for it, too.
  async onIncomingRequest(request, id) {
    if (request.method !== "HEAD") return;
    const upload = await store.getUpload(id);
    if (upload.offset === upload.size) await layOnce(upload);
  },
});

function layOnce(upload) {
  if (!underway.has(upload.id)) underway.set(upload.id, lay(upload).finally(() => underway.delete(upload.id)));
  return underway.get(upload.id);
}

async function lay(upload) {
  const file = join(uploads, upload.id);
  const place = join(folder, upload.metadata.key);
  if ((await inode(file)) !== (await inode(place))) await give(upload, file, place);
  for (let above = place; above !== folder; ) await sync((above = dirname(above)));
}

async function give(upload, file, place) {
  if ((await syncedHash(file)) !== upload.metadata.sha256) {
    await rm(file); // the host is told that we know the upload no longer, and begins anew
    throw { status_code: 460, body: "what has arrived has another hash\n" };
  }
  await mkdir(dirname(place), { recursive: true });
  await (upload.metadata.key.startsWith("hosts/") ? replace(file, place) : add(file, place, upload.metadata.sha256));
}

// a host's newer status replaces the older one
async function replace(file, place) {
  const draft = `${file}.link`;
  await rm(draft, { force: true });
  await link(file, draft);
  await rename(draft, place);
}

// no host replaces what another has told of a crash; the same file may come twice, when our word was lost
async function add(file, place, sha256) {
  try {
    await link(file, place);
  } catch (error) {
    if (error.code !== "EEXIST") throw error;
    if ((await syncedHash(place)) !== sha256) throw { status_code: 403, body: "another file lies under this key\n" };
  }
}

async function inode(path) {
  try {
    return (await stat(path)).ino;
  } catch (error) {
    if (error.code === "ENOENT") return undefined;
    throw error;
  }
}

async function sync(path) {
  const opened = await open(path);
  try {
    await opened.sync();
  } finally {
    await opened.close();
  }
}

async function syncedHash(path) {
  await sync(path);
  const hash = createHash("sha256");
  for await (const block of createReadStream(path)) hash.update(block);
  return hash.digest("hex");
}

const server = http.createServer((request, response) => tus.handle(request, response));
server.requestTimeout = 0; // a dump takes as long as it takes; nginx ends what stands still
server.listen(Number(port), "127.0.0.1", () => console.log(`port ${server.address().port}`));
