// A real tus 1.0 server for the tests: loopback only, files under a folder, killed by whoever started it.
// usage: node server.mjs FOLDER PORT [TOKEN-FILE] [CERT KEY CLIENT-CA]
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { FileStore } from "@tus/file-store";
import { Server } from "@tus/server";

const [folder, port, tokenFile, cert, key, clientCa] = process.argv.slice(2);
const token = tokenFile ? readFileSync(tokenFile, "utf8").trim() : "";

const tus = new Server({
  path: "/files",
  datastore: new FileStore({ directory: folder }),
  relativeLocation: true,
  async onIncomingRequest(request) {
    if (token && request.headers.get("authorization") !== `Bearer ${token}`) {
      throw { status_code: 401, body: "who are you?\n" };
    }
  },
});

const answer = (request, response) => tus.handle(request, response);
const server = cert
  ? https.createServer(
      {
        cert: readFileSync(cert),
        key: readFileSync(key),
        ...(clientCa ? { ca: readFileSync(clientCa), requestCert: true, rejectUnauthorized: true } : {}),
      },
      answer,
    )
  : http.createServer(answer);
server.listen(Number(port), "127.0.0.1", () => console.log(`port ${server.address().port}`));
