// A file is sent in pieces. Where the network fails, it goes on after the last piece that came.

import { command, media, must, Refusal } from "./api";
import type { components } from "./contracts/media";

const PIECE_BYTES = 512 * 1024;
const MOST_FAILURES = 5;

/** Sends a file and answers its id. Throws a `Refusal` where it is turned away. */
export async function upload(
  file: File,
  purpose: components["schemas"]["Purpose"],
  progress: (share: number) => void,
): Promise<string> {
  const announced = await must(
    media.POST("/uploads", {
      params: { header: command() },
      body: {
        name: file.name,
        media_type: file.type || "application/octet-stream",
        size_bytes: file.size,
        sha256: await sha256(file),
        purpose,
      },
    }),
  );
  const path = { file_id: announced.id };
  let failures = 0;
  for (let start = 0; start < file.size; progress(start / file.size)) {
    try {
      start = await sendPiece(file, path.file_id, start);
    } catch (error) {
      failures += 1;
      if (error instanceof Refusal || failures === MOST_FAILURES) throw error;
      start = await offset(path.file_id);
    }
  }
  await must(
    media.PUT("/uploads/{file_id}/completion", { params: { path, header: command() } }),
  );
  return path.file_id;
}

/** Sends one piece and answers where the next one begins. */
async function sendPiece(file: File, file_id: string, start: number): Promise<number> {
  const piece = file.slice(start, start + PIECE_BYTES);
  const taken = await must(
    media.PUT("/uploads/{file_id}/pieces/{start}", {
      params: { path: { file_id, start }, header: command() },
      headers: { "Content-Type": "application/octet-stream" },
      // The document can only say that it is bytes.
      body: piece as unknown as string,
      bodySerializer: (content) => content,
    }),
  );
  return taken.offset;
}

async function offset(file_id: string): Promise<number> {
  const { response } = await media.HEAD("/uploads/{file_id}", { params: { path: { file_id } } });
  return Number(response.headers.get("Upload-Offset"));
}

async function sha256(file: File): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", await file.arrayBuffer());
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
