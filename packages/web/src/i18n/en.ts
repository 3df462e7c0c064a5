import { enPages } from './en-pages.ts'
import { enRooms } from './en-rooms.ts'

/** Every string in English, the catalog that gives the keys. */
export const en = { ...enPages, ...enRooms }
