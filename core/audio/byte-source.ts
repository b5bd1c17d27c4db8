import { type FileHandle, open } from 'node:fs/promises'

/** Bytes that can be read from any position, so that nobody needs to hold a recording whole. */
export interface ByteSource {
  /** Length in bytes of the whole. */
  readonly size: number
  /** Up to `length` bytes from `position`; fewer only where the source ends. */
  read(position: number, length: number): Promise<Buffer>
}

/**
 * Bytes in memory. `size` is the length of the whole where only its beginning is at hand (the answer to a range
 * request): what lies beyond reads as missing.
 */
export function bufferSource(bytes: Uint8Array, size = bytes.length): ByteSource {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return { size, read: async (position, length) => view.subarray(position, position + length) }
}

/** Opens a file for `use` and closes it afterwards. Errors of the file system come out as they are. */
export async function withFileSource<T>(path: string, use: (source: ByteSource) => Promise<T>): Promise<T> {
  const file = await open(path)
  try {
    const { size } = await file.stat()
    return await use({ size, read: (position, length) => readFully(file, position, length, size) })
  } finally {
    await file.close()
  }
}

async function readFully(file: FileHandle, position: number, length: number, size: number): Promise<Buffer> {
  const bytes = Buffer.alloc(Math.max(0, Math.min(length, size - position)))
  let filled = 0
  while (filled < bytes.length) {
    const { bytesRead } = await file.read(bytes, filled, bytes.length - filled, position + filled)
    if (bytesRead === 0) break
    filled += bytesRead
  }
  return bytes.subarray(0, filled)
}
