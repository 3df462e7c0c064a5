import { Disk } from 'flydrive'
import { FSDriver } from 'flydrive/drivers/fs'

/** Uploaded files by key: `attachments/…`, `avatars/…`. On disk now; flydrive's S3 driver takes the same calls. */
export interface Files {
  put(key: string, bytes: Uint8Array): Promise<void>
  /** Null if there is none. */
  read(key: string): Promise<Uint8Array | null>
  delete(key: string): Promise<void>
}

export function createFiles(folder: string): Files {
  const disk = new Disk(new FSDriver({ location: folder, visibility: 'private' }))
  return {
    put: (key, bytes) => disk.put(key, bytes),
    read: async (key) => ((await disk.exists(key)) ? disk.getBytes(key) : null),
    delete: (key) => disk.delete(key),
  }
}
